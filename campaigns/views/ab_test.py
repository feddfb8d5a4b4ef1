"""The results of an A/B test, and its end: one variant for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from campaigns import lifecycle
from campaigns.editing.asread import Reader
from campaigns.insight import ab_results
from campaigns.insight.ab_results import Result
from campaigns.insight.intervals import Interval
from campaigns.models import Campaign, CampaignStatus
from campaigns.views.pages import tab
from campaigns.views.scope import on_campaign, page, refuse, tell
from campaigns.views.steps import get_or_post, user_of


@dataclass(frozen=True, slots=True)
class Row:
    """A variant as it is drawn: places on the bar are percentages of the widest interval."""

    result: Result
    rate: str
    span: str
    ahead: str
    left: float
    width: float
    at: float


@on_campaign(access.SEE_REPORTS)
@require_GET
def results(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    contents = ab_results.tested(campaign)
    if not contents or campaign.live_since is None or campaign.version is None:
        raise Http404("This campaign tests nothing.")
    counted, since = ab_results.results(campaign, contents), campaign.version.created_at
    found = counted.variants
    verdict = ab_results.verdict(found, since, timezone.now())
    return tab(
        request,
        campaign,
        "ab_test",
        rows=_rows(found),
        verdict=verdict,
        as_of=counted.as_of,
        since=since,
        enough=ab_results.ENOUGH,
        reached=sum(one.counted.tried for one in found),
        may_end=_may_end(request, campaign),
    )


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def use(request: HttpRequest, campaign: Campaign, letter: str) -> HttpResponse:
    """Asks first, naming what will happen."""
    content = next((one for one in ab_results.tested(campaign) if one.variant == letter), None)
    if content is None:
        raise Http404("No such variant.")
    if request.method != "POST":
        title = f"Variant {letter.upper()} for everyone"
        subject = Reader(campaign.merchant).title(content)
        return page(request, "campaigns/campaign/use_variant.html", title=title, campaign=campaign, subject=subject)
    try:
        lifecycle.use_variant(campaign, user_of(request), letter, timezone.now())
    except lifecycle.Refused as error:
        refuse(request, *error.reasons)
        return redirect("campaigns:ab_test", campaign.code)
    tell(request, f"The test is over: everybody gets variant {letter.upper()} from now on.")
    return redirect("campaigns:overview", campaign.code)


def _may_end(request: HttpRequest, campaign: Campaign) -> bool:
    needed = access.SET_LIVE if campaign.status == CampaignStatus.LIVE else access.BUILD_CAMPAIGNS
    running = campaign.status in {CampaignStatus.LIVE, CampaignStatus.PAUSED}
    return running and access.can(request.user, needed, campaign.merchant)


def _rows(found: Sequence[Result]) -> list[Row]:
    widest = max(one.rate.high for one in found if one.counted.tried) if any(one.counted.tried for one in found) else 1
    return [_row(one, found[0], widest) for one in found]


def _row(one: Result, first: Result, widest: float) -> Row:
    tried = one.counted.tried
    return Row(
        result=one,
        rate=_percent(one.counted.rate) if tried else "",
        span=f"{_percent(one.rate.low)} to {_percent(one.rate.high)}" if tried else "",
        ahead=_points(one.counted.rate - first.counted.rate, one.ahead)
        if one.ahead and tried and first.counted.tried
        else "",
        left=round(100 * one.rate.low / widest, 1) if tried else 0,
        width=round(100 * (one.rate.high - one.rate.low) / widest, 1) if tried else 0,
        at=round(100 * one.counted.rate / widest, 1) if tried else 0,
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _points(apart: float, interval: Interval) -> str:
    middle = f"{100 * apart:+.1f} points"
    if interval.low <= -1 or interval.high >= 1:
        return f"{middle} (too few to tell)"
    return f"{middle} ({100 * interval.low:+.1f} to {100 * interval.high:+.1f})"
