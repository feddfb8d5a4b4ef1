"""What happened just now at a merchant, newest first: the live feed of the Home page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q

from accounts.models import Merchant
from aiq.lib.money import money
from campaigns.models import (
    Decision,
    DecisionKind,
    Delivery,
    DeliveryStatus,
    Episode,
    Outcome,
    Shopper,
    TrackingEvent,
    TrackingKind,
)

WINDOW = timedelta(days=1)
_TRACKED = {
    TrackingKind.CLICKED: "clicked the reminder",
    TrackingKind.UNSUBSCRIBED: "unsubscribed from cart reminders",
    TrackingKind.BOUNCED: "could not be reached: the address refused the mail",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. `kind` picks its sign; `who` is what the Why page is asked about, empty for nobody known."""

    kind: str
    at: datetime
    name: str
    text: str
    amount: str = ""
    who: str = ""


def recent(merchant: Merchant, now: datetime, limit: int = 10) -> list[Happening]:
    """The newest happenings of the last day; five queries whatever the size of the merchant."""
    since = now - WINDOW
    found = [
        happening
        for source in (_abandoned, _recovered, _sent, _bought_before, _tracked)
        for happening in islice(source(merchant, since, now, limit), limit)
    ]
    return sorted(found, key=lambda happening: happening.at, reverse=True)[:limit]


def _abandoned(merchant: Merchant, since: datetime, now: datetime, limit: int) -> Iterator[Happening]:
    rows = Episode.objects.filter(merchant=merchant, abandoned_at__gte=since, abandoned_at__lte=now)
    for row in rows.select_related("cart__shopper", "store").order_by("-abandoned_at")[:limit]:
        assert row.abandoned_at
        count = sum(int(line.get("quantity") or 1) for line in row.cart.lines)
        what = f"left {count} item{'' if count == 1 else 's'} in a cart" if count else "left a cart"
        where = f" at {row.store.name}" if row.store else ""
        yield _happening("abandoned", row.abandoned_at, row.cart.shopper, what + where)


def _recovered(merchant: Merchant, since: datetime, now: datetime, limit: int) -> Iterator[Happening]:
    rows = Episode.objects.filter(merchant=merchant, recovered_at__gte=since, recovered_at__lte=now)
    told: set[tuple[int | None, datetime]] = set()
    for row in rows.select_related("cart__shopper", "order").order_by("-recovered_at")[: 2 * limit]:
        assert row.recovered_at
        # One order may win back several carts of a shopper; it is told once.
        if (again := (row.cart.shopper_id, row.recovered_at)) in told:
            continue
        told.add(again)
        amount = money(row.order.total, row.order.currency or merchant.currency) if row.order else ""
        yield _happening("recovered", row.recovered_at, row.cart.shopper, "came back and bought", amount)


def _sent(merchant: Merchant, since: datetime, now: datetime, limit: int) -> Iterator[Happening]:
    rows = Delivery.objects.sent().filter(merchant=merchant, sent_at__gte=since, sent_at__lte=now)
    for row in rows.select_related("shopper").order_by("-sent_at")[:limit]:
        assert row.sent_at
        yield _happening("sent", row.sent_at, row.shopper, "got a reminder")


def _bought_before(merchant: Merchant, since: datetime, now: datetime, limit: int) -> Iterator[Happening]:
    rows = Decision.objects.filter(
        merchant=merchant,
        at__gte=since,
        at__lte=now,
        kind=DecisionKind.STEP,
        outcome=Outcome.SKIPPED,
        reason="bought",
    )
    for row in rows.select_related("episode__cart__shopper").order_by("-at")[:limit]:
        text = "bought, so no reminder was sent"
        yield _happening("bought", row.at, row.episode.cart.shopper, text)


def _tracked(merchant: Merchant, since: datetime, now: datetime, limit: int) -> Iterator[Happening]:
    rows = TrackingEvent.objects.filter(
        ~Q(kind=TrackingKind.BOUNCED) | Q(delivery__status=DeliveryStatus.BOUNCED),
        delivery__merchant=merchant,
        at__gte=since,
        at__lte=now,
        kind__in=_TRACKED,
        machine=False,
    )
    for row in rows.select_related("delivery__shopper").order_by("-at")[:limit]:
        kind = TrackingKind(row.kind)
        yield _happening(kind.value, row.at, row.delivery.shopper, _TRACKED[kind])


def _happening(kind: str, at: datetime, shopper: Shopper | None, text: str, amount: str = "") -> Happening:
    if shopper is None:
        return Happening(kind, at, "Somebody", text, amount)
    name = shopper.first_name or str(shopper)
    return Happening(kind, at, name, text, amount, shopper.email or shopper.phone or "")
