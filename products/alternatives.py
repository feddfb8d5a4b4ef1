"""Which product stands in for a line that has sold out. Pure: the candidates are loaded by `products.candidates`.

Four rules, the first that finds something decides: another variant of the same product, the same category, what is bought
together with it, and the merchant's own list. Whatever the rule, an alternative is in stock at that store (unknown stock
never is), neither hidden nor called back, not in the cart, and chosen once. Its price lies within a quarter of the line's
price in the cart; only the merchant's own list may go beyond, because somebody chose it knowingly.

The rules go round the lines in turn: every line may look for its own variants before another line looks in the category,
so that no line loses its other size to a neighbour. The same facts always give the same choice.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from aiq.lib.money import money
from products.offers import Offer

BAND = Decimal("0.25")


class Rule(StrEnum):
    """Why a product may stand in, in the order in which they are tried."""

    VARIANT = "variant"
    CATEGORY = "category"
    TOGETHER = "together"
    OWN_LIST = "own_list"


WORDS = {
    Rule.VARIANT: "another variant of the same product",
    Rule.CATEGORY: "same category",
    Rule.TOGETHER: "often bought together",
    Rule.OWN_LIST: "from your own list",
}
_NOTES = {
    Rule.VARIANT: ": another variant of it",
    Rule.CATEGORY: "",
    Rule.TOGETHER: ": often bought with it",
    Rule.OWN_LIST: "",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A line that needs an alternative: its price in the cart, and what the catalogue knows of its product. `key` is empty
    where the catalogue does not know it: then only the category can help."""

    category: str
    price: Decimal | None
    currency: str = ""
    group: str = ""
    key: str = ""

    @property
    def band(self) -> tuple[Decimal, Decimal] | None:
        """Lowest and highest price an alternative may have, or None where nothing can be compared."""
        if self.price is None:
            return None
        return self.price * (1 - BAND), self.price * (1 + BAND)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer at the cart's store, and the rule by which it may stand in for one line. `rank` orders candidates of one
    rule (0 first); equal ranks go by the nearest price, then by the key."""

    offer: Offer
    rule: Rule
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Alternative:
    """The product chosen and why: the rule, and how its price differs from the line's (negative: it costs less; None: one
    of the two is not known). `currency` is the cart's where the catalogue names none."""

    offer: Offer
    rule: Rule
    difference: Decimal | None
    currency: str = ""

    @property
    def why(self) -> str:
        """For staff: "same category, $2.00 less"."""
        if self.difference is None:
            return WORDS[self.rule]
        if not self.difference:
            return f"{WORDS[self.rule]}, same price"
        word = "less" if self.difference < 0 else "more"
        return f"{WORDS[self.rule]}, {money(abs(self.difference), self.currency)} {word}"

    def note(self, replaced: str) -> str:
        """For the shopper: which product it stands in for, and how it is related to it where that says something."""
        return f"Instead of {replaced} (sold out){_NOTES[self.rule]}"


def choose(
    gaps: Sequence[Gap], candidates: Sequence[Iterable[Candidate]], in_cart: AbstractSet[str]
) -> tuple[Alternative | None, ...]:
    """One alternative or None for each gap, in their order. No product is chosen twice.

    `candidates` holds those of each gap, in the same order; `in_cart` the ids and SKUs of everything in the cart.
    """
    fitting = [
        [one for one in found if _may_be_offered(one.offer, in_cart) and _fits(one, gap)]
        for gap, found in zip(gaps, candidates, strict=True)
    ]
    chosen: dict[int, Candidate] = {}
    taken: set[str] = set()
    for rule in Rule:
        for number, gap in enumerate(gaps):
            free = [one for one in fitting[number] if one.rule is rule and one.offer.key not in taken]
            if free and number not in chosen:
                chosen[number] = min(free, key=lambda one: (one.rank, _distance(one.offer, gap), one.offer.key))
                taken.add(chosen[number].offer.key)
    return tuple(_alternative(chosen[n], gap) if n in chosen else None for n, gap in enumerate(gaps))


def _may_be_offered(offer: Offer, in_cart: AbstractSet[str]) -> bool:
    buyable = offer.in_stock is True and not offer.hidden and not offer.recalled
    return buyable and not {offer.key, offer.sku or offer.key} & in_cart


def _fits(one: Candidate, gap: Gap) -> bool:
    offer = one.offer
    if offer.key == gap.key or (offer.currency and gap.currency and offer.currency != gap.currency):
        return False
    if one.rule is Rule.OWN_LIST:
        return True
    return _is_related(one, gap) and _in_band(offer, gap)


def _is_related(one: Candidate, gap: Gap) -> bool:
    """Held here as well as where candidates are loaded, for the rules that the two products themselves can show."""
    if one.rule is Rule.VARIANT:
        return one.offer.group == gap.group != ""
    if one.rule is Rule.CATEGORY:
        return one.offer.category == gap.category != ""
    return True


def _in_band(offer: Offer, gap: Gap) -> bool:
    band = gap.band
    return band is not None and offer.price is not None and band[0] <= offer.price <= band[1]


def _distance(offer: Offer, gap: Gap) -> Decimal:
    return abs((offer.price or Decimal(0)) - (gap.price or Decimal(0)))


def _alternative(one: Candidate, gap: Gap) -> Alternative:
    known = one.offer.price is not None and gap.price is not None
    difference = (one.offer.price or Decimal(0)) - (gap.price or Decimal(0)) if known else None
    return Alternative(one.offer, one.rule, difference, one.offer.currency or gap.currency)
