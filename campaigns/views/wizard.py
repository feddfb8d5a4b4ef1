"""The wizard: a draft row and one page per step. Every page saves what it has and goes where the button said."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access, plans
from campaigns import audiences, drafts, lifecycle, review, wording
from campaigns.forecast import forecast
from campaigns.forms import RecipientsForm
from campaigns.models import Campaign, CampaignStatus
from campaigns.views.scope import on_campaign, refuse, signed_in, tell
from campaigns.views.steps import first_step, go, in_words, saved, saves_only, step_page, user_of

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    """Step one of a campaign that does not exist yet: the draft is made with the first answer."""
    merchant = access.current_merchant_or_404(request, access.BUILD_CAMPAIGNS)
    if request.method != "POST":
        return step_page(request, None, "channels", kinds=_kinds(merchant.plan))
    today = timezone.localdate(timezone=ZoneInfo(merchant.timezone))
    name = f"Cart reminder, {today:%-d %B}"
    return go(request, drafts.create_draft(merchant, user_of(request), name), "channels")


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def channels(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    if request.method == "POST":
        return go(request, campaign, "channels")
    return step_page(request, campaign, "channels", kinds=_kinds(campaign.merchant.plan))


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
    met = forecast(campaign.merchant, sketch, timezone.now())
    checks = review.checks(campaign, timezone.now(), met)
    return step_page(
        request,
        campaign,
        "review",
        step=step,
        checks=checks,
        may={perm for perm in access.PERMISSIONS if access.can(request.user, perm, campaign.merchant)},
        red=sum(check.stops for check in checks),
        approval=lifecycle.needs_approval(campaign, user_of(request)),
        sentence=wording.what_it_does(sketch),
        forecast=wording.forecast_in_words(met),
        delay=wording.delay_in_words(sketch.delay_minutes),
        audience_rules=audiences.in_words(sketch.rules),
        sender=review.sender_of(campaign.merchant, step),
    )


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


def _kinds(plan: str) -> list[dict[str, Any]]:
    """Greyed kinds of campaign with the reason: what the plan lacks, else what this system does not do yet."""
    later = "Comes in a later release."
    return [
        {
            "label": "A/B test",
            "icon": "science",
            "text": "Two messages, and the better one wins.",
            "reason": plans.why_not(plan, plans.AB) or later,
        },
        {
            "label": "Waterfall",
            "icon": "water_drop",
            "text": "One message per person, over the first channel that reaches them.",
            "reason": plans.why_not(plan, plans.WATERFALL) or later,
        },
    ]
