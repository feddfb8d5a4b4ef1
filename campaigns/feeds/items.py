"""What feeds are made of, and what comes of them: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiq.lib.locales import FALLBACK
from campaigns.feeds.kinds import ABANDONED, ALTERNATIVES
from campaigns.models.campaigns import PriceRose, SoldOut

CART_KINDS = frozenset({ABANDONED, ALTERNATIVES})


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a line that has sold out, and of a price that rose (codes of `SoldOut` and `PriceRose`)."""

    sold_out: str = SoldOut.REPLACE.value
    price_rose: str = PriceRose.SHOW.value

    @property
    def sold_out_holds(self) -> bool:
        return self.sold_out == SoldOut.HOLD

    @property
    def rise_holds(self) -> bool:
        return self.price_rose == PriceRose.HOLD


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class FeedCart:
    """What a message's feeds are made of: whose cart, at which store, its lines as `Cart.lines` holds them, and what is to be
    shown (`shows`: how many of each kind). `locale` is the shopper's; `refused`: ids of products that the shopper wants to see no more."""

    merchant_id: int
    store_id: int | None
    currency: str
    lines: Sequence[Mapping[str, Any]]
    locale: str = FALLBACK
    shows: Mapping[str, int] = field(default_factory=lambda: {ABANDONED: 6})
    policy: Policy = DEFAULT_POLICY
    refused: frozenset[str] = frozenset()

    @property
    def of_cart(self) -> bool:
        """Whether products of the cart are shown, so that their stock matters."""
        return not CART_KINDS.isdisjoint(self.shows)

    @property
    def apart(self) -> bool:
        """Alternatives have a block of their own, rather than the place of what sold out."""
        return ALTERNATIVES in self.shows

    @property
    def replaces(self) -> bool:
        """Whether alternatives are looked for; without a store nothing is known to be in stock."""
        wanted = not self.policy.sold_out_holds and (self.apart or self.policy.sold_out == SoldOut.REPLACE)
        return wanted and self.of_cart and self.store_id is not None


@dataclass(frozen=True, slots=True)
class Item:
    """One product as templates see it. Prices are text; `was_price` only where it is cheaper now; `note` and
    `replaced_name` say what an alternative stands in for. `sold_out`: shown, but it cannot be bought. `key` is its id at the store."""

    name: str
    brand: str
    price: str
    was_price: str
    quantity: int
    image: str
    url: str
    note: str = ""
    replaced_name: str = ""
    sold_out: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class LineChoice:
    """What became of one line: `choice` is keep, replace, drop or hold; `saw` the stock it was decided on, with its age
    and source; `price` how the price moved, in words; `rose` where it went up; `sold_out`: it cannot be bought."""

    name: str
    choice: str
    saw: str
    price: str = ""
    rose: bool = False
    alternative: str = ""
    alternative_key: str = ""
    why: str = ""
    sold_out: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """What one message shows of products. `items` are those of the cart; `more` the other kinds. `buyable` counts what can be
    bought of the cart and its alternatives; None: the message shows nothing of the cart. `taken`: ids and SKUs of what is in the
    cart or stands in for it, `groups` its variant groups: no other feed shows them again."""

    items: tuple[Item, ...] = ()
    choices: tuple[LineChoice, ...] = ()
    more: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    buyable: int | None = None
    taken: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @property
    def nothing_left(self) -> bool:
        """The cart held products and none of them, nor an alternative, can be bought."""
        return bool(self.choices) and self.buyable == 0

    @property
    def as_left(self) -> bool:
        """What is shown is the cart as the shopper left it, so that its total still stands."""
        return all(one.choice == "keep" and not one.price and not one.sold_out for one in self.choices)
