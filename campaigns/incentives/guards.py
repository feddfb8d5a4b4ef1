"""Whether a message may carry its discount. Pure: facts in, one check for each guard that the discount has.

A guard that fails never stops the message: it goes without the discount. All are looked at, so that the decision
answers every question at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aiq.lib.money import money
from campaigns.decide import Check


@dataclass(frozen=True, slots=True)
class Served:
    """The discount was given to this very abandonment before: the same code is shown again while it is good."""

    given_at: datetime
    expires_at: datetime | None
    redeemed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known, now, about one message and its discount. A limit that is None is no limit.

    `currency`: that of `minimum` and of an amount off; "" where neither matters. `last_given`: when the shopper was last given any
    discount for another abandonment. `beside`: another one, still good, beside which this one may not stand.
    """

    now: datetime
    archived: bool = False
    served: Served | None = None
    currency: str = ""
    minimum: Decimal | None = None
    cart_currency: str = ""
    cart_total: Decimal | None = None
    rest_days: int | None = None
    last_given: datetime | None = None
    beside: str = ""
    stacks: bool = False
    per_campaign: int | None = None
    given: int = 0
    per_day: int | None = None
    given_today: int = 0


def checks(facts: Facts) -> tuple[Check, ...]:
    """One check for each guard that has a say. Serving again is asked only whether the code is still good for this cart."""
    rules = (_is_good, _fits_cart) if facts.served else _RULES
    return tuple(check for rule in rules for check in rule(facts))


def _is_offered(facts: Facts) -> Iterator[Check]:
    if facts.archived:
        yield Check("discount_offered", False, "archived")


def _is_good(facts: Facts) -> Iterator[Check]:
    served = facts.served
    assert served
    if served.redeemed:
        yield Check("discount_valid", False, "used already")
    elif served.expires_at:
        passed = served.expires_at > facts.now
        yield Check("discount_valid", passed, f"{'good until' if passed else 'ended'} {_time(served.expires_at)}")


def _fits_cart(facts: Facts) -> Iterator[Check]:
    if not facts.currency:
        return
    if facts.cart_currency != facts.currency:
        yield Check("discount_cart", False, f"the cart is in {facts.cart_currency}, the discount in {facts.currency}")
    elif facts.minimum is not None:
        asked = f"at least {money(facts.minimum, facts.currency)}"
        if facts.cart_total is None:
            yield Check("discount_cart", False, f"the cart's total is not known; {asked}")
        else:
            saw = f"the cart is {money(facts.cart_total, facts.currency)}, {asked}"
            yield Check("discount_cart", facts.cart_total >= facts.minimum, saw)


def _is_rested(facts: Facts) -> Iterator[Check]:
    if facts.rest_days is None:
        return
    if facts.last_given is None:
        yield Check("discount_rest", True, "none before")
        return
    passed = facts.last_given <= facts.now - timedelta(days=facts.rest_days)
    yield Check("discount_rest", passed, f"the last one {_time(facts.last_given)}, one in {facts.rest_days} days")


def _stands_alone(facts: Facts) -> Iterator[Check]:
    if facts.beside:
        yield Check("discount_stacking", False, f"still has “{facts.beside}”")
    elif not facts.stacks:
        yield Check("discount_stacking", True, "no other one that is still good")


def _is_in_budget(facts: Facts) -> Iterator[Check]:
    if facts.per_campaign is not None:
        saw = f"{facts.given:,} of {facts.per_campaign:,} given"
        yield Check("discount_budget", facts.given < facts.per_campaign, saw)


def _is_in_daily_budget(facts: Facts) -> Iterator[Check]:
    if facts.per_day is not None:
        saw = f"{facts.given_today:,} of {facts.per_day:,} given today"
        yield Check("discount_daily_budget", facts.given_today < facts.per_day, saw)


_RULES: tuple[Callable[[Facts], Iterator[Check]], ...] = (
    _is_offered,
    _fits_cart,
    _is_rested,
    _stands_alone,
    _is_in_budget,
    _is_in_daily_budget,
)


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
