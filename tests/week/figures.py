"""What pages read instead of counting, beside a count of every row; after reports that came days late."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from anymail.signals import AnymailTrackingEvent, tracking
from django.db.models import Sum

from campaigns.insight import rolling
from campaigns.models import DailyFigure, Decision, Delivery, ReasonFigure, StepFigure, TrackingEvent

WORDS = {
    "sent": "sent", "delivered": "sent", "bounced": "sent", "pending": "waiting", "claimed": "waiting", "skipped": "skipped",
    "failed": "failed", "unknown": "failed",
}  # fmt: skip


def bounce(codes: Sequence[UUID], now: datetime) -> None:
    """As the provider tells it, dated two days after the mail left."""
    for code in codes:
        sent_at = Delivery.objects.get(code=code).sent_at
        event = AnymailTrackingEvent(
            event_type="bounced",
            timestamp=min(sent_at + timedelta(days=2), now) if sent_at else now,
            event_id=f"late-{code}",
            reject_reason="bounced",
            metadata={"delivery": str(code)},
        )
        tracking.send(sender=None, event=event, esp_name="Test")


def agree(now: datetime) -> None:
    """Once every day has had its turn."""
    for turn in range(rolling.TURNS):
        rolling.roll_up(now + timedelta(seconds=turn * rolling.TURN_SECONDS))
    assert _steps_rolled() == _steps_counted()
    assert _reasons_rolled() == _reasons_counted()
    sums = DailyFigure.objects.filter(campaign=None).aggregate(sent=Sum("sent"), bounced=Sum("bounced"))
    bounced = TrackingEvent.objects.filter(kind="bounced", delivery__channel="email").count()
    assert sums == {"sent": Delivery.objects.sent().count(), "bounced": bounced}
    assert bounced > 10


def _steps_rolled() -> dict[Any, int]:
    names = tuple(dict.fromkeys(WORDS.values()))
    rows = StepFigure.objects.values_list("content", "day", *names)
    return {
        (content, day, name): count
        for content, day, *counts in rows
        for name, count in zip(names, counts, strict=True)
        if count
    }


def _steps_counted() -> Counter[Any]:
    rows = Delivery.objects.values_list("content", "due_at", "status")
    return Counter((content, at.astimezone(UTC).date(), WORDS[status]) for content, at, status in rows)


def _reasons_rolled() -> dict[Any, int]:
    return {(row.campaign_id, row.day, row.code): row.count for row in ReasonFigure.objects.filter(count__gt=0)}


def _reasons_counted() -> Counter[Any]:
    rows = Decision.objects.exclude(outcome="entered").values_list("campaign", "at", "reason", "outcome")
    return Counter((campaign, at.astimezone(UTC).date(), reason or outcome) for campaign, at, reason, outcome in rows)
