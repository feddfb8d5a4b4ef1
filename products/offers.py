"""What can be bought where, read in bulk as plain values for decisions, mails and alternatives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from aiq.lib import prepared


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as it stands at one store. `in_stock` None: nobody has told, or what was told no longer stands (`stale`).
    `as_of` and `source` (of `StockSource`): when stock was last told, and by whom."""

    key: str
    sku: str = ""
    name: str = ""
    brand: str = ""
    category: str = ""
    price: Decimal | None = None
    compare_at_price: Decimal | None = None
    currency: str = ""
    image: str = ""
    url: str = ""
    group: str = ""
    hidden: bool = False
    recalled: bool = False
    in_stock: bool | None = None
    quantity: int | None = None
    as_of: datetime | None = None
    source: str = ""
    stale: bool = False


class Place(NamedTuple):
    """A product as a cart names it (by id, or by SKU) at a store; no store: its stock is unknown."""

    merchant_id: int
    store_id: int | None
    key: str


def load_catalog(places: Iterable[Place], now: datetime) -> dict[Place, Offer]:
    """The offer at each place as of `now`, in two queries however many there are. A place whose product is unknown is left out."""
    wanted = set(places)
    if not wanted:
        return {}
    products = _products({(place.merchant_id, place.key) for place in wanted})
    stock = _stock({row[0] for row in products.values()}, {p.store_id for p in wanted if p.store_id}, now)
    found = {}
    for place in wanted:
        if row := products.get((place.merchant_id, place.key)):
            found[place] = _offer(row[1:], stock.get((row[0], place.store_id or 0), ()))
    return found


FIELDS = (
    "key", "sku", "name", "brand", "category", "price", "compare_at_price", "currency", "image", "url", "group", "hidden",
    "recalled",
)  # fmt: skip
_COLUMNS = ", ".join(f'p."{name}"' for name in FIELDS)
_PRODUCTS = f"""
WITH w AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS w(merchant_id bigint, named text))
SELECT 1, w.merchant_id, w.named, p.id, {_COLUMNS}
FROM w JOIN products_product p ON p.merchant_id = w.merchant_id AND p.sku = w.named WHERE p.sku <> ''
UNION ALL
SELECT 2, w.merchant_id, w.named, p.id, {_COLUMNS}
FROM w JOIN products_product p ON p.merchant_id = w.merchant_id AND p.key = w.named
ORDER BY 1, 4 DESC
"""  # noqa: S608


def _products(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Sequence[Any]]:
    """Id and fields of products by (merchant, id or SKU); an id wins over the SKU of another product, of two with one SKU the older."""
    names = [{"merchant_id": merchant, "named": name} for merchant, name in wanted]
    with prepared.cursor() as cursor:
        cursor.execute(_PRODUCTS, [msgspec.json.encode(names).decode()])
        return {(merchant, name): row for _, merchant, name, *row in cursor.fetchall()}


class _Told(NamedTuple):
    """A figure of one location. `as_of` in seconds: most are never shown, and a time is dear to read."""

    quantity: int | None
    in_stock: bool
    source: str
    as_of: float
    stands: bool


_STOCK = """
SELECT product_id, store_id, quantity, in_stock, source, extract(epoch FROM as_of)::float8, valid_until IS NULL OR valid_until > %s
FROM products_stock WHERE product_id = ANY(%s) AND store_id = ANY(%s)
"""


def _stock(product_ids: set[int], store_ids: set[int], now: datetime) -> dict[tuple[int, int], list[_Told]]:
    found: dict[tuple[int, int], list[_Told]] = {}
    with prepared.cursor() as cursor:
        cursor.execute(_STOCK, [now, list(product_ids), list(store_ids)])
        for product_id, store_id, *told in cursor.fetchall():
            found.setdefault((product_id, store_id), []).append(_Told(*told))
    return found


def _offer(fields: Sequence[Any], stock: Sequence[_Told]) -> Offer:
    """Several locations of one store add up: in stock where one of them has it, sold out where none of them has, unknown
    where none has it and one no longer says."""
    current = [one for one in stock if one.stands]
    quantities = [one.quantity for one in current if one.quantity is not None]
    newest = max(current or stock, key=lambda one: one.as_of, default=None)
    stale = len(current) < len(stock)
    in_stock = any(one.in_stock for one in current) or (False if current and not stale else None)
    as_of = datetime.fromtimestamp(newest.as_of, UTC) if newest else None
    told = in_stock, sum(quantities) if quantities else None, as_of, newest.source if newest else "", stale
    return Offer(*(*fields, *told))
