"""The Home page: what is going on, readable in ten seconds. Composes what campaigns, orders and stores tell.

The parts below the title are fetched again by themselves, so that carts, reminders and orders are seen coming in.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from accounts.models import Merchant
from aiq.lib.money import money
from campaigns.insight import attention, figures, happenings
from campaigns.insight.figures import Day, Period, Total
from campaigns.models import Campaign, CampaignStatus, Episode
from integrations import health
from integrations.models import Connection

PERIODS = (7, 30)
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its denominator, beside the period before. `good`: more of it is better."""

    label: str
    value: str
    share: str
    total: Total
    good: bool = True
    more: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        """Its words, to go before “on the 7 days before”."""
        change = self.total.change
        if change is None:
            return ""
        return f"{change:+,} %".replace("-", MINUS) if change else "No change"

    @property
    def tone(self) -> str:
        change = self.total.change or 0
        return "flat" if not self.good or change == 0 else "up" if change > 0 else "down"


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart: heights in percent of the axis, the label below it, and the words for it."""

    day: date
    label: str
    words: str
    abandoned: float
    sent: float
    recovered: float


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps of a new merchant. Who lacks `permission` reads whom to ask instead of following the link."""

    text: str
    link: str
    action: str
    done: bool
    permission: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the admin's index needs before its parts are shown (unfold's DASHBOARD_CALLBACK)."""
    merchant = access.current_merchant(request)
    context |= {"home_merchant": merchant, "title": "Home", "days": _days(request), "periods": PERIODS}
    if merchant is None:
        return context
    context["may"] = {perm: access.can(request.user, perm, merchant) for perm in access.PERMISSIONS}
    context["seconds"] = (3, 5) if settings.DEMO else (15, 60)
    context["inbox"] = settings.DEMO and not settings.EMAIL_URL
    if context["may"][access.SEE_REPORTS]:
        context |= _pulse(request, merchant) | _happenings(merchant)
    return context


@require_GET
def pulse(request: HttpRequest) -> HttpResponse:
    """Tiles, chart, stores and what needs attention."""
    merchant = access.current_merchant_or_404(request, access.SEE_REPORTS)
    return render(request, "home/pulse.html", {"home_merchant": merchant, **_pulse(request, merchant)})


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """What happened just now."""
    merchant = access.current_merchant_or_404(request, access.SEE_REPORTS)
    return render(request, "home/happenings.html", {"home_merchant": merchant, **_happenings(merchant)})


pulse_view = admin.site.admin_view(pulse)
live_view = admin.site.admin_view(live)


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days in PERIODS} else PERIODS[0]


def _happenings(merchant: Merchant) -> dict[str, Any]:
    now = timezone.now()
    rows = happenings.recent(merchant, now)
    return {"happenings": [(row, _ago(now - row.at)) for row in rows], "zone": merchant.timezone}


def _pulse(request: HttpRequest, merchant: Merchant) -> dict[str, Any]:
    now, days = timezone.now(), _days(request)
    period = figures.last_days(merchant, days, now)
    stores = health.stores_health(merchant, now)
    found = [*attention.notices(merchant, now), *health.notices(merchant, stores, now)]
    top = _axis(period)
    return {
        "days": days,
        "periods": PERIODS,
        "tiles": _tiles(period, merchant.currency),
        "columns": _columns(period, top, merchant.currency) if any(day.abandoned for day in period.days) else [],
        "axis": [top, top // 2, 0],
        "stores": [(store, _ago(now - store.last_cart_at) if store.last_cart_at else "") for store in stores],
        "notices": [notice for notice in found if access.can(request.user, notice.permission, merchant)],
        "steps": _steps(merchant, stores),
        "held": {perm for perm in access.PERMISSIONS if access.can(request.user, perm, merchant)},
        "zone": merchant.timezone,
    }


def _tiles(period: Period, currency: str) -> list[Tile]:
    abandoned, sent, recovered = (period.totals[name] for name in ("abandoned", "sent", "recovered"))
    earned = period.money[currency]
    each = earned.now / recovered.now if recovered.now else None
    others = tuple(money(total.now, code) for code, total in period.money.items() if code != currency and total.now)
    return [
        Tile("Carts abandoned", f"{abandoned.now:,}", "", abandoned, good=False),
        Tile("Reminders sent", f"{sent.now:,}", _share(sent, abandoned, "carts"), sent),
        Tile("Orders recovered", f"{recovered.now:,}", _share(recovered, sent, "reminders"), recovered),
        Tile(
            "Money recovered",
            money(earned.now, currency),
            f"{money(each, currency)} an order" if each else "",
            earned,
            more=others,
        ),
    ]


def _share(part: Total, whole: Total, of: str) -> str:
    """In percent, or by how many times where there are several of one: reminders of a sequence."""
    if part.now > whole.now > 0:
        return f"{part.now / whole.now:.1f} for each of {whole.now:,} {of}"
    return f"{part.now * 100 / whole.now:.0f} % of {whole.now:,} {of}" if whole.now else ""


def _axis(period: Period) -> int:
    """The top of the axis: an even round number not below the highest day."""
    highest = max((max(day.abandoned, day.sent, day.recovered) for day in period.days), default=0)
    step = next(s for s in (4, 10, 20, 40, 100, 200, 400, 1000, 10_000, 100_000, 10**9) if highest <= s * 5)
    return max(step, -(-highest // step) * step)


def _columns(period: Period, top: int, currency: str) -> list[Column]:
    every, last = max(1, len(period.days) // 7), len(period.days) - 1
    return [
        Column(
            day.day,
            label=f"{day.day:%-d %b}" if (last - number) % every == 0 else "",
            words=_words(day, currency),
            abandoned=round(100 * day.abandoned / top, 1),
            sent=round(100 * day.sent / top, 1),
            recovered=round(100 * day.recovered / top, 1),
        )
        for number, day in enumerate(period.days)
    ]


def _words(day: Day, currency: str) -> str:
    return f"{day.abandoned} abandoned, {day.sent} reminded, {day.recovered} recovered, {money(day.money, currency)}"


def _steps(merchant: Merchant, stores: list[health.StoreHealth]) -> list[Step]:
    """The first steps, until all are done."""
    connected = Connection.objects.connected().filter(merchant=merchant).exists()
    carts = any(store.last_cart_at for store in stores) or Episode.objects.filter(merchant=merchant).exists()
    live = Campaign.objects.filter(merchant=merchant, status=CampaignStatus.LIVE).exists()
    steps = [
        Step(
            "Connect your store, so that carts come in",
            "/admin/integrations/",
            "Connect a store",
            connected,
            access.MANAGE_SETTINGS,
        ),
        Step(
            "Set a campaign live, so that shoppers are reminded",
            "/admin/campaigns/",
            "Build a campaign",
            live,
            access.BUILD_CAMPAIGNS,
        ),
        Step("See the first cart arrive", "/admin/integrations/", "How to send one", carts, access.MANAGE_SETTINGS),
    ]
    return [] if all(step.done for step in steps) else steps


def _ago(passed: timedelta) -> str:
    seconds = max(0, int(passed.total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago" if seconds >= 2 else "now"
