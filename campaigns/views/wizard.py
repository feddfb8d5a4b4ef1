"""The wizard: a draft row and one page per step. Every page saves what it has and goes where the button said."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import access, plans
from campaigns import audiences, lifecycle, wording
from campaigns.drafting import drafts, review, sequence, shapes
from campaigns.drafting.channels_form import ChannelsForm
from campaigns.drafting.forecast import forecast
from campaigns.drafting.forms import RecipientsForm
from campaigns.editing.asread import Reader
from campaigns.models import Campaign, CampaignKind, CampaignStatus
from campaigns.usable import OFFERED
from campaigns.views.scope import on_campaign, refuse, signed_in, tell
from campaigns.views.steps import first_step, get_or_post, go, in_words, saved, saves_only, step_page, user_of


@signed_in
@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    """Step one of a campaign that does not exist yet: the draft is made with the first answer."""
    merchant = access.current_merchant_or_404(request, access.BUILD_CAMPAIGNS)
    form = ChannelsForm(request.POST or None, merchant=merchant, kind=CampaignKind.REGULAR, used=["email"])
    if request.method != "POST" or not form.is_valid():
        return step_page(request, None, "channels", form=form, kinds=_kinds(merchant.plan, form))
    today = timezone.localdate(timezone=ZoneInfo(merchant.timezone))
    campaign = drafts.create_draft(merchant, user_of(request), f"Cart reminder, {today:%-d %B}")
    saved(request, campaign, _shaped(form))
    return go(request, campaign, "channels")


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def channels(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    steps = campaign.steps.all()
    form = ChannelsForm(
        request.POST or None, merchant=campaign.merchant, kind=campaign.kind, used=sequence.channels_of(steps)
    )
    if request.method == "POST" and form.is_valid() and saved(request, campaign, _shaped(form)):
        return go(request, campaign, "channels")
    return step_page(
        request, campaign, "channels", form=form, kinds=_kinds(campaign.merchant.plan, form), has_steps=len(steps) > 1
    )


def _shaped(form: ChannelsForm) -> Callable[[Campaign], None]:
    kind, chosen = form.cleaned_data["kind"], form.cleaned_data["channel"]
    return lambda campaign: shapes.reshape(campaign, kind, chosen, timezone.now())


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def recipients(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    form = _recipients_form(request, campaign, draft=saves_only(request))
    if request.method == "POST" and form.is_valid() and saved(request, campaign, form.fill):
        return go(request, campaign, "recipients")
    sketch = form.sketch() if form.is_bound else drafts.sketch_of(campaign)
    return step_page(request, campaign, "recipients", form=form, **in_words(campaign, sketch))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
def sentence(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """The sentence beside the form, rewritten from what is chosen so far. Saves nothing."""
    form = _recipients_form(request, campaign, draft=True)
    form.is_valid()
    return render(request, "campaigns/wizard/sentence.html", in_words(campaign, form.sketch()))


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def review_page(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        return _decide(request, campaign) if request.POST.get("go") == "next" else go(request, campaign, "review")
    sketch, step = drafts.sketch_of(campaign), first_step(campaign)
    places = sequence.places(steps := list(campaign.steps.select_related("discount")))
    met = forecast(campaign.merchant, sketch, timezone.now())
    checks, reader = review.checks(campaign, timezone.now(), met), Reader(campaign.merchant)
    return step_page(
        request,
        campaign,
        "review",
        step=step,
        sums=[_sum(campaign, place, reader) for place in places],
        channels=[OFFERED[slug][0] for slug in sequence.channels_of(steps) if slug in OFFERED],
        checks=checks,
        may={perm for perm in access.PERMISSIONS if access.can(request.user, perm, campaign.merchant)},
        red=sum(check.stops for check in checks),
        approval=lifecycle.needs_approval(campaign, user_of(request)),
        sentence=wording.what_it_does(sketch),
        forecast=wording.forecast_in_words(met),
        delay=wording.delay_in_words(sketch.delay_minutes),
        audience_rules=audiences.in_words(sketch.rules),
    )


def _sum(campaign: Campaign, place: sequence.Place, reader: Reader) -> dict[str, Any]:
    """A step on the Review page: when it leaves, and each of its messages with whom it is from."""
    delay = wording.delay_in_words(place.delay_minutes)
    return {
        "position": place.position,
        "delay": f"{delay} after the cart is left" if place.delay_minutes else "as soon as the cart is left",
        "messages": [
            {
                "name": wording.message_in_words(step, campaign.kind).capitalize(),
                "step": step,
                "from": review.sender_of(campaign.merchant, step),
                "subject": reader.read(step, step.subject),
                "preheader": reader.read(step, step.preheader),
                "text": reader.text(step),
            }
            for step in place.steps
        ],
    }


def _decide(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    go_live = lifecycle.resume if campaign.status == CampaignStatus.PAUSED else lifecycle.set_live
    try:
        status = go_live(campaign, user_of(request), timezone.now())
    except lifecycle.Refused as error:
        refuse(request, *error.reasons)
        return redirect("campaigns:review", campaign.code)
    tell(request, _SAID[status].format(campaign=campaign))
    return redirect("campaigns:overview", campaign.code)


_SAID = {
    CampaignStatus.LIVE: "“{campaign}” is live. Carts abandoned from now on get its reminder.",
    CampaignStatus.PENDING_APPROVAL: "“{campaign}” waits for approval. Owners and operators have been told by email.",
}


def _recipients_form(request: HttpRequest, campaign: Campaign, *, draft: bool) -> RecipientsForm:
    return RecipientsForm(request.POST or None, campaign=campaign, step=first_step(campaign), draft=draft)


def _kinds(plan: str, form: ChannelsForm) -> list[dict[str, Any]]:
    """The kinds of campaign; what the plan lacks is greyed with the reason."""
    chosen = form["kind"].value() or CampaignKind.REGULAR
    return [
        {
            "value": kind.value,
            "label": kind.label,
            "icon": icon,
            "text": text,
            "reason": plans.why_not(plan, kind.feature) if kind.feature else "",
            "chosen": kind == chosen,
        }
        for kind, (icon, text) in _ABOUT.items()
    ]


_ABOUT = {
    CampaignKind.REGULAR: ("send", "Every message to everybody who qualifies."),
    CampaignKind.AB: ("science", "From two to four variants of a message, and what each brings back."),
    CampaignKind.WATERFALL: ("water_drop", "One message per person, over the first channel that reaches them."),
}
