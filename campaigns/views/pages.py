"""The campaign list, and the five tabs of a campaign's page."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from campaigns import drafts, glance, wording
from campaigns.models import Campaign, CampaignStatus, CampaignVersion, Delivery, DeliveryStatus
from campaigns.reputation import reputation
from campaigns.views.preview import subject_shown
from campaigns.views.scope import asked, on_campaign, page, signed_in
from campaigns.views.steps import first_step, user_of

TABS = {
    "overview": ("Overview", access.SEE_REPORTS),
    "decisions": ("Decisions", access.SEE_REPORTS),
    "deliveries": ("Deliveries", access.SEE_REPORTS),
    "message": ("Content", access.BUILD_CAMPAIGNS),
    "history": ("History", access.BUILD_CAMPAIGNS),
}
PER_PAGE = 50
CHANNELS = [("email", "Email")]


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
    return _tab(
        request,
        campaign,
        "overview",
        figures=figures,
        reputation=reputation(campaign.merchant, campaign, now),
        funnel=_funnel(figures),
        chart=_chart(glance.days_of(campaign, now)),
        chart_options=_CHART_OPTIONS,
        sentence=wording.what_it_does(sketch),
    )


@on_campaign(access.SEE_REPORTS)
@require_GET
def decisions(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    now, chosen = timezone.now(), asked(request, "reason")
    return _tab(
        request,
        campaign,
        "decisions",
        bars=glance.reason_bars(campaign, now),
        chosen=chosen,
        chosen_text=glance.reason_text(chosen) if chosen else "",
        decisions=glance.decisions_with(campaign, chosen, now) if chosen else [],
    )


@on_campaign(access.SEE_REPORTS)
@require_GET
def deliveries(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    status = request.GET.get("status", "")
    rows = Delivery.objects.filter(campaign=campaign).select_related("shopper", "episode__cart").order_by("-id")
    rows = rows.filter(status=status) if status in DeliveryStatus.values else rows
    found = _Pages(rows, PER_PAGE).get_page(request.GET.get("page"))
    return _tab(
        request,
        campaign,
        "deliveries",
        deliveries=[(delivery, glance.reason_text(delivery.reason) if delivery.reason else "") for delivery in found],
        pages=found,
        chosen=status,
        statuses=DeliveryStatus.choices,
    )


@on_campaign(access.BUILD_CAMPAIGNS)
@require_GET
def message(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """What is live now, the versions before it, and the draft where it says something else."""
    versions = list(campaign.versions.select_related("created_by").prefetch_related("contents").order_by("-number"))
    shown = _chosen_version(campaign, versions, request.GET.get("version", ""))
    content = next(iter(shown.contents.all()), None) if shown else None
    subject = subject_shown(campaign, content)
    return _tab(
        request, campaign, "message", versions=versions, shown=shown, step=first_step(campaign), subject=subject
    )


@on_campaign(access.BUILD_CAMPAIGNS)
@require_GET
def history(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    return _tab(request, campaign, "history", log=campaign.log.select_related("user")[:200])


def _chosen_version(campaign: Campaign, versions: list[CampaignVersion], wanted: str) -> CampaignVersion | None:
    """The version asked for, else the one that is live; None: the draft, also while it waits for approval."""
    if not wanted:
        return None if campaign.status == CampaignStatus.PENDING_APPROVAL else campaign.version
    return next((version for version in versions if str(version.number) == wanted), None)


class _Pages(Paginator):
    """Pages without counting a table that only grows: there is a next page while this one is full."""

    @property
    def count(self) -> int:
        return 10_000


def _tab(request: HttpRequest, campaign: Campaign, name: str, **context: Any) -> HttpResponse:
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
            if access.can(user, permission, merchant)
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
