"""What the wizard's pages share: the rail, the frame, saving under the lock, and where the buttons lead."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from campaigns import lifecycle, wording
from campaigns.drafting import drafts
from campaigns.drafting.drafts import Sketch
from campaigns.drafting.forecast import forecast
from campaigns.models import Campaign, CampaignStatus, Step
from campaigns.views.scope import View, page, refuse, tell

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
STEPS = {"channels": "Channels", "recipients": "Recipients", "content": "Content", "review": "Review"}
PURPOSES = {
    "channels": "How the reminder reaches the shopper.",
    "recipients": "Who gets the reminder, and how long after they left the cart.",
    "content": "What the shopper reads.",
    "review": "Everything on one page, before it goes out.",
}
_ORDER = list(STEPS)


@dataclass(frozen=True, slots=True)
class Mark:
    """A step on the rail. `url` is empty where the campaign does not exist yet."""

    number: int
    label: str
    url: str
    current: bool
    complete: bool


def step_page(
    request: HttpRequest, campaign: Campaign | None, slug: str, *, template: str = "", **context: Any
) -> HttpResponse:
    """A page of the wizard; 422 when it shows a form with errors. `template`: where it is not named after its step."""
    form = context.get("form")
    return page(
        request,
        f"campaigns/wizard/{template or slug}.html",
        status=422 if form is not None and form.is_bound and form.errors else 200,
        title=campaign.name if campaign else "New campaign",
        subtitle=STEPS[slug],
        campaign=campaign,
        slug=slug,
        step_label=STEPS[slug],
        purpose=PURPOSES[slug],
        rail=_rail(campaign, slug),
        back=_neighbour(campaign, slug, -1),
        locked=bool(campaign and not campaign.editable),
        **(_place(campaign, context["step"]) if campaign and "step" in context else {}),
        **context,
    )


def _place(campaign: Campaign, step: Step) -> dict[str, Any]:
    """Which message of the campaign is being written, in words."""
    delay = wording.delay_in_words(step.delay_minutes)
    return {
        "several": campaign.steps.count() > 1,
        "place": wording.place_in_words(step, campaign.kind),
        "leaves": f"{delay} after the cart is left" if step.delay_minutes else "as soon as the cart is left",
    }


def go(request: HttpRequest, campaign: Campaign, slug: str) -> HttpResponse:
    """After a page was saved: on, back, or to the campaign's page. From one message of several, to the list of steps."""
    wish = request.POST.get("go", "next")
    if names_step(request) and wish in {"next", "back"} and campaign.steps.count() > 1:
        return redirect(url_of(campaign, "steps"))
    if wish == "next" and slug != "review":
        return redirect(url_of(campaign, _ORDER[_ORDER.index(slug) + 1]))
    if wish == "back" and slug != "channels":
        return redirect(url_of(campaign, _ORDER[_ORDER.index(slug) - 1]))
    tell(request, f"“{campaign.name}” is saved.")
    return redirect("campaigns:overview", campaign.code)


def saves_only(request: HttpRequest) -> bool:
    """Whether the button was Save as draft or Back: then nothing is required yet."""
    return request.POST.get("go", "next") != "next"


def saved(request: HttpRequest, campaign: Campaign, fill: Callable[[Campaign], object]) -> bool:
    """Save under the campaign's lock; False and a message where it may not be edited any more."""
    try:
        with lifecycle.editing(campaign, user_of(request)) as locked:
            fill(locked)
    except lifecycle.Refused as error:
        refuse(request, *error.reasons)
        return False
    return True


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def url_of(campaign: Campaign, slug: str) -> str:
    return reverse(f"campaigns:{slug}", args=[campaign.code])


def step_url(step: Step, name: str) -> str:
    """The address of a page of this step."""
    return reverse(f"campaigns:{name}", args=[step.campaign.code, step.code])


def first_step(campaign: Campaign) -> Step:
    """The campaign's message; a draft that lost its step gets a new one."""
    return campaign.steps.first() or Step.objects.create(campaign=campaign)


def on_step(view: View) -> View:
    """Within `on_campaign`: hands the view the campaign's step of the address too; where it names none, the first.
    404 for another campaign's, and for one that was taken out."""

    @wraps(view)
    def chosen(request: HttpRequest, campaign: Campaign, step: UUID | None = None, **kwargs: Any) -> HttpResponseBase:
        found = get_object_or_404(campaign.steps, code=step) if step else first_step(campaign)
        return view(request, campaign, found, **kwargs)

    return chosen


def names_step(request: HttpRequest) -> bool:
    """Whether the address names a step of the campaign."""
    return bool(request.resolver_match and "step" in request.resolver_match.kwargs)


def in_words(campaign: Campaign, sketch: Sketch) -> dict[str, str]:
    """The sentence beside the form, and what it would have met."""
    met = forecast(campaign.merchant, sketch, timezone.now())
    return {"sentence": wording.what_it_does(sketch), "forecast": wording.forecast_in_words(met)}


def words_of(campaign: Campaign) -> dict[str, str]:
    return in_words(campaign, drafts.sketch_of(campaign))


def _rail(campaign: Campaign | None, slug: str) -> list[Mark]:
    complete = _complete(campaign) if campaign else frozenset()
    return [
        Mark(number, label, url_of(campaign, name) if campaign else "", name == slug, name in complete)
        for number, (name, label) in enumerate(STEPS.items(), 1)
    ]


def _complete(campaign: Campaign) -> frozenset[str]:
    steps = list(campaign.steps.all())
    done = {"channels"} if steps else set()
    done |= {"recipients"} if campaign.type and campaign.name else set()
    done |= {"content"} if steps and all(map(is_written, steps)) else set()
    done |= {"review"} if campaign.status == CampaignStatus.LIVE else set()
    return frozenset(done)


def is_written(step: Step) -> bool:
    """Whether the message has what its channel asks for; whether it is right is for its checks to say."""
    return bool(step.body and (step.subject or step.channel == "sms"))


def _neighbour(campaign: Campaign | None, slug: str, by: int) -> str:
    at = _ORDER.index(slug) + by
    return url_of(campaign, _ORDER[at]) if campaign and at >= 0 else reverse("campaigns:list")
