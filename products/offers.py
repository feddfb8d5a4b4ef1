"""What can be bought where, read in bulk as plain values for decisions, mails and alternatives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from products.models import Product, Stock


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
    products = _products(wanted)
    stock = _stock({row["id"] for row in products.values()}, {p.store_id for p in wanted if p.store_id})
    found = {}
    for place in wanted:
        if row := products.get((place.merchant_id, place.key)):
            found[place] = _offer(row, stock.get((row["id"], place.store_id or 0), ()), now)
    return found


FIELDS = (
    "key", "sku", "name", "brand", "category", "price", "compare_at_price", "currency", "image", "url", "group", "hidden",
    "recalled",
)  # fmt: skip


def _products(wanted: set[Place]) -> dict[tuple[int, str], dict[str, Any]]:
    """Products by (merchant, id or SKU); an id wins over the SKU of another product."""
    keys = sorted({place.key for place in wanted})
    rows = Product.objects.filter(
        Q(key__in=keys) | Q(sku__in=keys) & ~Q(sku=""), merchant_id__in={place.merchant_id for place in wanted}
    ).values("id", "merchant_id", *FIELDS)
    by_name: dict[tuple[int, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        if row["sku"]:
            by_name.setdefault((row["merchant_id"], row["sku"]), row)
    return by_name | {(row["merchant_id"], row["key"]): row for row in rows}


class _Told(NamedTuple):
    """A figure of one location, and until when it stands."""

    quantity: int | None
    in_stock: bool
    source: str
    as_of: datetime
    valid_until: datetime | None


def _stock(product_ids: set[int], store_ids: set[int]) -> dict[tuple[int, int], list[_Told]]:
    found: dict[tuple[int, int], list[_Told]] = {}
    rows = Stock.objects.filter(product_id__in=product_ids, store_id__in=store_ids)
    for product_id, store_id, *told in rows.values_list("product_id", "store_id", *_Told._fields):
        found.setdefault((product_id, store_id), []).append(_Told(*told))
    return found


def _offer(row: dict[str, Any], stock: Sequence[_Told], now: datetime) -> Offer:
    """Several locations of one store add up: in stock where one of them has it, sold out where none of them has, unknown
    where none has it and one no longer says."""
    current = [one for one in stock if one.valid_until is None or one.valid_until > now]
    quantities = [one.quantity for one in current if one.quantity is not None]
    newest = max(current or stock, key=lambda one: one.as_of, default=None)
    stale = len(current) < len(stock)
    return Offer(
        **{name: row[name] for name in FIELDS},
        in_stock=any(one.in_stock for one in current) or (False if current and not stale else None),
        quantity=sum(quantities) if quantities else None,
        as_of=newest.as_of if newest else None,
        source=newest.source if newest else "",
        stale=stale,
    )
