"""What became of each step of a campaign in the last days, from figures per content and day (UTC), which are rolled up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from campaigns import wording
from campaigns.drafting.sequence import MOST_STEPS
from campaigns.insight.glance import DAYS
from campaigns.models import Campaign, StepFigure

POSITIONS = tuple(str(position) for position in range(1, MOST_STEPS + 1))

# Figures of a day that has none left fall to nought. What is on its way is neither sent nor waiting yet, for seconds.
ROLL_UP = """
WITH counted (campaign_id, content_id, day, sent, waiting, skipped, failed) AS (
    SELECT f.campaign_id, f.content_id, f.day, 0, 0, 0, 0
    FROM campaigns_stepfigure f WHERE f.day >= %(since)s OR f.day = %(again)s
  UNION ALL
    SELECT d.campaign_id, d.content_id, (d.due_at AT TIME ZONE 'UTC')::date,
           count(*) FILTER (WHERE d.status IN ('sent', 'delivered', 'bounced')),
           count(*) FILTER (WHERE d.status IN ('pending', 'claimed')),
           count(*) FILTER (WHERE d.status = 'skipped'),
           count(*) FILTER (WHERE d.status IN ('failed', 'unknown'))
    FROM campaigns_delivery d
    WHERE d.due_at >= %(since)s::timestamp AT TIME ZONE 'UTC'
       OR (d.due_at >= %(again)s::timestamp AT TIME ZONE 'UTC' AND d.due_at < %(after)s::timestamp AT TIME ZONE 'UTC')
    GROUP BY 1, 2, 3
)
INSERT INTO campaigns_stepfigure AS f (campaign_id, content_id, day, sent, waiting, skipped, failed)
SELECT campaign_id, content_id, day, sum(sent), sum(waiting), sum(skipped), sum(failed)
FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
ON CONFLICT (campaign_id, day, content_id) DO UPDATE SET
    sent = excluded.sent, waiting = excluded.waiting, skipped = excluded.skipped, failed = excluded.failed
WHERE (f.sent, f.waiting, f.skipped, f.failed) IS DISTINCT FROM
      (excluded.sent, excluded.waiting, excluded.skipped, excluded.failed)
"""


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


def roll_up(now: datetime, days: int, again: int) -> None:
    """Count the last `days` days and all that lie ahead, and the one `again` days ago, in one statement."""
    today = now.astimezone(UTC).date()
    older = today - timedelta(days=again)
    bounds = {"since": today - timedelta(days=days - 1), "again": older, "after": older + timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, bounds)


def of_steps(campaign: Campaign, now: datetime, days: int = DAYS) -> list[StepFigures]:
    """None where the campaign sends one message: its funnel says it all. One query."""
    figures = StepFigure.objects.filter(campaign=campaign, day__gt=now.astimezone(UTC).date() - timedelta(days=days))
    keys = ("content__position", "content__rank", "content__channel", "content__variant", "content__delay_minutes")
    counted = figures.values(*keys).order_by(*keys)
    counted = counted.annotate(**{name: Sum(name) for name in ("sent", "waiting", "skipped", "failed")})
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
