"""Which product stands in for a line that has sold out. Pure: the candidates are loaded by `products.offers`.

The first simple rule: same category, within a quarter of that line's price in the cart, in stock at that store, not in
the cart, not hidden. Stock that is unknown is never offered. Closest price first, then the key, so that the same facts
always give the same choice.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from aiq.lib.money import money
from products.offers import Offer

BAND = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Gap:
    """A line that needs an alternative: its category, and its price in the cart."""

    category: str
    price: Decimal | None
    currency: str = ""

    @property
    def band(self) -> tuple[Decimal, Decimal] | None:
        """Lowest and highest price an alternative may have, or None where nothing can be compared."""
        if self.price is None or not self.category:
            return None
        return self.price * (1 - BAND), self.price * (1 + BAND)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The product chosen and why: the rule, and how its price differs from the line's (negative: it costs less)."""

    offer: Offer
    rule: str
    difference: Decimal

    @property
    def why(self) -> str:
        if not self.difference:
            return "same category, same price"
        word = "less" if self.difference < 0 else "more"
        return f"same category, {money(abs(self.difference), self.offer.currency)} {word}"


def choose(
    gaps: Sequence[Gap], candidates: Iterable[Offer], in_cart: AbstractSet[str]
) -> tuple[Alternative | None, ...]:
    """One alternative or None for each gap, in their order. No product is chosen twice.

    `candidates` are offers at the cart's store; `in_cart` holds the ids and SKUs of everything in the cart.
    """
    free = {offer.key: offer for offer in candidates if _may_be_offered(offer, in_cart)}
    chosen: list[Alternative | None] = []
    for gap in gaps:
        best = min((o for o in free.values() if _fits(o, gap)), key=lambda o: _distance(o, gap), default=None)
        chosen.append(_alternative(free.pop(best.key), gap) if best else None)
    return tuple(chosen)


def _may_be_offered(offer: Offer, in_cart: AbstractSet[str]) -> bool:
    return offer.in_stock is True and not offer.hidden and not {offer.key, offer.sku or offer.key} & in_cart


def _fits(offer: Offer, gap: Gap) -> bool:
    band = gap.band
    if band is None or offer.price is None or offer.category != gap.category:
        return False
    comparable = not (offer.currency and gap.currency) or offer.currency == gap.currency
    return comparable and band[0] <= offer.price <= band[1]


def _distance(offer: Offer, gap: Gap) -> tuple[Decimal, str]:
    return abs((offer.price or Decimal(0)) - (gap.price or Decimal(0))), offer.key


def _alternative(offer: Offer, gap: Gap) -> Alternative:
    return Alternative(offer, "same_category", (offer.price or Decimal(0)) - (gap.price or Decimal(0)))
