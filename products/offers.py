"""What can be bought where, read in bulk as plain values for decisions, mails and alternatives."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from products.models import Product, Stock


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as it stands at one store. `in_stock` None: nobody has told. `as_of`: when stock was last told."""

    key: str
    sku: str = ""
    name: str = ""
    brand: str = ""
    category: str = ""
    price: Decimal | None = None
    currency: str = ""
    image: str = ""
    url: str = ""
    group: str = ""
    hidden: bool = False
    in_stock: bool | None = None
    quantity: int | None = None
    as_of: datetime | None = None


class Place(NamedTuple):
    """A product as a cart names it (by id, or by SKU) at a store; no store: its stock is unknown."""

    merchant_id: int
    store_id: int | None
    key: str


@dataclass(frozen=True, slots=True)
class Search:
    """Candidates for lines of one cart: a category and a price band at a store. `limit`: how many lines are replaced,
    which is all that a choice without repetition can use. Prices are inclusive, `around` is the line's own."""

    merchant_id: int
    store_id: int
    category: str
    low: Decimal
    high: Decimal
    around: Decimal
    limit: int
    exclude: frozenset[str] = frozenset()


def load_catalog(places: Iterable[Place]) -> dict[Place, Offer]:
    """The offer at each place, in two queries however many there are. A place whose product is unknown is left out."""
    wanted = set(places)
    if not wanted:
        return {}
    products = _products(wanted)
    stock = _stock({row["id"] for row in products.values()}, {p.store_id for p in wanted if p.store_id})
    found = {}
    for place in wanted:
        if row := products.get((place.merchant_id, place.key)):
            found[place] = _offer(row, stock.get((row["id"], place.store_id or 0), ()))
    return found


def load_candidates(searches: Sequence[Search]) -> list[list[Offer]]:
    """For each search the closest buyable products, nearest price first; one query for all of them."""
    found: list[list[Offer]] = [[] for _ in searches]
    if not searches:
        return found
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [json.dumps([_as_row(n, search) for n, search in enumerate(searches)])])
        for number, *values in cursor.fetchall():
            found[number].append(Offer(*values))
    return found


_FIELDS = ("key", "sku", "name", "brand", "category", "price", "currency", "image", "url", "group", "hidden")

CANDIDATES = """
SELECT s.number, c.*
FROM jsonb_to_recordset(%s::jsonb) AS s(number int, merchant_id bigint, store_id bigint, category text,
     low numeric, high numeric, around numeric, most int, exclude jsonb)
CROSS JOIN LATERAL (
    SELECT p.key, p.sku, p.name, p.brand, p.category, p.price, p.currency, p.image, p.url, p."group", p.hidden,
           true, k.quantity, k.as_of
    FROM products_product p
    JOIN LATERAL (
        SELECT bool_or(t.in_stock) AS in_stock, sum(t.quantity)::int AS quantity, max(t.as_of) AS as_of
        FROM products_stock t WHERE t.product_id = p.id AND t.store_id = s.store_id
    ) k ON k.in_stock
    WHERE p.merchant_id = s.merchant_id AND p.category = s.category AND p.price BETWEEN s.low AND s.high
      AND NOT p.hidden AND NOT s.exclude ? p.key AND NOT (p.sku <> '' AND s.exclude ? p.sku)
    ORDER BY abs(p.price - s.around), p.key COLLATE "C"
    LIMIT s.most
) c
ORDER BY s.number, abs(c.price - s.around), c.key COLLATE "C"
"""


def _as_row(number: int, search: Search) -> dict[str, Any]:
    return {
        "number": number,
        "merchant_id": search.merchant_id,
        "store_id": search.store_id,
        "category": search.category,
        "low": str(search.low),
        "high": str(search.high),
        "around": str(search.around),
        "most": search.limit,
        "exclude": sorted(search.exclude),
    }


def _products(wanted: set[Place]) -> dict[tuple[int, str], dict[str, Any]]:
    """Products by (merchant, id or SKU); an id wins over the SKU of another product."""
    keys = sorted({place.key for place in wanted})
    rows = Product.objects.filter(
        Q(key__in=keys) | Q(sku__in=keys) & ~Q(sku=""), merchant_id__in={place.merchant_id for place in wanted}
    ).values("id", "merchant_id", *_FIELDS)
    by_name: dict[tuple[int, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        if row["sku"]:
            by_name.setdefault((row["merchant_id"], row["sku"]), row)
    return by_name | {(row["merchant_id"], row["key"]): row for row in rows}


def _stock(product_ids: set[int], store_ids: set[int]) -> dict[tuple[int, int], list[dict[str, Any]]]:
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    rows = Stock.objects.filter(product_id__in=product_ids, store_id__in=store_ids)
    for row in rows.values("product_id", "store_id", "quantity", "in_stock", "as_of"):
        found.setdefault((row["product_id"], row["store_id"]), []).append({**row})
    return found


def _offer(row: dict[str, Any], stock: Sequence[dict[str, Any]]) -> Offer:
    """Several locations of one store add up: in stock where one of them has it."""
    quantities = [one["quantity"] for one in stock if one["quantity"] is not None]
    return Offer(
        **{name: row[name] for name in _FIELDS},
        in_stock=any(one["in_stock"] for one in stock) if stock else None,
        quantity=sum(quantities) if quantities else None,
        as_of=max((one["as_of"] for one in stock), default=None),
    )
