"""How long the codes of discounts last at the present rate, and when to warn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiq.lib import prepared
from campaigns.models import Discount

SOON_DAYS = 7
FEW = 10  # less than one in so many is few
COUNTED = 100_000
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pool:
    """The codes of one discount: how many are left, how many it ever had given, and how many in the last day and week. Nothing is
    counted beyond `COUNTED`."""

    left: int = 0
    given: int = 0
    last_day: int = 0
    last_week: int = 0

    @property
    def days(self) -> float | None:
        """For how many days they last at the rate of the last day or week, whichever is higher; None: none is given at present."""
        rate = max(self.last_day, self.last_week / WEEK.days)
        return self.left / rate if rate else None

    @property
    def dry(self) -> bool:
        return self.left == 0

    @property
    def low(self) -> bool:
        soon = self.days is not None and self.days < SOON_DAYS
        return self.dry or soon or self.left * FEW < self.left + self.given

    @property
    def words(self) -> str:
        """How it stands, in a sentence for staff."""
        if self.dry:
            return "It has no code left."
        left = f"More than {COUNTED:,} codes are left" if self.left > COUNTED else f"{_counted(self.left, 'code')} left"
        if self.days is None:
            return f"{left}; none is given at present."
        if self.days >= 365:
            return f"{left}, enough for more than a year at the present rate."
        return f"{left}. At the present rate they last {_about(self.days)}."


def _about(days: float) -> str:
    return "less than a day" if days < 1 else f"about {_counted(round(days), 'more day')}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_POOLS = """
SELECT d.id,
    (SELECT count(*) FROM (SELECT 1 FROM campaigns_discountcode c WHERE c.discount_id = d.id AND NOT c.given LIMIT %s) f),
    (SELECT count(*) FROM (SELECT 1 FROM campaigns_givendiscount g WHERE g.discount_id = d.id LIMIT %s) f),
    (SELECT count(*) FROM campaigns_givendiscount g WHERE g.discount_id = d.id AND g.given_at > %s),
    (SELECT count(*) FROM campaigns_givendiscount g WHERE g.discount_id = d.id AND g.given_at > %s)
FROM unnest(%s::bigint[]) AS d(id)
"""


def pools(discounts: Iterable[Discount], now: datetime) -> dict[int, Pool]:
    """By discount, for those with codes of their own; one query."""
    ids = [discount.pk for discount in discounts if not discount.code_shared]
    if not ids:
        return {}
    with prepared.cursor() as cursor:
        cursor.execute(_POOLS, [COUNTED + 1, COUNTED + 1, now - DAY, now - WEEK, ids])
        return {row[0]: Pool(*row[1:]) for row in cursor.fetchall()}
