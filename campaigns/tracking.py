"""What happened to a sent message: clicks, opens, unsubscribes, and the reports of providers.

Events are appended, never counted in place. An open or click by a machine (a mail scanner, a privacy proxy) is marked so
and counts for nothing.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns import scheduling
from campaigns.consent import bounces, consents, moving, suppressions
from campaigns.consent.bounces import Means
from campaigns.models import Delivery, DeliveryStatus, SoftBounce, SuppressionReason, TrackingEvent, TrackingKind
from campaigns.models.deliveries import SOURCES
from campaigns.models.shoppers import CART_TOPIC
from campaigns.recipients import went_to

# User agents that open or follow links for somebody: Gmail's and Apple's picture proxies, link scanners of mail gateways.
MACHINES = re.compile(
    r"GoogleImageProxy|YahooMailProxy|bot\b|crawler|spider|preview|scanner|Barracuda|Mimecast|Proofpoint", re.I
)
# Apple Mail's privacy proxy fetches every picture, with a bare agent (Apple: "Use Mail Privacy Protection on Mac").
BARE_AGENT = "Mozilla/5.0"
SCAN_SECONDS = 2.0
WAITING = frozenset({DeliveryStatus.PENDING, DeliveryStatus.CLAIMED})
BOUNCED = frozenset({DeliveryStatus.BOUNCED})


def is_machine(user_agent: str, since_sent: float | None) -> bool:
    """Nobody opens or clicks within two seconds of sending; scanners do."""
    too_fast = since_sent is not None and since_sent < SCAN_SECONDS
    return not user_agent or user_agent.strip() == BARE_AGENT or too_fast or bool(MACHINES.search(user_agent))


def opened(code: UUID, user_agent: str, now: datetime) -> None:
    """A picture of the message was fetched. Unknown deliveries are left alone."""
    _append(code, TrackingKind.OPENED, now, user_agent)


def clicked(code: UUID, url: str, user_agent: str, now: datetime) -> None:
    _append(code, TrackingKind.CLICKED, now, user_agent, url=url)


def _append(code: UUID, kind: TrackingKind, now: datetime, user_agent: str, *, url: str = "") -> None:
    delivery = Delivery.objects.filter(code=code).only("id", "sent_at").first()
    if delivery is None:
        return
    since = (now - delivery.sent_at).total_seconds() if delivery.sent_at else None
    TrackingEvent.objects.create(
        delivery=delivery, kind=kind, at=now, machine=is_machine(user_agent, since), url=url[:2000]
    )


def reported(code: UUID, kind: str, at: datetime, *, event_id: str = "", means: Means = Means.REFUSED) -> bool:
    """A provider's report about one delivery, in Anymail's words. Late reports resolve what was unknown. `means` is asked of failures.
    False: repeated."""
    delivery = Delivery.objects.filter(code=code).select_related("merchant", "shopper").first()
    if delivery and kind == DeliveryStatus.SENT:
        return _sent(delivery, at)
    if delivery is None or kind not in TrackingKind.values:
        return False
    try:
        with transaction.atomic():
            TrackingEvent.objects.create(delivery=delivery, kind=kind, at=at, provider_event_id=event_id[:200])
            if effect := EFFECTS.get(TrackingKind(kind)):
                effect(delivery, at, means)
    except IntegrityError:
        return False
    return True


def _move(delivery: Delivery, to: DeliveryStatus, *sources: DeliveryStatus, **fields: Any) -> bool:
    """A report is about this very message, so it may come before the sender has written its outcome, or in its place. What waits may
    have left only where it was handed over before; what bounced for good stays so."""
    allowed = SOURCES[to].intersection(sources or SOURCES[to])
    left = Q(status__in=allowed - WAITING - BOUNCED) | Q(status__in=allowed & WAITING, attempts__gt=0)
    softly = Q(status__in=allowed & BOUNCED, soft_bounce__isnull=False)
    rows = Delivery.objects.filter(left | softly, pk=delivery.pk)
    return bool(rows.update(**{"status": to, "lease_until": None, "reason": ""} | fields))


def _told_later(delivery: Delivery, kind: TrackingKind, at: datetime) -> bool:
    """Reports may overtake each other; of what a provider says of a message the last word counts, not what comes last."""
    return TrackingEvent.objects.filter(delivery=delivery, kind=kind, at__gt=at).exists()


def _left(at: datetime) -> Coalesce:
    return Coalesce("sent_at", Value(at))


def _sent(delivery: Delivery, at: datetime) -> bool:
    return _move(delivery, DeliveryStatus.SENT, DeliveryStatus.UNKNOWN, *WAITING, sent_at=_left(at))


def _delivered(delivery: Delivery, at: datetime, means: Means) -> None:
    if not _told_later(delivery, TrackingKind.BOUNCED, at) and _move(
        delivery, DeliveryStatus.DELIVERED, sent_at=_left(at)
    ):
        SoftBounce.objects.filter(delivery=delivery).delete()


def _bounced(delivery: Delivery, at: datetime, means: Means) -> None:
    if means == Means.SOFT and _told_later(delivery, TrackingKind.DELIVERED, at):
        return
    if _move(delivery, DeliveryStatus.BOUNCED, sent_at=_left(at)) or means != Means.SOFT:
        _failed(delivery, at, means)


def _rejected(delivery: Delivery, at: datetime, means: Means) -> None:
    """The provider took the message and then dropped it."""
    if not _move(delivery, DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, reason="refused"):
        _move(delivery, DeliveryStatus.BOUNCED)
    _failed(delivery, at, means)


def _failed(delivery: Delivery, at: datetime, means: Means) -> None:
    """What is lost for good goes on to the next channel of its waterfall; what the provider may yet bring through does not."""
    address = went_to(delivery)
    if means == Means.HARD:
        _suppress(delivery, SuppressionReason.DEAD_NUMBER if delivery.channel == "sms" else SuppressionReason.BOUNCE)
    elif means == Means.SOFT and address:
        suppressions.failed_once_more(delivery, address, at)
    if means != Means.SOFT:
        SoftBounce.objects.filter(delivery=delivery).delete()
        scheduling.try_next([delivery.pk], at)


def _complained(delivery: Delivery, at: datetime, means: Means) -> None:
    _suppress(delivery, SuppressionReason.COMPLAINT)


def _opted_out(delivery: Delivery, at: datetime, means: Means) -> None:
    if delivery.shopper:
        consents.opt_out(delivery.shopper.pk, delivery.channel, source="told by the provider", now=at)
        moving.refuse(delivery, [CART_TOPIC], at)


EFFECTS: dict[TrackingKind, Callable[[Delivery, datetime, Means], None]] = {
    TrackingKind.DELIVERED: _delivered,
    TrackingKind.BOUNCED: _bounced,
    TrackingKind.REJECTED: _rejected,
    TrackingKind.COMPLAINED: _complained,
    TrackingKind.UNSUBSCRIBED: _opted_out,
}


def _suppress(delivery: Delivery, reason: SuppressionReason) -> None:
    if address := went_to(delivery):
        suppressions.suppress(delivery.merchant, address, reason)


def on_anymail(sender: object, event: Any, esp_name: str, **kwargs: Any) -> None:
    """Anymail's tracking signal. Our delivery code travels in the message's metadata, or as its one tag. A report without a name of its
    own is known by its time."""
    code = (event.metadata or {}).get("delivery") or next(iter(event.tags or ()), "")
    try:
        delivery = UUID(str(code))
    except ValueError:
        return
    at = event.timestamp
    name = event.event_id or (at.isoformat() if at else "")
    kind, means = bounces.kind_of(esp_name, event), bounces.meaning(esp_name, event)
    reported(delivery, kind, at or timezone.now(), event_id=name, means=means)
