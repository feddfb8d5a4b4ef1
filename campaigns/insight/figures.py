"""Figures per day, rolled up so that no page counts a big table: written by `roll_up`, read for tiles and charts.

A day is a day in the merchant's zone. Everything is recomputed from stored facts, never counted up, so that a roll-up
may run again at any time. Orders that changed lately take their own day with them: refunds subtract where they belong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Merchant
from campaigns.insight import attribution
from campaigns.models import DailyFigure

COUNTS = ("abandoned", "entered", "sent", "skipped", "opened", "clicked", "recovered")

# A few days of a few merchants are few rows, which the planner cannot know: OFFSET 0 has it look them up day by day.
ROLL_UP = """
WITH days AS MATERIALIZED (
    SELECT m.id AS merchant_id, m.currency, d.day,
           d.day::timestamp AT TIME ZONE m.timezone AS starts,
           (d.day + 1)::timestamp AT TIME ZONE m.timezone AS ends
    FROM accounts_merchant m CROSS JOIN LATERAL (
        SELECT (%(now)s AT TIME ZONE m.timezone)::date - n AS day FROM (SELECT generate_series(0, %(days)s - 1) UNION SELECT %(again)s) back (n)
        UNION
        SELECT (o.placed_at AT TIME ZONE m.timezone)::date FROM campaigns_order o
        WHERE o.merchant_id = m.id AND o.delivery_id IS NOT NULL
          AND o.changed_at >= %(now)s - interval '2 days' AND o.changed_at > o.placed_at
    ) d
), counted (
    merchant_id, campaign_id, day, abandoned, entered, sent, skipped, opened, clicked, recovered, mailed, bounced, complained
) AS (
    -- What stands there now, so that a figure can also fall to nought.
    SELECT f.merchant_id, f.campaign_id, f.day, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM days JOIN campaigns_dailyfigure f USING (merchant_id, day)
  UNION ALL
    SELECT e.merchant_id, NULL, days.day, count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_episode WHERE merchant_id = days.merchant_id
           AND abandoned_at >= days.starts AND abandoned_at < days.ends AND abandoned_at <= %(now)s OFFSET 0
    ) e GROUP BY e.merchant_id, days.day
  UNION ALL
    -- Entries of what was abandoned: by silence one enters ahead of its time, and may be bought before.
    SELECT d.merchant_id, d.campaign_id, days.day,
           CASE WHEN grouping(d.campaign_id) = 0 THEN count(DISTINCT d.episode_id) ELSE 0 END,
           count(DISTINCT d.episode_id) FILTER (WHERE d.outcome = 'entered'), 0, 0, 0, 0, 0, 0, 0, 0
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_episode WHERE merchant_id = days.merchant_id
           AND abandoned_at >= days.starts AND abandoned_at < days.ends AND abandoned_at <= %(now)s OFFSET 0
    ) e JOIN campaigns_decision d ON d.episode_id = e.id AND d.kind = 'entry'
    GROUP BY GROUPING SETS ((d.merchant_id, days.day), (d.merchant_id, days.day, d.campaign_id))
  UNION ALL
    SELECT d.merchant_id, d.campaign_id, days.day, 0, 0, 0, count(DISTINCT d.delivery_id), 0, 0, 0, 0, 0, 0
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_decision WHERE merchant_id = days.merchant_id AND at >= days.starts AND at < days.ends
           AND kind = 'step' AND outcome = 'skipped' OFFSET 0
    ) d JOIN campaigns_episode e ON e.id = d.episode_id AND e.abandoned_at IS NOT NULL
    GROUP BY GROUPING SETS ((d.merchant_id, days.day), (d.merchant_id, days.day, d.campaign_id))
  UNION ALL
    SELECT d.merchant_id, d.campaign_id, days.day, 0, 0, count(*), 0, 0, 0, 0,
           count(*) FILTER (WHERE d.channel = 'email'), 0, 0
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_delivery WHERE merchant_id = days.merchant_id
           AND sent_at >= days.starts AND sent_at < days.ends AND status IN ('sent', 'delivered', 'bounced') OFFSET 0
    ) d
    GROUP BY GROUPING SETS ((d.merchant_id, days.day), (d.merchant_id, days.day, d.campaign_id))
  UNION ALL
    -- A message counts on the day it was first opened or clicked by a person, bounced, or was marked as spam; what was delivered after
    -- a bounce that passed did not bounce.
    SELECT d.merchant_id, d.campaign_id, days.day, 0, 0, 0, 0,
           count(DISTINCT d.id) FILTER (WHERE t.kind = 'opened'),
           count(DISTINCT d.id) FILTER (WHERE t.kind = 'clicked'), 0, 0,
           count(DISTINCT d.id) FILTER (WHERE t.kind = 'bounced' AND d.status = 'bounced' AND d.channel = 'email'),
           count(DISTINCT d.id) FILTER (WHERE t.kind = 'complained' AND d.channel = 'email')
    FROM (SELECT DISTINCT day FROM days) one CROSS JOIN LATERAL (
        -- The day in whatever zone, once for all merchants: there is no index of these by merchant.
        SELECT * FROM campaigns_trackingevent WHERE at >= one.day::timestamp AT TIME ZONE 'UTC' - interval '14 hours'
           AND at < one.day::timestamp AT TIME ZONE 'UTC' + interval '38 hours'
           AND kind IN ('opened', 'clicked', 'bounced', 'complained') AND NOT machine OFFSET 0
    ) t JOIN campaigns_delivery d ON d.id = t.delivery_id
    JOIN days ON days.merchant_id = d.merchant_id AND days.day = one.day AND t.at >= days.starts AND t.at < days.ends
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_trackingevent earlier WHERE earlier.delivery_id = t.delivery_id
          AND earlier.kind = t.kind AND NOT earlier.machine AND earlier.at < days.starts
    )
    GROUP BY GROUPING SETS ((d.merchant_id, days.day), (d.merchant_id, days.day, d.campaign_id))
  UNION ALL
    -- Orders, not carts: one order may win back several carts of a shopper.
    SELECT e.merchant_id, d.campaign_id, days.day, 0, 0, 0, 0, 0, 0, count(DISTINCT (c.shopper_id, e.recovered_at)),
           0, 0, 0
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_episode WHERE merchant_id = days.merchant_id
           AND recovered_at >= days.starts AND recovered_at < days.ends OFFSET 0
    ) e JOIN campaigns_cart c ON c.id = e.cart_id
    JOIN campaigns_delivery d ON d.episode_id = e.id AND d.sent_at <= e.recovered_at
    GROUP BY GROUPING SETS ((e.merchant_id, days.day), (e.merchant_id, days.day, d.campaign_id))
), earned (merchant_id, campaign_id, day, currency, amount) AS MATERIALIZED (
    SELECT o.merchant_id, d.campaign_id, days.day, coalesce(nullif(o.currency, ''), days.currency),
           sum(coalesce(o.total, 0) - o.refunded)
    FROM days CROSS JOIN LATERAL (
        SELECT * FROM campaigns_order WHERE merchant_id = days.merchant_id
           AND placed_at >= days.starts AND placed_at < days.ends OFFSET 0
    ) o JOIN campaigns_delivery d ON d.id = o.delivery_id
    GROUP BY GROUPING SETS ((o.merchant_id, days.day, 4), (o.merchant_id, days.day, 4, d.campaign_id))
), money AS (
    SELECT merchant_id, campaign_id, day, jsonb_object_agg(currency, trim_scale(amount)::text) AS money
    FROM earned WHERE amount <> 0 GROUP BY merchant_id, campaign_id, day
), rows AS (
    SELECT c.merchant_id, c.campaign_id, c.day, sum(abandoned) AS abandoned, sum(entered) AS entered, sum(sent) AS sent,
           sum(skipped) AS skipped, sum(opened) AS opened, sum(clicked) AS clicked, sum(recovered) AS recovered,
           sum(mailed) AS mailed, sum(bounced) AS bounced, sum(complained) AS complained,
           coalesce((SELECT m.money FROM money m WHERE m.merchant_id = c.merchant_id AND m.day = c.day
                     AND m.campaign_id IS NOT DISTINCT FROM c.campaign_id), '{}') AS money
    FROM counted c GROUP BY c.merchant_id, c.campaign_id, c.day
)
INSERT INTO campaigns_dailyfigure AS f
    (merchant_id, campaign_id, day, abandoned, entered, sent, skipped, opened, clicked, recovered, mailed, bounced,
     complained, money)
SELECT * FROM rows ORDER BY merchant_id, campaign_id, day
ON CONFLICT (merchant_id, campaign_id, day) DO UPDATE SET
    abandoned = excluded.abandoned, entered = excluded.entered, sent = excluded.sent, skipped = excluded.skipped,
    opened = excluded.opened, clicked = excluded.clicked, recovered = excluded.recovered,
    mailed = excluded.mailed, bounced = excluded.bounced, complained = excluded.complained, money = excluded.money
WHERE (f.abandoned, f.entered, f.sent, f.skipped, f.opened, f.clicked, f.recovered, f.mailed, f.bounced, f.complained,
       f.money) IS DISTINCT FROM
      (excluded.abandoned, excluded.entered, excluded.sent, excluded.skipped, excluded.opened, excluded.clicked,
       excluded.recovered, excluded.mailed, excluded.bounced, excluded.complained, excluded.money)
"""


def roll_up(now: datetime, days: int = 2, again: int = 0) -> int:
    """Credit orders, then recompute the last `days` days of every merchant and the one `again` days ago, in two statements; how many
    rows changed."""
    attribution.credit(now, now - timedelta(days=days + 1))
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, {"now": now, "days": days, "again": again})
        return cursor.rowcount


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of a period beside the same figure of the period before."""

    now: Decimal
    before: Decimal

    @property
    def change(self) -> int | None:
        """By how many percent it changed; None where there is nothing to compare with."""
        return round((self.now - self.before) * 100 / self.before) if self.before else None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the chart. `money` is in the merchant's own currency."""

    day: date
    abandoned: int = 0
    sent: int = 0
    recovered: int = 0
    money: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """The last days up to today: totals against the period before, one `Day` per day, oldest first.

    `money` holds a total per currency, never added up; the merchant's own stands first and is always there.
    """

    days: tuple[Day, ...]
    totals: dict[str, Total]
    money: dict[str, Total]


def last_days(merchant: Merchant, days: int, now: datetime) -> Period:
    """The figures of the last `days` days and of as many before, in one query."""
    today = now.astimezone(ZoneInfo(merchant.timezone)).date()
    first = today - timedelta(days=days - 1)
    rows = DailyFigure.objects.for_merchant(merchant).filter(
        campaign=None, day__gt=first - timedelta(days=days + 1), day__lte=today
    )
    current = {row.day: row for row in rows if row.day >= first}
    before = [row for row in rows if row.day < first]
    return Period(
        days=tuple(_day(first + timedelta(days=n), current, merchant.currency) for n in range(days)),
        totals={name: Total(_sum(current.values(), name), _sum(before, name)) for name in COUNTS},
        money=_money(merchant.currency, list(current.values()), before),
    )


def _day(day: date, rows: dict[date, DailyFigure], currency: str) -> Day:
    row = rows.get(day)
    if row is None:
        return Day(day)
    return Day(day, row.abandoned, row.sent, row.recovered, Decimal(row.money.get(currency, 0)))


def _sum(rows: Iterable[DailyFigure], name: str) -> Decimal:
    return Decimal(sum(getattr(row, name) for row in rows))


def _money(own: str, current: Sequence[DailyFigure], before: Sequence[DailyFigure]) -> dict[str, Total]:
    others = {currency for row in current for currency in row.money} - {own}
    return {c: Total(_earned(current, c), _earned(before, c)) for c in (own, *sorted(others))}


def _earned(rows: Sequence[DailyFigure], currency: str) -> Decimal:
    return sum((Decimal(row.money.get(currency, 0)) for row in rows), Decimal(0))
