"""One delivery: the message as it left, why, what became of it, and what a person may do about it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from accounts import access
from campaigns import support
from campaigns.asleft import POLICY, as_left
from campaigns.models import Delivery, Order
from campaigns.story.meetings import of_delivery
from campaigns.story.telling import order_told, tracked_told
from campaigns.views.deliveries import decisions_of, ear_for, tracking_of
from campaigns.views.scope import View, page, refuse, signed_in, tell
from campaigns.views.steps import user_of


def on_delivery(permission: str) -> Callable[[View], View]:
    """Hands the view its delivery instead of a code. 404 alike for unknown and not yours."""

    def decorate(view: View) -> View:
        @wraps(view)
        def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponseBase:
            rows = Delivery.objects.select_related(
                "merchant", "campaign", "content", "episode__cart__shopper", "episode__store", "episode__order"
            )
            mine = access.merchants(request.user, permission)
            delivery = get_object_or_404(rows, code=code, merchant__in=mine)
            access.enter(request, delivery.merchant)
            return view(request, delivery, **kwargs)

        return signed_in(scoped)

    return decorate


@on_delivery(access.SEE_REPORTS)
@require_GET
def detail(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    now, merchant = timezone.now(), delivery.merchant
    ear = ear_for(delivery, merchant)
    tracking = tracking_of([delivery])[delivery.pk]
    orders = list(Order.objects.filter(delivery=delivery).select_related("delivery__campaign").order_by("placed_at"))
    decisions = decisions_of([delivery])[delivery.pk]
    after = [tracked_told(event, delivery, ear) for event in tracking]
    after += [order_told(order, recovered=True, ear=ear) for order in orders]
    return page(
        request,
        "insights/delivery.html",
        title=f"Reminder to {delivery.episode.cart.shopper or 'a shopper nobody knows yet'}",
        subtitle="Delivery",
        delivery=delivery,
        told=of_delivery(delivery, decisions, tracking, ear),
        message=as_left(delivery),
        after=sorted(after, key=lambda moment: (moment.at, moment.rank)),
        refusal=support.refusal(delivery, now),
        may_act=access.can(request.user, access.SET_LIVE, merchant),
    )


@on_delivery(access.SEE_REPORTS)
@require_GET
@xframe_options_sameorigin
def message(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """The message as a document of its own, for the frame: no script, no form, nothing that reports back."""
    left = as_left(delivery)
    if left is None:
        raise Http404("Nothing was handed over.")
    response = HttpResponse(left.html)
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@on_delivery(access.SET_LIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """Asks first, naming what will happen."""
    if request.method == "POST":
        return _do(request, delivery, lambda by, now: support.resend(delivery, by, now), _SAID["pending"])
    return _ask(request, delivery, "Send again", _QUESTIONS["unknown" if delivery.status == "unknown" else "failed"])


@on_delivery(access.SET_LIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: HttpRequest, delivery: Delivery, to: str) -> HttpResponse:
    """Say what became of an unknown delivery. Asks first."""
    if to not in {"sent", "failed"}:
        raise Http404("A delivery is settled as sent or failed.")
    if request.method == "POST":
        return _do(request, delivery, lambda by, now: support.release(delivery, to, by, now), _SAID[to])
    return _ask(request, delivery, f"Mark as {to}", _QUESTIONS[f"mark_{to}"])


def _ask(request: HttpRequest, delivery: Delivery, action: str, question: str) -> HttpResponse:
    who = delivery.episode.cart.shopper or "the shopper"
    return page(
        request,
        "insights/ask.html",
        title=f"{action}?",
        action=action,
        question=question.format(who=who),
        delivery=delivery,
        danger=delivery.status == "unknown" and action == "Send again",
    )


def _do(request: HttpRequest, delivery: Delivery, act: Callable[[str, Any], None], said: str) -> HttpResponse:
    try:
        act(str(user_of(request)), timezone.now())
        tell(request, said)
    except support.Refused as refused:
        refuse(request, str(refused))
    return redirect("insights:delivery", delivery.code)


_SAID = {
    "pending": "It is on its way again: every check is made first, within seconds.",
    "sent": "Marked as sent. Nothing more goes out for this abandonment on this step.",
    "failed": "Marked as failed. It can be sent again from here.",
}
_QUESTIONS = {
    "failed": "The reminder to {who} goes back to the queue and is due at once. Every check is made again first: if"
    " {who} has bought or opted out since, it is skipped instead.",
    "unknown": "Nobody can say whether the first one arrived. If it did, {who} gets the reminder twice. Every check is"
    " made again first.",
    "mark_sent": "You know that {who} got it, from the log of the mail provider for example. It then counts as sent, and an order"
    " after it may be credited to it.",
    "mark_failed": "You know that {who} never got it. It then counts as failed, and can be sent again while its time"
    " has not run out.",
}
