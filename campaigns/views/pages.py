"""The campaign list, and the five tabs of a campaign's page."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from campaigns import wording
from campaigns.drafting import drafts
from campaigns.editing.asread import Reader
from campaigns.insight import ab_results, glance, reason_figures, step_figures
from campaigns.insight.newest import Wish, newest
from campaigns.models import (
    Campaign,
    CampaignKind,
    CampaignStatus,
    CampaignVersion,
    Content,
    Delivery,
    DeliveryStatus,
    Step,
)
from campaigns.reputation import reputation
from campaigns.usable import OFFERED
from campaigns.views.deliveries import PER_PAGE, before, older, status_of
from campaigns.views.preview import subject_shown
from campaigns.views.scope import asked, on_campaign, page, signed_in
from campaigns.views.steps import first_step, user_of

TABS = {
    "overview": ("Overview", access.SEE_REPORTS),
    "ab_test": ("Test", access.SEE_REPORTS),
    "decisions": ("Decisions", access.SEE_REPORTS),
    "deliveries": ("Deliveries", access.SEE_REPORTS),
    "message": ("Content", access.BUILD_CAMPAIGNS),
    "history": ("History", access.BUILD_CAMPAIGNS),
}
CHANNELS = [(slug, said[0]) for slug, said in OFFERED.items()]


@signed_in
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    merchant = access.current_merchant_or_404(request, access.SEE_REPORTS)
    filters = glance.Filters(**{name: asked(request, name) for name in ("status", "channel", "store", "tag")})
    everything = Campaign.objects.for_merchant(merchant)
    return page(
        request,
        "campaigns/list.html",
        title="Campaigns",
        merchant=merchant,
        rows=glance.campaign_rows(merchant, filters, timezone.now()),
        filters=filters,
        statuses=CampaignStatus.choices,
        channels=CHANNELS,
        stores=merchant.stores.all(),
        tags=sorted({tag for tags in everything.values_list("tags", flat=True) for tag in tags}),
        may_build=access.can(request.user, access.BUILD_CAMPAIGNS, merchant),
    )


@on_campaign(access.SEE_REPORTS)
@require_GET
def overview(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    now = timezone.now()
    sketch = drafts.sketch_of(campaign)
    figures = glance.figures_of(campaign.merchant, [campaign], now)[campaign.pk]
    return tab(
        request,
        campaign,
        "overview",
        figures=figures,
        reputation=reputation(campaign.merchant, campaign, now),
        funnel=_funnel(figures),
        chart=_chart(glance.days_of(campaign, now)),
        chart_options=_CHART_OPTIONS,
        sentence=wording.what_it_does(sketch),
        steps=step_figures.of_steps(campaign, now),
    )


@on_campaign(access.SEE_REPORTS)
@require_GET
def decisions(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    now, chosen = timezone.now(), asked(request, "reason")
    return tab(
        request,
        campaign,
        "decisions",
        bars=reason_figures.bars(campaign, now, glance.DAYS),
        chosen=chosen,
        chosen_text=reason_figures.in_words(chosen) if chosen else "",
        decisions=glance.decisions_with(campaign, chosen, now) if chosen else [],
    )


@on_campaign(access.SEE_REPORTS)
@require_GET
def deliveries(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    step, cursor = asked(request, "step"), before(request)
    wish = Wish(campaign, status_of(request), int(step) if step in step_figures.POSITIONS else None)
    rows = newest(campaign.merchant_id, wish, cursor, PER_PAGE + 1).select_related("shopper", "content")
    found = list(rows.defer("content__html", "content__text"))
    return tab(
        request,
        campaign,
        "deliveries",
        deliveries=[
            (delivery, reason_figures.in_words(delivery.reason) if delivery.reason else "", _place(campaign, delivery))
            for delivery in found[:PER_PAGE]
        ],
        step=step,
        several=campaign.kind != CampaignKind.REGULAR or campaign.steps.count() > 1,
        positions=step_figures.POSITIONS,
        older=older(found),
        later=bool(cursor),
        chosen=wish.status,
        statuses=DeliveryStatus.choices,
    )


def _place(campaign: Campaign, delivery: Delivery) -> str:
    return wording.place_in_words(delivery.content, campaign.kind)


@on_campaign(access.BUILD_CAMPAIGNS)
@require_GET
def message(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """What is live now, the versions before it, and the draft where it says something else."""
    versions = list(campaign.versions.select_related("created_by").prefetch_related("contents").order_by("-number"))
    shown = _chosen_version(campaign, versions, request.GET.get("version", ""))
    contents = sorted(shown.contents.all(), key=lambda one: (one.position, one.rank, one.variant)) if shown else []
    step = first_step(campaign)
    said = [_said(campaign, one, shown) for one in contents or campaign.steps.select_related("discount")]
    return tab(request, campaign, "message", versions=versions, shown=shown, step=step, said=said)


def _said(campaign: Campaign, one: Content | Step, version: CampaignVersion | None) -> dict[str, Any]:
    """A message of a version, or of the draft: where it stands, its subject, and where it is drawn or what it says."""
    if isinstance(one, Content) and version:
        address = reverse("campaigns:version_preview", args=[campaign.code, version.number])
        address += f"?at={one.position}-{one.variant}"
    else:
        address = reverse("campaigns:draft_preview", args=[campaign.code, one.code]) if isinstance(one, Step) else ""
    mail, reader = one.channel == "email", Reader(campaign.merchant)
    return {
        "place": wording.place_in_words(one, campaign.kind),
        "delay": wording.delay_in_words(one.delay_minutes),
        "subject": subject_shown(campaign, one) if mail else reader.read(one, one.subject),
        "address": address,
        "text": reader.text(one),
    }


@on_campaign(access.BUILD_CAMPAIGNS)
@require_GET
def history(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    return tab(request, campaign, "history", log=campaign.log.select_related("user")[:200])


def _chosen_version(campaign: Campaign, versions: list[CampaignVersion], wanted: str) -> CampaignVersion | None:
    """The version asked for, else the one that is live; None: the draft, also while it waits for approval."""
    if not wanted:
        return None if campaign.status == CampaignStatus.PENDING_APPROVAL else campaign.version
    return next((version for version in versions if str(version.number) == wanted), None)


def tab(request: HttpRequest, campaign: Campaign, name: str, **context: Any) -> HttpResponse:
    """A page of the campaign under its tabs. The test has one while the campaign's version tests something."""
    user, merchant = user_of(request), campaign.merchant
    return page(
        request,
        f"campaigns/campaign/{name}.html",
        title=campaign.name,
        subtitle=TABS[name][0],
        campaign=campaign,
        merchant=merchant,
        tabs=[
            (label, reverse(f"campaigns:{tab}", args=[campaign.code]), tab == name)
            for tab, (label, permission) in TABS.items()
            if access.can(user, permission, merchant) and (tab != "ab_test" or ab_results.tested(campaign))
        ],
        may_build=access.can(user, access.BUILD_CAMPAIGNS, merchant),
        may_set_live=access.can(user, access.SET_LIVE, merchant),
        why=reverse("admin:index") + "why/",
        **context,
    )


def _funnel(figures: glance.Figures) -> list[dict[str, object]]:
    steps = [
        ("Entered", figures.entered, "carts that met the campaign"),
        ("Sent", figures.sent, "reminders handed over"),
        ("Opened", figures.opened, "as far as mail programs tell"),
        ("Clicked", figures.clicked, "came back to the shop"),
        ("Recovered", figures.recovered, "bought after the reminder"),
    ]
    top = max(figures.entered, figures.sent, 1)
    return [
        {"label": label, "count": count, "text": text, "share": round(100 * count / top)}
        for label, count, text in steps
    ]


def _chart(days: Any) -> str:
    sent, recovered = "var(--color-base-400)", "var(--color-primary-500)"
    return json.dumps(
        {
            "labels": [f"{day:%-d %b}" for day, _, _ in days],
            "datasets": [
                {"label": "Sent", "data": [each[1] for each in days], "backgroundColor": sent, "borderRadius": 3},
                {
                    "label": "Recovered",
                    "data": [each[2] for each in days],
                    "backgroundColor": recovered,
                    "borderRadius": 3,
                },
            ],
        }
    )


_CHART_OPTIONS = json.dumps(
    {
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": True, "align": "end", "labels": {"boxWidth": 10, "boxHeight": 10}}},
        "scales": {
            "x": {"grid": {"display": False}, "ticks": {"maxTicksLimit": 8, "maxRotation": 0}},
            "y": {"beginAtZero": True, "ticks": {"precision": 0, "maxTicksLimit": 5}, "border": {"display": False}},
        },
    }
)
