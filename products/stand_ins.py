"""What would stand in for a product at each store if it sold out there now: the very choice that a message makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Store
from aiq.lib.money import money
from products.alternatives import Alternative, Gap, choose
from products.candidates import Search, load_candidates
from products.models import Product

DEEP = 3
STORES = 12


@dataclass(frozen=True, slots=True)
class StandIn:
    """A product that may stand in, with its page's code and the reason in words."""

    code: str
    name: str
    image: str
    price: str
    why: str


@dataclass(frozen=True, slots=True)
class AtStore:
    """The first is what a shopper would see; the others follow where that one is in the cart or gone too."""

    store: str
    found: tuple[StandIn, ...]


def stand_ins_of(product: Product, now: datetime) -> list[AtStore]:
    """For each store of the merchant (the first twelve by name), in three queries."""
    stores = list(Store.objects.filter(merchant_id=product.merchant_id).order_by("name")[:STORES])
    gap = Gap(product.category, product.price, product.currency, product.group, product.key)
    names = frozenset(filter(None, (product.key, product.sku)))
    candidates = load_candidates([Search(product.merchant_id, one.pk, gap, DEEP, names) for one in stores], now)
    chosen = [choose([gap] * DEEP, [found] * DEEP, names) for found in candidates]
    codes = _codes(product, [one for of_store in chosen for one in of_store if one])
    return [
        AtStore(store.name, tuple(_stand_in(one, codes) for one in of_store if one))
        for store, of_store in zip(stores, chosen, strict=True)
    ]


def _codes(product: Product, chosen: Sequence[Alternative]) -> dict[str, str]:
    keys = {one.offer.key for one in chosen}
    rows = Product.objects.filter(merchant_id=product.merchant_id, key__in=keys)
    return {key: str(code) for key, code in rows.values_list("key", "code")}


def _stand_in(one: Alternative, codes: dict[str, str]) -> StandIn:
    offer = one.offer
    return StandIn(codes[offer.key], offer.name or offer.key, offer.image, money(offer.price, offer.currency), one.why)
