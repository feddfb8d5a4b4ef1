"""The feed *User Abandoned Items*: the cart as it is now, line by line, with current prices and current stock.

Each line is kept, replaced or dropped: sold out is replaced by an alternative (`products.alternatives`) and dropped
where there is none; where nobody told the stock the line is kept, and the choice says so. Only when nothing buyable
is left is there nothing to remind of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiq.lib.locales import FALLBACK
from aiq.lib.money import money
from products.alternatives import Alternative, Candidate, Gap, choose
from products.candidates import Search, load_candidates
from products.offers import Offer, Place, load_catalog

NAMELESS = "An item in your cart"


@dataclass(frozen=True, slots=True)
class FeedCart:
    """What a feed is made of: whose cart, at which store, its lines as `Cart.lines` holds them; `locale` is the shopper's."""

    merchant_id: int
    store_id: int | None
    currency: str
    lines: Sequence[Mapping[str, Any]]
    locale: str = FALLBACK


@dataclass(frozen=True, slots=True)
class Item:
    """One product as templates see it. Prices are text; `was_price` only where the price fell; `note` and
    `replaced_name` only on an alternative."""

    name: str
    brand: str
    price: str
    was_price: str
    quantity: int
    image: str
    url: str
    note: str = ""
    replaced_name: str = ""


@dataclass(frozen=True, slots=True)
class LineChoice:
    """What became of one line: `choice` is keep, replace or drop, `saw` the stock it was decided on."""

    key: str
    choice: str
    saw: str
    alternative_key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    items: tuple[Item, ...]
    choices: tuple[LineChoice, ...]

    @property
    def nothing_left(self) -> bool:
        """The cart held products and none of them, nor an alternative, can be bought."""
        return bool(self.choices) and not self.items


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a cart beside the offer that it names."""

    cart: FeedCart
    told: Mapping[str, Any]
    offer: Offer | None

    @property
    def key(self) -> str:
        return str(self.told["key"])

    @property
    def price(self) -> Decimal | None:
        """The price in the cart."""
        price = self.told.get("price")
        return None if price is None else Decimal(str(price))

    @property
    def currency(self) -> str:
        return self.cart.currency or (self.offer.currency if self.offer else "")

    @property
    def current_price(self) -> Decimal | None:
        """The catalogue's price where it is known in the cart's currency, else the cart's."""
        offer = self.offer
        if offer is None or offer.price is None or (offer.currency and offer.currency != self.currency):
            return self.price
        return offer.price

    @property
    def in_stock(self) -> bool | None:
        """As the catalogue knows it, else as the cart itself told it."""
        if self.offer is not None and self.offer.in_stock is not None:
            return self.offer.in_stock
        told = self.told.get("in_stock")
        return told if isinstance(told, bool) else None

    @property
    def saw(self) -> str:
        if self.in_stock is None:
            return "stock unknown"
        if not self.in_stock:
            return "sold out"
        quantity = self.offer.quantity if self.offer else None
        return "in stock" if quantity is None else f"{quantity:,} in stock"

    @property
    def gap(self) -> Gap:
        price = self.price if self.price is not None else self.current_price
        group, key = (self.offer.group, self.offer.key) if self.offer else ("", "")
        return Gap(self.text("category"), price, self.currency, group, key)

    @property
    def name(self) -> str:
        return self.text("name") or NAMELESS

    def text(self, field: str) -> str:
        """A field as the cart told it, else as the catalogue knows it."""
        return str(self.told.get(field) or getattr(self.offer, field, "") or "")


def abandoned_items(cart: FeedCart, offers: Mapping[str, Offer], candidates: Sequence[Sequence[Candidate]]) -> Feed:
    """The feed of one cart. Pure: `offers` are by line key, `candidates` what may stand in for each line sold out."""
    lines = [_Line(cart, told, offers.get(str(told["key"]))) for told in cart.lines]
    gone = [line for line in lines if line.in_stock is False]
    chosen = iter(choose([line.gap for line in gone], candidates, _names(lines)))
    results = [_sold_out(line, next(chosen)) if line.in_stock is False else _kept(line) for line in lines]
    return Feed(tuple(item for item, _ in results if item), tuple(choice for _, choice in results))


def load_feeds(carts: Sequence[FeedCart], now: datetime) -> list[Feed]:
    """The feeds of many carts as of `now`, in their order, in three queries at most."""
    places = load_catalog((Place(cart.merchant_id, cart.store_id, key) for cart in carts for key in _keys(cart)), now)
    offers = [{key: found for key in _keys(cart) if (found := places.get(_place(cart, key)))} for cart in carts]
    searches = [_searches(cart, known) for cart, known in zip(carts, offers, strict=True)]
    results = iter(load_candidates([search for of_cart in searches for search in of_cart if search], now))
    candidates = [[next(results) if search else [] for search in of_cart] for of_cart in searches]
    return [abandoned_items(*parts) for parts in zip(carts, offers, candidates, strict=True)]


def _keys(cart: FeedCart) -> list[str]:
    return [str(told["key"]) for told in cart.lines]


def _place(cart: FeedCart, key: str) -> Place:
    return Place(cart.merchant_id, cart.store_id, key)


def _names(lines: Sequence[_Line]) -> frozenset[str]:
    """Every id and SKU by which something in the cart is known."""
    names = {name for line in lines for name in (line.key, line.told.get("sku"))}
    names |= {name for line in lines if line.offer for name in (line.offer.key, line.offer.sku)}
    return frozenset(str(name) for name in names if name)


def _searches(cart: FeedCart, offers: Mapping[str, Offer]) -> list[Search | None]:
    """One search per sold-out line; without a store nothing is known to be in stock."""
    lines = [_Line(cart, told, offers.get(str(told["key"]))) for told in cart.lines]
    gone = [line.gap for line in lines if line.in_stock is False]
    if cart.store_id is None:
        return [None] * len(gone)
    exclude = _names(lines)
    return [Search(cart.merchant_id, cart.store_id, gap, len(gone), exclude) for gap in gone]


def _kept(line: _Line) -> tuple[Item, LineChoice]:
    now, before = line.current_price, line.price
    fell = now is not None and before is not None and now < before
    item = Item(
        name=line.name,
        brand=line.text("brand"),
        price=money(now, line.currency, line.cart.locale),
        was_price=money(before, line.currency, line.cart.locale) if fell else "",
        quantity=_quantity(line),
        image=line.text("image"),
        url=line.text("url"),
    )
    return item, LineChoice(line.key, "keep", line.saw)


def _sold_out(line: _Line, alternative: Alternative | None) -> tuple[Item | None, LineChoice]:
    if alternative is None:
        return None, LineChoice(line.key, "drop", line.saw, why="nothing in stock may stand in for it")
    offer = alternative.offer
    item = Item(
        name=offer.name or NAMELESS,
        brand=offer.brand,
        price=money(offer.price, offer.currency or line.currency, line.cart.locale),
        was_price="",
        quantity=_quantity(line),
        image=offer.image,
        url=offer.url,
        note=alternative.note(line.name),
        replaced_name=line.name,
    )
    return item, LineChoice(line.key, "replace", line.saw, offer.key, alternative.why)


def _quantity(line: _Line) -> int:
    return int(line.told.get("quantity") or 1)
