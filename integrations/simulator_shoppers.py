"""Who comes to the sample shop and what they will do: pure, and the same for the same seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.simulator_catalog import SampleProduct, occasions

_FIRST = (
    "Avery Robin Jordan Casey Riley Morgan Quinn Rowan Skyler Emerson Harper Finley Sasha Noel Marlow Ines Hugo Lena "
    "Mateo Priya Kenji Amara Luca Freya Omar Nadia Tomas Wren Ezra Maya Felix Ada Jonas Clara Idris Vera Theo Mina Elio "
    "Zoe"
).split()
_LAST = (
    "Lane Brooks Ellis Hayes Marsh Reed Stone Vance Wells York Abbott Bright Calder Dunn Frost Grady Hollis Keane "
    "Larkin Monroe Nash Okafor Patel Quist Rivera Sato Tanaka Ueda Weiss Novak Moreau Rossi Silva Haddad Kaur Berg "
    "Lindqvist Osei Petrov Duarte"
).split()
_OCCASIONS = occasions()
# What happens after the cart is left, and how often out of a hundred.
STORIES = {
    "buys_after": 34,
    "ignores": 22,
    "buys_before": 14,
    "looks": 10,
    "never_asked": 7,
    "sells_out": 7,
    "unsubscribes": 6,
}


@dataclass(frozen=True, slots=True)
class Person:
    """`family` tells people of the same name apart."""

    first_name: str
    last_name: str
    family: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}{self.family or ''}@example.com".lower()


@dataclass(frozen=True, slots=True)
class Picked:
    product: SampleProduct
    quantity: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One shopper's visit: who, at which store, with which products, and how it will go on."""

    number: int
    person: Person
    store: str
    cart: tuple[Picked, ...]
    story: str

    @property
    def total(self) -> Decimal:
        return sum((one.product.price * one.quantity for one in self.cart), Decimal(0))

    @property
    def items(self) -> int:
        return sum(one.quantity for one in self.cart)


def visit(seed: int, number: int, products: Sequence[SampleProduct], stores: Sequence[str]) -> Visit:
    """The visit of that number. The first one always buys after the reminder, so that there is soon something to see."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - a story, not a secret
    story = dice.choices(list(STORIES), weights=list(STORIES.values()))[0]
    return Visit(
        number=number,
        # New people come in time, so that a shop that runs for days does not end with everybody unsubscribed.
        person=Person(dice.choice(_FIRST), dice.choice(_LAST), family=number // 500),
        store=dice.choice(stores),
        cart=_cart(dice, products),
        story="buys_after" if number == 0 else story,
    )


def _cart(dice: random.Random, products: Sequence[SampleProduct]) -> tuple[Picked, ...]:
    count = dice.choices([1, 2, 3, 4], weights=[36, 36, 20, 8])[0]
    picked = [*_for_an_occasion(dice, products), *dice.sample(products, count)][:count]
    return tuple(
        Picked(product, dice.choices([1, 2, 3], weights=[80, 16, 4])[0])
        for product in {one.group: one for one in reversed(picked)}.values()
    )


def _for_an_occasion(dice: random.Random, products: Sequence[SampleProduct]) -> list[SampleProduct]:
    """What two of three shoppers came for, in no order; the smallest size of each. The first occasions are the commonest."""
    commonness = range(len(_OCCASIONS), 0, -1)
    groups = dice.choices(_OCCASIONS, weights=commonness)[0] if dice.random() < 0.67 else frozenset()
    smallest = {one.group: one for one in reversed(products) if one.group in groups}
    return dice.sample(list(smallest.values()), len(smallest))
