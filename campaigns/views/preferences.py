"""`/u/{token}`: what a shopper may decide, behind the link of every message. No log-in, no cookie, no script needed.

GET changes nothing, since mail scanners follow links. A POST that names no act is RFC 8058's one-click unsubscribe, answered
once the opt-out is committed; the page's own buttons name theirs and lead back here. The token in the address is the only
proof that is asked for: it is signed, nobody can make a browser send it who does not have it already, and so there is no CSRF
token (docs/decisions/0024-preference-page.md).
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Merchant
from aiq.lib import limits
from aiq.lib.colors import color_of
from aiq.lib.signing import BadToken
from campaigns import links
from campaigns.consent import opt_ins
from campaigns.context import locale_of
from campaigns.models import OptInRequest
from campaigns.preferences import acting
from campaigns.preferences.standing import Person, masked, person_of, standing
from campaigns.preferences.wording import words
from campaigns.rendering import DEFAULT_COLOR, readable_on
from campaigns.templating.parts import language_of
from campaigns.views.public import POLICY, public

POSTS, SECONDS = 60, 60

# What each button does, and what the page then says.
ACTS: Mapping[str, tuple[Callable[[Person, Any, datetime], None], str]] = {
    "unsubscribe": (lambda person, form, now: acting.unsubscribe(person, now), "unsubscribed"),
    "subscribe": (lambda person, form, now: acting.subscribe(person, now), "subscribed"),
    "save": (lambda person, form, now: acting.save(person, form.getlist("shown"), form.getlist("on"), now), "saved"),
    "snooze": (lambda person, form, now: acting.snooze(person, form.get("length", ""), now), "snoozed"),
    "resume": (lambda person, form, now: acting.resume(person), "resumed"),
    "elsewhere": (lambda person, form, now: acting.bought_elsewhere(person, now), "elsewhere"),
    "refuse": (lambda person, form, now: acting.refuse(person, form.get("product", ""), now), "refused"),
    "want": (lambda person, form, now: acting.want(person, form.get("product", "")), "wanted"),
    "stop": (lambda person, form, now: acting.stop(person, now), "stopped"),
}
NOTICES = frozenset(notice for _, notice in ACTS.values())


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    if token == links.OF_A_TEST:
        return render(request, "public/test.html")
    person = person_of(links.read_unsubscribe(token))
    if person is None:
        raise BadToken("no such delivery")
    if request.method != "POST":
        return _page(request, person, request.GET.get("done", ""))
    if not limits.allowed(f"u:{person.delivery.code}", POSTS, SECONDS):
        return HttpResponse("Too many at once. Try again in a minute.", status=429, headers={"Retry-After": "60"})
    return _acted(request, person)


def _acted(request: HttpRequest, person: Person) -> HttpResponse:
    """A mail program gets its plain answer; a person goes back to the page, so that reloading it repeats nothing."""
    act, notice = ACTS.get(request.POST.get("action", ""), (None, ""))
    if act is None:
        acting.unsubscribe(person, timezone.now())
        return _page(request, person, "unsubscribed")
    act(person, request.POST, timezone.now())
    return HttpResponse(status=303, headers={"Location": f"{request.path}?done={notice}"})


def _page(request: HttpRequest, person: Person, done: str) -> HttpResponse:
    found = standing(person, timezone.now())
    notice = found.say[f"done_{done}"] if done in NOTICES and person.shopper else ""
    context = {"standing": found, "notice": notice, "language": found.language}
    return in_the_look_of(request, person.merchant, "public/preferences.html", context)


def in_the_look_of(request: HttpRequest, merchant: Merchant, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page in the merchant's colour: one style element under a nonce, as the policy allows no style of a page's own."""
    nonce = secrets.token_urlsafe(16)
    color = color_of(merchant.brand_color) or DEFAULT_COLOR
    look = {"merchant": merchant, "nonce": nonce, "color": color, "on_color": readable_on(color)}
    response = render(request, template, {**context, **look})
    response.headers["Content-Security-Policy"] = POLICY.replace(
        "style-src 'self'", f"style-src 'self' 'nonce-{nonce}'"
    )
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """`/u/confirm/{token}`, behind the button of a double opt-in's mail: GET asks, POST is the yes."""
    related = OptInRequest.objects.select_related("shopper__merchant")
    asked = related.filter(code=links.read_confirm(token)).first()
    if asked is None:
        raise BadToken("no such request, or its shopper was erased")
    now = timezone.now()
    if request.method == "POST" and limits.allowed(f"y:{asked.code}", POSTS, SECONDS):
        opt_ins.confirm(asked, now)
        asked.refresh_from_db()
    shopper, merchant = asked.shopper, asked.shopper.merchant
    locale = locale_of(merchant, shopper)
    context = {
        "say": words(locale, merchant=merchant.name, address=masked(shopper, asked.channel)),
        "confirmed": asked.confirmed_at is not None,
        "good": asked.confirmed_at is None and asked.expires_at > now,
        "language": language_of(locale),
    }
    return in_the_look_of(request, merchant, "public/confirm.html", context)
