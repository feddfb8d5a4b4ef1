"""Why carts did not get a campaign's message, and how many did, per day: rolled up, and drawn as bars."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Sum

from campaigns import reasons
from campaigns.models import Campaign, Outcome, ReasonFigure

# Decisions are appended, so a day changes only while it lasts; one is counted again all the same, to heal.
ROLL_UP = """
WITH days AS MATERIALIZED (
    SELECT (%(now)s AT TIME ZONE 'UTC')::date - n AS day
    FROM (SELECT generate_series(0, %(days)s - 1) UNION SELECT %(again)s) back (n)
), counted (campaign_id, day, code, count) AS (
    SELECT f.campaign_id, f.day, f.code, 0 FROM days JOIN campaigns_reasonfigure f USING (day)
  UNION ALL
    SELECT d.campaign_id, days.day, coalesce(nullif(d.reason, ''), d.outcome), count(*)
    FROM accounts_merchant m CROSS JOIN days JOIN campaigns_decision d ON d.merchant_id = m.id
     AND d.at >= days.day::timestamp AT TIME ZONE 'UTC' AND d.at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
    WHERE d.outcome <> 'entered' GROUP BY 1, 2, 3
)
INSERT INTO campaigns_reasonfigure AS f (campaign_id, day, code, count)
SELECT campaign_id, day, code, sum(count) FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (campaign_id, day, code) DO UPDATE SET count = excluded.count WHERE f.count <> excluded.count
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A reason and how often it was given; `share` is its percentage of the longest bar."""

    code: str
    text: str
    count: int
    share: int
    good: bool = False


def roll_up(now: datetime, days: int, again: int) -> None:
    """Count the last `days` days, and the one `again` days ago, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, {"now": now, "days": days, "again": again})


def bars(campaign: Campaign, now: datetime, days: int) -> list[Bar]:
    """Of the last days, most frequent first; what was sent leads."""
    since = now.astimezone(UTC).date() - timedelta(days=days)
    rows = ReasonFigure.objects.filter(campaign=campaign, day__gt=since, count__gt=0)
    totals = dict(rows.values_list("code").annotate(Sum("count")).order_by())
    longest = max(totals.values(), default=0)
    ordered = sorted(totals.items(), key=lambda item: (item[0] != Outcome.SENT, -item[1], item[0]))
    return [
        Bar(code, in_words(code), count, max(1, round(100 * count / longest)), good=code == Outcome.SENT)
        for code, count in ordered
    ]


def in_words(code: str) -> str:
    """A reason as a colleague would say it; an outcome without a reason by its own word."""
    return str(Outcome(code).label) if code in Outcome.values else reasons.blocked(code)
