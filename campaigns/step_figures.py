"""What became of each step of a campaign in the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from campaigns import wording
from campaigns.glance import DAYS
from campaigns.models import Campaign, Delivery, DeliveryStatus
from campaigns.models.deliveries import WAS_SENT
from campaigns.sequence import MOST_STEPS

POSITIONS = tuple(str(position) for position in range(1, MOST_STEPS + 1))


@dataclass(frozen=True, slots=True)
class StepFigures:
    """Messages of one step and channel (of a test: one variant) that were due in that time. `share`: of the largest."""

    position: int
    name: str
    delay: str
    sent: int
    waiting: int
    skipped: int
    failed: int
    share: int


def of_steps(campaign: Campaign, now: datetime, days: int = DAYS) -> list[StepFigures]:
    """None where the campaign sends one message: its funnel says it all. One query."""
    due = Delivery.objects.filter(campaign=campaign, due_at__gt=now - timedelta(days=days))
    keys = ("content__position", "content__rank", "content__channel", "content__variant", "content__delay_minutes")
    counted = (
        due.values(*keys)
        .order_by(*keys)
        .annotate(
            sent=Count("pk", filter=Q(status__in=WAS_SENT)),
            waiting=Count("pk", filter=Q(status__in=[DeliveryStatus.PENDING, DeliveryStatus.CLAIMED])),
            skipped=Count("pk", filter=Q(status=DeliveryStatus.SKIPPED)),
            failed=Count("pk", filter=Q(status__in=[DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN])),
        )
    )
    rows = list(counted)
    if len(rows) < 2:
        return []
    most = max(row["sent"] for row in rows) or 1
    return [
        StepFigures(
            position=row["content__position"],
            name=wording.place_of(
                row["content__position"], row["content__channel"], row["content__variant"], campaign.kind
            ),
            delay=wording.delay_in_words(row["content__delay_minutes"]),
            sent=row["sent"],
            waiting=row["waiting"],
            skipped=row["skipped"],
            failed=row["failed"],
            share=round(100 * row["sent"] / most),
        )
        for row in rows
    ]
