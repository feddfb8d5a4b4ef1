"""The feed *User Abandoned Items* and its companion: the cart as it is now, line by line, by today's prices and stock. Pure.

A line that can be bought is kept; where nobody told the stock it is kept too, and the choice says so. What has sold out
follows the content's policy: replaced by an alternative (`products.alternatives`) and left out where there is none, kept with
a mark, left out, or it holds the message back. What was called back is never shown, whatever the policy. Where alternatives
have a block of their own, they stand there and not in the place of what they replace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from aiq.lib.money import money
from campaigns.feeds.items import Feed, FeedCart, Item, LineChoice
from campaigns.feeds.kinds import ALTERNATIVES
from campaigns.models.campaigns import SoldOut
from products.alternatives import Alternative, Candidate, Gap, choose
from products.models import StockSource
from products.offers import Offer

NAMELESS = "An item in your cart"
SOLD_OUT = "Sold out"
_TOLD: Mapping[str, str] = {StockSource.PUSHED: "told by the store", StockSource.IMPORTED: "read from an import"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a cart beside the offer that it names.

    `names`: every id and SKU by which it is known. `refused`: the shopper wants to see it no more. `gone`: it cannot be
    bought, sold out or called back; what was refused is not looked at further.
    """

    cart: FeedCart
    told: Mapping[str, Any]
    offer: Offer | None
    names: frozenset[str]
    refused: bool
    gone: bool

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
    def recalled(self) -> bool:
        return self.offer is not None and self.offer.recalled

    @property
    def in_stock(self) -> bool | None:
        return _in_stock(self.told, self.offer)

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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a line comes to: itself as shown, what stands in for it, and the choice as it is recorded."""

    item: Item | None
    stand_in: Item | None
    choice: LineChoice


def lines_of(cart: FeedCart, offers: Mapping[str, Offer]) -> list[Line]:
    return [_line(cart, told, offers.get(str(told["key"]))) for told in cart.lines]


def _line(cart: FeedCart, told: Mapping[str, Any], offer: Offer | None) -> Line:
    known = (told["key"], told.get("sku"), *((offer.key, offer.sku) if offer else ()))
    names = frozenset(str(name) for name in known if name)
    refused = bool(cart.refused) and not names.isdisjoint(cart.refused)
    cannot = (offer is not None and offer.recalled) or _in_stock(told, offer) is False
    return Line(cart, told, offer, names, refused, cannot and not refused)


def _in_stock(told: Mapping[str, Any], offer: Offer | None) -> bool | None:
    """As the catalogue knows it, else as the cart itself told it."""
    if offer is not None and offer.in_stock is not None:
        return offer.in_stock
    in_stock = told.get("in_stock")
    return in_stock if isinstance(in_stock, bool) else None


def feed_of(cart: FeedCart, lines: Sequence[Line], candidates: Sequence[Sequence[Candidate]]) -> Feed:
    """The cart's part of a feed; `candidates` are what may stand in for each of its lines that is gone."""
    in_cart = frozenset(name for line in lines for name in line.names)
    groups = frozenset(line.offer.group for line in lines if line.offer and line.offer.group)
    if not cart.of_cart:
        return Feed(taken=in_cart, groups=groups)
    chosen = iter(choose([line.gap for line in lines if line.gone], candidates, in_cart | cart.refused))
    found = [
        _refused(line) if line.refused else _gone(line, next(chosen)) if line.gone else _kept(line) for line in lines
    ]
    stand_ins = tuple(one.stand_in for one in found if one.stand_in)
    shown = [(one.item,) if cart.apart else (one.item or one.stand_in,) for one in found]
    return Feed(
        items=tuple(item for items in shown for item in items if item),
        choices=tuple(one.choice for one in found),
        more={ALTERNATIVES: stand_ins} if cart.apart else {},
        buyable=len(stand_ins) + sum(not line.gone and not line.refused for line in lines),
        taken=in_cart | {one.choice.alternative_key for one in found if one.choice.alternative_key},
        groups=groups,
    )


def _refused(line: Line) -> _Outcome:
    return _Outcome(None, None, LineChoice(line.name, "drop", "the shopper wants to see it no more"))


def _kept(line: Line) -> _Outcome:
    now, before = line.current_price, line.price
    moved = now is not None and before is not None and now != before
    return _Outcome(
        _item(line),
        None,
        LineChoice(
            line.name,
            "keep",
            _saw(line),
            price=f"now {money(now, line.currency)} instead of {money(before, line.currency)}" if moved else "",
            rose=now is not None and before is not None and now > before,
        ),
    )


def _gone(line: Line, alternative: Alternative | None) -> _Outcome:
    policy = line.cart.policy
    choice = LineChoice(line.name, "drop", _saw(line), sold_out=True)
    if policy.sold_out_holds:
        return _Outcome(None, None, replace(choice, choice="hold"))
    kept = policy.sold_out == SoldOut.KEEP and not line.recalled
    item = replace(_item(line), note=SOLD_OUT, sold_out=True) if kept else None
    if alternative is None:
        looked = line.cart.replaces and not kept
        why = "nothing in stock may stand in for it" if looked else ""
        return _Outcome(item, None, replace(choice, choice="keep" if kept else "drop", why=why))
    found = replace(
        choice,
        choice="keep" if kept else "replace",
        alternative=alternative.offer.name or NAMELESS,
        alternative_key=alternative.offer.key,
        why=alternative.why,
    )
    return _Outcome(item, _stand_in(line, alternative), found)


def _item(line: Line) -> Item:
    now, before = line.current_price, line.price
    fell = now is not None and before is not None and now < before
    return Item(
        name=line.name,
        brand=line.text("brand"),
        price=money(now, line.currency, line.cart.locale),
        was_price=money(before, line.currency, line.cart.locale) if fell else "",
        quantity=_quantity(line),
        image=line.text("image"),
        url=line.text("url"),
        key=line.key,
    )


def _stand_in(line: Line, alternative: Alternative) -> Item:
    """What was called back is not named either."""
    offer = alternative.offer
    return Item(
        name=offer.name or NAMELESS,
        brand=offer.brand,
        price=money(offer.price, offer.currency or line.currency, line.cart.locale),
        was_price="",
        quantity=_quantity(line),
        image=offer.image,
        url=offer.url,
        note="Instead of a product that is no longer sold" if line.recalled else alternative.note(line.name),
        replaced_name="" if line.recalled else line.name,
        key=offer.key,
    )


def _saw(line: Line) -> str:
    """The stock a line was decided on, by whom it was told and when."""
    if line.recalled:
        return "called back"
    offer, in_stock = line.offer, line.in_stock
    told = f", {_TOLD.get(offer.source, 'told')} {offer.as_of:%Y-%m-%d %H:%M} UTC" if offer and offer.as_of else ""
    if in_stock is None:
        return f"stock unknown{told.replace(', ', ', last ', 1)}"
    if offer is None or offer.in_stock is None:
        return "in stock, told with the cart" if in_stock else "sold out, told with the cart"
    if not in_stock:
        return f"sold out{told}"
    return f"in stock{told}" if offer.quantity is None else f"{offer.quantity:,} in stock{told}"


def _quantity(line: Line) -> int:
    return int(line.told.get("quantity") or 1)
