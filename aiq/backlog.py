"""What waits in the queues of record: read by the clock (is there anything to ring for?), by /readyz and by /metrics."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.db.models.functions import Now

from campaigns.models import Delivery, DeliveryStatus
from integrations.models import EventKey, EventState


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many rows wait, and since when the oldest does (None where none waits)."""

    count: int
    oldest: datetime | None

    def age(self, now: datetime) -> float:
        """Seconds the oldest has waited."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


def events_wait() -> bool:
    """Is any inbound event not translated yet?"""
    return EventKey.objects.filter(state=EventState.RECEIVED).exists()


def deliveries_wait() -> bool:
    """Is any delivery due, or left behind by a sender that died?"""
    due = Delivery.objects.filter(status=DeliveryStatus.PENDING, send_at__lte=Now()).order_by()
    stale = Delivery.objects.filter(status__in=LEASED, lease_until__lt=Now()).order_by()
    return due.exists() or stale.exists()


def waiting_events() -> Backlog:
    """Inbound events that are not translated yet."""
    found = EventKey.objects.filter(state=EventState.RECEIVED).aggregate(count=Count("pk"), oldest=Min("received_at"))
    return Backlog(**found)


def due_deliveries() -> Backlog:
    """Deliveries whose time has come, those of paused campaigns among them."""
    due = Delivery.objects.filter(status=DeliveryStatus.PENDING, send_at__lte=Now())
    return Backlog(**due.aggregate(count=Count("pk"), oldest=Min("send_at")))


def stale_deliveries() -> Backlog:
    """Deliveries claimed or handed over by a sender whose lease has ended."""
    stale = Delivery.objects.filter(status__in=LEASED, lease_until__lt=Now())
    return Backlog(**stale.aggregate(count=Count("pk"), oldest=Min("lease_until")))


LEASED = (DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)
