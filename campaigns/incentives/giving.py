"""Gives the messages of a batch their discounts, between the decision and the rendering, in a transaction of its own.

Once per episode: whoever asks again, after a crash, on a retry or from a later step, is served the same code. Two
senders never give too much: locks, one for each shopper and for each budget with a limit, are held until what was given
is committed; and a unique code is taken by the statement that marks it as given, which skips what another sender holds.
A crash after the commit leaves the code with its episode.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from aiq.lib import bulk, prepared
from campaigns import reasons
from campaigns.context import CartLike, locale_of
from campaigns.decide import Check, Verdict
from campaigns.gather import Case
from campaigns.incentives import guards, labels, patterns, pool, showing
from campaigns.incentives.gifts import Gift, Gifts, limited, load
from campaigns.models import Discount, DiscountKind, GivenDiscount, NoCode

LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one message asks for, what its guards saw, and the gift, if they let it have one; `again`: it had it before."""

    case: Case
    discount: Discount
    checks: tuple[Check, ...]
    gift: Gift | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message's discount: what its decision says of it, and what the message shows."""

    checks: tuple[Check, ...]
    granted: Wish | None = None

    def onto(self, verdict: Verdict) -> Verdict:
        """The verdict with these checks. It waits where the message is to be held until there are codes again."""
        if not self.checks:
            return verdict
        checks = (*verdict.checks, *self.checks)
        held = next((check for check in self.checks if check.until), None)
        if held is None:
            return replace(verdict, checks=checks)
        return Verdict("wait", checks, reasons.reason_of(held.code), held.until)

    def incentive(self) -> dict[str, Any] | None:
        """What templates see as `incentive`; None: nothing."""
        wish = self.granted
        return _shown(wish.case, wish.discount, wish.gift) if wish and wish.gift else None


NOTHING = Answer(())


def give(cases: Sequence[Case], now: datetime) -> dict[int, Answer]:
    """Answers by delivery, for those whose content has a discount. A constant number of statements; none where none has."""
    wanting = [case for case in cases if case.content.discount_id]
    if not wanting:
        return {}
    discounts = Discount.objects.in_bulk({case.content.discount_id for case in wanting})
    with transaction.atomic():
        _lock(wanting, discounts)
        gifts = load(wanting, discounts, now)
        wishes = [_wish(case, discounts[case.content.discount_id or 0], gifts, now) for case in wanting]
        _fulfil(wishes, discounts)
    return {wish.case.delivery.pk: _answer(wish, now) for wish in wishes}


_LOCK = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS key FROM unnest(%s::text[]) AS name ORDER BY 1
) AS ordered
"""


def _lock(cases: Iterable[Case], discounts: Mapping[int, Discount]) -> None:
    """Always in the same order, so that two senders never wait for each other."""
    cases = list(cases)
    names = [f"discounts of shopper {case.shopper.pk}" for case in cases if case.shopper]
    names += [f"discount {discount} of {campaign}" for discount, campaign in limited(cases, discounts)]
    with prepared.cursor() as cursor:
        cursor.execute(_LOCK, [names])


def _wish(case: Case, discount: Discount, gifts: Gifts, now: datetime) -> Wish:
    known = gifts.of_episode.get((discount.pk, case.delivery.episode_id))
    checks = guards.checks(_facts(case, discount, gifts, known, now))
    if not all(check.passed for check in checks):
        return Wish(case, discount, checks, None)
    if known is None:
        gifts.give(gift := _new(case, discount, now), case.delivery.campaign_id)
        return Wish(case, discount, checks, gift)
    return Wish(case, discount, checks, known, again=True)


def _facts(case: Case, discount: Discount, gifts: Gifts, known: Gift | None, now: datetime) -> guards.Facts:
    given, today = gifts.used.get((discount.pk, case.delivery.campaign_id), (0, 0))
    merchant = case.delivery.merchant
    matters = discount.kind == DiscountKind.AMOUNT or discount.minimum_cart is not None
    return guards.Facts(
        now=now,
        archived=discount.archived_at is not None,
        served=known.served if known else None,
        currency=(discount.currency or merchant.currency) if matters else "",
        minimum=discount.minimum_cart,
        cart_currency=case.cart.currency or merchant.currency,
        cart_total=_worth(case.cart),
        rest_days=discount.rest_days,
        last_given=gifts.last_given(case),
        beside=gifts.beside(case, discount, now),
        stacks=discount.stacks,
        per_campaign=discount.per_campaign,
        given=given,
        per_day=discount.per_day,
        given_today=today,
    )


def _worth(cart: CartLike) -> Decimal | None:
    """The total that the store told, else what the products come to; None where one of them has no price."""
    if cart.total is not None or not cart.lines:
        return cart.total
    prices = [(line.get("price"), line.get("quantity") or 1) for line in cart.lines]
    if any(price is None for price, _ in prices):
        return None
    return sum((Decimal(str(price)) * quantity for price, quantity in prices), Decimal(0))


def _new(case: Case, discount: Discount, now: datetime) -> Gift:
    hours = discount.expires_after_hours
    return Gift(
        discount_id=discount.pk,
        name=discount.name,
        stacks=discount.stacks,
        episode_id=case.delivery.episode_id,
        shopper_id=case.shopper.pk if case.shopper else None,
        given_at=now,
        expires_at=now + timedelta(hours=hours) if hours else None,
    )


def _fulfil(wishes: Sequence[Wish], discounts: Mapping[int, Discount]) -> None:
    """Find the new gifts their codes, and write them down."""
    new = [(wish, wish.gift) for wish in wishes if wish.gift and not wish.again]
    codes = pool.take(Counter(gift.discount_id for _, gift in new if not discounts[gift.discount_id].code_shared))
    for _, gift in new:
        gift.token = patterns.token()
        gift.value = discounts[gift.discount_id].code_shared
        if not gift.value and codes[gift.discount_id]:
            gift.pooled_id, gift.value = codes[gift.discount_id].pop(0)
    bulk.insert(GivenDiscount, [_row(wish, gift) for wish, gift in new if gift.value], _FIELDS)


_FIELDS = (
    "discount_id", "episode_id", "shopper_id", "campaign_id", "pooled_id", "value", "token", "given_at", "expires_at",
)  # fmt: skip


def _row(wish: Wish, gift: Gift) -> dict[str, Any]:
    row = {name: getattr(gift, name) for name in _FIELDS if name != "campaign_id"}
    return row | {"campaign_id": wish.case.delivery.campaign_id}


def _answer(wish: Wish, now: datetime) -> Answer:
    gift = wish.gift
    if gift is None:
        return Answer(wish.checks)
    if not gift.value:
        hold = wish.case.content.no_code == NoCode.HOLD
        until = min(wish.case.delivery.expires_at, now + LOOK_AGAIN) if hold else None
        return Answer((*wish.checks, Check("discount_code", False, "no code is left", until)))
    discount = wish.discount
    saw = labels.gives(discount.kind, discount.value, discount.currency)
    saw += f", the code given {gift.given_at:%Y-%m-%d %H:%M UTC}" if wish.again else ""
    return Answer((*wish.checks, Check("discount_code", True, saw)), wish)


def _shown(case: Case, discount: Discount, gift: Gift) -> dict[str, Any]:
    merchant, shopper = case.delivery.merchant, case.shopper
    zone = ZoneInfo((shopper.timezone if shopper else "") or merchant.timezone)
    ends = gift.expires_at.astimezone(zone).date() if gift.expires_at else None
    url = f"{settings.PUBLIC_URL}/g/{gift.token}"
    return showing.incentive(discount, gift.value, url, ends, merchant, locale_of(merchant, shopper))
