"""What an A/B test has shown so far: each variant's recovered carts per shopper reached, and whether one is ahead for sure.

One message counts per shopper, the first of the version that is live: two carts of one person are not two opinions. A cart
is recovered where an order closed it after the message. Nobody is called a winner before each variant reached
`ENOUGH` shoppers, a week has passed (weekdays differ), and the difference holds against every other variant at once, with
an interval that allows for looking every day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, comb

from django.db import connection

from campaigns.editing.asread import Reader
from campaigns.insight.intervals import LEVEL, Counted, Interval, difference, times_more, wilson
from campaigns.models import Campaign, Content, VariantFigure

ENOUGH = 200
LONG_ENOUGH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Result:
    """One variant. `ahead`: its rate less that of variant A; None for A itself."""

    letter: str
    title: str
    share: int
    counted: Counted
    rate: Interval
    ahead: Interval | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`winner` is a letter, or empty; then `needed` shoppers more are needed if the rates stay, None: nobody can say."""

    winner: str
    leader: str
    needed: int | None
    too_early: bool


def tested(campaign: Campaign) -> list[Content]:
    """The variants that the campaign's version tests, in order; none: it tests nothing."""
    if campaign.version_id is None:
        return []
    contents = Content.objects.filter(version=campaign.version_id).defer("html").order_by("position", "variant")
    first = [content for content in contents if content.position == 1]
    return first if len({content.variant for content in first}) > 1 else []


# What is tested by versions that still run: counted anew, a large test more seldom, and one that has ended never again.
_COUNT = """
WITH running AS (
    SELECT c.id AS campaign_id, array_agg(k.id) AS contents
    FROM campaigns_campaign c JOIN campaigns_content k ON k.version_id = c.version_id AND k.position = 1
    LEFT JOIN campaigns_variantfigure f ON f.content_id = k.id
    WHERE c.status IN ('live', 'paused') OR f.content_id IS NULL GROUP BY c.id
    HAVING count(DISTINCT k.variant) > 1 AND (bool_or(f.content_id IS NULL)
        OR min(f.counted_at) + sum(f.tried) / %(a_second)s * interval '1 second' <= %(now)s)
), firsts AS (
    SELECT DISTINCT ON (r.campaign_id, d.shopper_id) d.content_id, coalesce(e.recovered_at >= d.sent_at, FALSE) AS won
    FROM running r CROSS JOIN unnest(r.contents) k (id) CROSS JOIN LATERAL (
        SELECT * FROM campaigns_delivery WHERE campaign_id = r.campaign_id AND content_id = k.id
           AND status IN ('sent', 'delivered') AND shopper_id IS NOT NULL OFFSET 0
    ) d JOIN campaigns_episode e ON e.id = d.episode_id
    ORDER BY r.campaign_id, d.shopper_id, d.sent_at, d.id
), counted AS (
    SELECT content_id, count(*) AS tried, count(*) FILTER (WHERE won) AS won FROM firsts GROUP BY content_id
)
INSERT INTO campaigns_variantfigure (content_id, tried, won, counted_at)
SELECT k.id, coalesce(c.tried, 0), coalesce(c.won, 0), %(now)s
FROM running r CROSS JOIN unnest(r.contents) k (id) LEFT JOIN counted c ON c.content_id = k.id ORDER BY k.id
ON CONFLICT (content_id) DO UPDATE SET tried = excluded.tried, won = excluded.won, counted_at = excluded.counted_at
"""
# A test of 200,000 shoppers is counted every quarter of an hour or so.
SHOPPERS_A_SECOND = 200


def count(now: datetime) -> None:
    """Count the tests that run, each shopper once, in one statement; a large test less often."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"now": now, "a_second": SHOPPERS_A_SECOND})


@dataclass(frozen=True, slots=True)
class Results:
    """As they were counted at `as_of`; None: not yet."""

    variants: tuple[Result, ...]
    as_of: datetime | None


def results(campaign: Campaign, contents: Sequence[Content]) -> Results:
    """Each variant's result as last counted, with one query."""
    rows = {row.content_id: row for row in VariantFigure.objects.filter(content__in=contents)}
    found = {pk: Counted(row.won, row.tried) for pk, row in rows.items()}
    counts = [found.get(content.pk, Counted(0, 0)) for content in contents]
    level, reader = _level(len(contents)), Reader(campaign.merchant)
    variants = tuple(
        Result(
            content.variant,
            reader.title(content),
            round(100 * content.share / (sum(one.share for one in contents) or 1)),
            counted,
            wilson(counted),
            difference(counted, counts[0], level) if at else None,
        )
        for at, (content, counted) in enumerate(zip(contents, counts, strict=True))
    )
    return Results(variants, min((row.counted_at for row in rows.values()), default=None))


def verdict(found: Sequence[Result], live_since: datetime, now: datetime) -> Verdict:
    """Who is ahead, and whether that is sure."""
    leader = max(found, key=lambda one: one.counted.rate)
    others = [one for one in found if one is not leader]
    level = _level(len(found))
    missing = sum(max(0, ENOUGH - one.counted.tried) for one in found)
    too_early = now - live_since < LONG_ENOUGH
    sure = all(difference(leader.counted, one.counted, level).low > 0 for one in others)
    if sure and not missing and not too_early:
        return Verdict(leader.letter, leader.letter, 0, too_early=False)
    return Verdict("", leader.letter, _needed(leader, others, level, missing), too_early)


def _needed(leader: Result, others: Sequence[Result], level: float, missing: int) -> int | None:
    if missing:
        return _rounded(missing)
    more = [times_more(leader.counted, one.counted, level) for one in others]
    if any(times is None for times in more):
        return None
    reached = leader.counted.tried + sum(one.counted.tried for one in others)
    return _rounded(ceil((max(times for times in more if times) - 1) * reached))


def _level(variants: int) -> float:
    """Every pair of variants is compared, and the chance to be wrong is shared among the pairs (Bonferroni)."""
    return LEVEL / comb(variants, 2)


def _rounded(count: int) -> int:
    """To two figures: more would be a promise."""
    step = 10 ** max(0, len(str(count)) - 2)
    return ceil(count / step) * step
