"""What was given to the shoppers of a batch before, and how much of each budget is used. Loaded under the locks that
`campaigns.incentives.giving` takes; grows while the batch is gone through, so that its messages see each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from aiq.lib import bulk, prepared
from campaigns.gather import Case
from campaigns.incentives.guards import Served
from campaigns.models import Discount


@dataclass(slots=True)
class Gift:
    """A discount given to one abandonment. `value` is empty until a new one has its code, and stays so where there is none."""

    discount_id: int
    name: str
    stacks: bool
    episode_id: int
    shopper_id: int | None
    given_at: datetime
    expires_at: datetime | None
    value: str = ""
    token: str = ""
    redeemed: bool = False
    pooled_id: int | None = None

    def still_good(self, now: datetime) -> bool:
        return not self.redeemed and (self.expires_at is None or self.expires_at > now)

    @property
    def served(self) -> Served:
        return Served(self.given_at, self.expires_at, self.redeemed)


@dataclass(slots=True)
class Gifts:
    """`used` counts what each campaign gave of each discount: in all, and today."""

    used: dict[tuple[int, int], list[int]]
    of_episode: dict[tuple[int, int], Gift] = field(default_factory=dict)
    of_shopper: dict[int, list[Gift]] = field(default_factory=lambda: defaultdict(list))

    def add(self, gift: Gift) -> None:
        self.of_episode[gift.discount_id, gift.episode_id] = gift
        if gift.shopper_id:
            self.of_shopper[gift.shopper_id].append(gift)

    def give(self, gift: Gift, campaign_id: int) -> None:
        """A new one: the budget has one less."""
        self.add(gift)
        if used := self.used.get((gift.discount_id, campaign_id)):
            used[:] = [count + 1 for count in used]

    def last_given(self, case: Case) -> datetime | None:
        """When the shopper was last given anything for another abandonment."""
        return max((g.given_at for g in self._theirs(case) if g.episode_id != case.delivery.episode_id), default=None)

    def beside(self, case: Case, discount: Discount, now: datetime) -> str:
        """The name of another discount, still good, beside which this one may not stand."""
        others = (gift for gift in self._theirs(case) if gift.discount_id != discount.pk and gift.still_good(now))
        return next((gift.name for gift in others if not (gift.stacks and discount.stacks)), "")

    def _theirs(self, case: Case) -> Sequence[Gift]:
        return self.of_shopper.get(case.shopper.pk, ()) if case.shopper else ()


_GIVEN = """
SELECT g.discount_id, d.name, d.stacks, g.episode_id, g.shopper_id, g.given_at, g.expires_at, g.value, g.token,
    g.redeemed_at IS NOT NULL
FROM campaigns_givendiscount g JOIN campaigns_discount d ON d.id = g.discount_id
WHERE g.shopper_id = ANY(%s) OR g.episode_id = ANY(%s) ORDER BY g.id
"""
_USED = """
SELECT v.discount_id, v.campaign_id,
    (SELECT count(*) FROM campaigns_givendiscount g
     WHERE g.campaign_id = v.campaign_id AND g.discount_id = v.discount_id),
    (SELECT count(*) FROM campaigns_givendiscount g
     WHERE g.campaign_id = v.campaign_id AND g.discount_id = v.discount_id AND g.given_at >= v.since)
FROM jsonb_to_recordset(%s::jsonb) AS v(discount_id bigint, campaign_id bigint, since timestamptz)
"""


def load(cases: Sequence[Case], discounts: Mapping[int, Discount], now: datetime) -> Gifts:
    gifts = Gifts(_used(limited(cases, discounts), now))
    shoppers = list({case.shopper.pk for case in cases if case.shopper})
    with prepared.cursor() as cursor:
        cursor.execute(_GIVEN, [shoppers, list({case.delivery.episode_id for case in cases})])
        for row in cursor.fetchall():
            gifts.add(Gift(*row))
    return gifts


def limited(cases: Iterable[Case], discounts: Mapping[int, Discount]) -> dict[tuple[int, int], Case]:
    """A case for each discount and campaign whose budget has a limit."""
    return {
        (discount.pk, case.delivery.campaign_id): case
        for case in cases
        if (discount := discounts[case.content.discount_id or 0])
        and (discount.per_campaign is not None or discount.per_day is not None)
    }


def _used(pairs: Mapping[tuple[int, int], Case], now: datetime) -> dict[tuple[int, int], list[int]]:
    if not pairs:
        return {}
    rows: list[dict[str, Any]] = [
        {"discount_id": discount, "campaign_id": campaign, "since": _midnight(case.delivery.merchant.timezone, now)}
        for (discount, campaign), case in pairs.items()
    ]
    with prepared.cursor() as cursor:
        cursor.execute(_USED, [bulk.as_json(rows)])
        return {(discount, campaign): [in_all, today] for discount, campaign, in_all, today in cursor.fetchall()}


def _midnight(timezone: str, now: datetime) -> datetime:
    """When the merchant's day began."""
    zone = ZoneInfo(timezone)
    return datetime.combine(now.astimezone(zone).date(), time.min, zone)
