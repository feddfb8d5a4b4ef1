"""What lists and campaign pages show at a glance, read from rolled-up figures and indexes: never by counting big tables.

Money is per currency and never added up across currencies; the merchant's own stands first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import Merchant
from aiq.lib.money import money
from campaigns.models import Campaign, DailyFigure, Decision, Outcome

DAYS = 30
COUNTED = ("entered", "sent", "skipped", "opened", "clicked", "recovered")


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some days."""

    entered: int = 0
    sent: int = 0
    skipped: int = 0
    opened: int = 0
    clicked: int = 0
    recovered: int = 0
    money: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What the campaign list is narrowed to; empty: everything (archived ones only when asked for)."""

    status: str = ""
    channel: str = ""
    store: str = ""
    tag: str = ""

    @property
    def any(self) -> bool:
        return bool(self.status or self.channel or self.store or self.tag)


@dataclass(frozen=True, slots=True)
class Row:
    campaign: Campaign
    channels: tuple[str, ...]
    figures: Figures


@dataclass(slots=True)
class _Sum:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def campaign_rows(merchant: Merchant, filters: Filters, now: datetime) -> list[Row]:
    """The merchant's campaigns with their last 30 days; a constant number of queries."""
    campaigns = Campaign.objects.for_merchant(merchant).filter(_narrowed(filters)).distinct()
    found = list(campaigns.prefetch_related("steps", "stores"))
    figures = figures_of(merchant, found, now)
    return [
        Row(campaign, tuple(step.channel for step in campaign.steps.all()), figures[campaign.pk]) for campaign in found
    ]


def figures_of(
    merchant: Merchant, campaigns: Iterable[Campaign], now: datetime, days: int = DAYS
) -> dict[int, Figures]:
    """Sums per campaign over the last days in the merchant's zone, with one query."""
    ids = [campaign.pk for campaign in campaigns]
    sums: dict[int, _Sum] = {pk: _Sum() for pk in ids}
    rows = DailyFigure.objects.for_merchant(merchant).filter(campaign__in=ids, day__gt=_since(merchant, now, days))
    for row in rows:
        total = sums[row.campaign_id or 0]
        for name in COUNTED:
            total.counts[name] += getattr(row, name)
        for currency, amount in row.money.items():
            total.money[currency] += Decimal(str(amount))
    return {pk: Figures(**each.counts, money=in_money(merchant, each.money)) for pk, each in sums.items()}


def in_money(merchant: Merchant, amounts: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Amounts as text, the merchant's own currency first."""
    ordered = sorted(amounts, key=lambda currency: (currency != merchant.currency, currency))
    return tuple(money(amounts[currency], currency) for currency in ordered if amounts[currency])


def days_of(campaign: Campaign, now: datetime, days: int = DAYS) -> Sequence[tuple[date, int, int]]:
    """Sent and recovered per day, oldest first, days without figures as zero."""
    since = _since(campaign.merchant, now, days)
    rows = DailyFigure.objects.filter(campaign=campaign, day__gt=since).values_list("day", "sent", "recovered")
    found = {day: (sent, recovered) for day, sent, recovered in rows}
    every = (since + timedelta(days=number) for number in range(1, days + 1))
    return [(day, *found.get(day, (0, 0))) for day in every]


def decisions_with(campaign: Campaign, code: str, now: datetime, days: int = DAYS) -> "list[Decision]":
    """The newest decisions that gave this reason (or outcome), with their shoppers and carts."""
    chosen = Q(outcome=code, reason="") if code in Outcome.values else Q(reason=code)
    decisions = Decision.objects.filter(chosen, campaign=campaign, at__gt=now - timedelta(days=days))
    related = decisions.select_related("episode__cart__shopper", "episode__store", "delivery")
    return list(related.order_by("-at")[:100])


def _narrowed(filters: Filters) -> Q:
    wanted = Q(status=filters.status) if filters.status else ~Q(status="archived")
    wanted &= Q(steps__channel=filters.channel) if filters.channel else Q()
    wanted &= Q(stores__slug=filters.store) | Q(stores=None) if filters.store else Q()
    return wanted & (Q(tags__contains=[filters.tag]) if filters.tag else Q())


def _since(merchant: Merchant, now: datetime, days: int) -> date:
    return now.astimezone(ZoneInfo(merchant.timezone)).date() - timedelta(days=days)
