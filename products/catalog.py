"""The only writer of the catalogue: products and their stock, many at once, in a number of statements that never grows.

Facts are snapshots: the newest `updated_at` wins, whatever the order of arrival. A field that a fact leaves out keeps
what is known, so that "sold out" can be told without telling the name again. Rows are written in the order of their
keys, so that two writers of one catalogue wait for each other instead of deadlocking. Each price that differs from the
one before it is kept in the history, with the time it was told for. What staff called back stays so: no fact speaks of it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q

from accounts.models import Store
from aiq.lib.problems import FieldError
from products.facts import PUSHED, ProductFact, StockFact, Told
from products.models import Product, Stock
from products.upserts import UPSERT_PRODUCTS, UPSERT_STOCK

PRICE_LIMIT = Decimal(10) ** 12
QUANTITY_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one fact. `status` is ok, ignored or error; `code` the product's public id; `errors` say why."""

    status: str
    code: str = ""
    errors: tuple[FieldError, ...] = ()


def _not_written(status: str, pointer: str, code: str, detail: str) -> Outcome:
    return Outcome(status, errors=(FieldError(pointer, code, detail),))


OLDER = _not_written("ignored", "/updatedAt", "older", "A newer state of this product is known.")
REPEATED = _not_written("ignored", "/id", "repeated", "This list holds another state of the same product.")
TOO_DEAR = _not_written("error", "/price", "too_large", "A price has at most twelve digits before the point.")
UNKNOWN = _not_written("ignored", "/id", "unknown_product", "No product is known by this id.")
STOCK_OLDER = _not_written("ignored", "/stock", "older", "A newer figure for this store is known.")
NO_STORE = _not_written("ignored", "/stock/store", "no_store", "It was not said which store has it.")
NO_FIGURE = _not_written("ignored", "/stock", "no_figure", "Neither a quantity nor yes or no was told.")


class _Named(NamedTuple):
    id: int
    code: str


class _StockRow(NamedTuple):
    product: _Named
    store_id: int
    location: str
    quantity: int | None
    in_stock: bool
    as_of: datetime

    @property
    def place(self) -> tuple[int, int, str]:
        return self.product.id, self.store_id, self.location


def record_products(
    merchant_id: int,
    facts: Sequence[ProductFact],
    *,
    default_store_id: int | None,
    now: datetime,
    told_by: Told = PUSHED,
) -> list[Outcome]:
    """Write products and the stock told with them; one outcome per fact, in their order."""
    dated = [replace(fact, updated_at=fact.updated_at or now) for fact in facts]
    newest = {fact.key: fact for fact in sorted(dated, key=_updated) if not _too_dear(fact)}
    codes = _upsert_products(merchant_id, newest.values())
    told = [
        replace(stock, product_key=fact.key, as_of=stock.as_of or fact.updated_at)
        for fact in newest.values()
        for stock in fact.stock
    ]
    record_stock(merchant_id, told, default_store_id=default_store_id, now=now, told_by=told_by)
    return [_product_outcome(fact, newest, codes) for fact in dated]


def record_stock(
    merchant_id: int,
    facts: Sequence[StockFact],
    *,
    default_store_id: int | None,
    now: datetime,
    told_by: Told = PUSHED,
) -> list[Outcome]:
    """Write how much stores have of known products; one outcome per fact, in their order.

    A quantity of nought or less is sold out. A store that is not known yet is created under the id it was given.
    """
    if not facts:
        return []
    products = _products_named(merchant_id, facts)
    stores: dict[str, int | None] = {"": default_store_id, **_stores_named(merchant_id, {fact.store for fact in facts})}
    rows = [_stock_row(fact, products, stores[fact.store], now) for fact in facts]
    newest = {row.place: row for row in sorted((r for r in rows if isinstance(r, _StockRow)), key=lambda r: r.as_of)}
    written = _upsert_stock(newest.values(), told_by)
    return [row if isinstance(row, Outcome) else _stock_outcome(row, newest, written) for row in rows]


def sell_out_absent(
    feed_import_id: int, since: datetime, valid_until: datetime | None, *, but: Collection[str]
) -> int | None:
    """A full feed no longer holds what it told before `since` and not after: that is sold out. How many products that is
    news for, or None where it would be more than half of those in stock: then it is the feed that is broken, and nothing
    changes.

    `but` are the keys that the feed held and said nothing readable about.
    """
    told = Stock.objects.filter(feed_import_id=feed_import_id)
    absent = told.filter(as_of__lt=since).exclude(product__key__in=but)
    gone = absent.filter(in_stock=True).aggregate(count=Count("product", distinct=True))["count"]
    if gone * 2 > told.filter(in_stock=True).aggregate(count=Count("product", distinct=True))["count"]:
        return None
    absent.update(in_stock=False, quantity=0, as_of=since, valid_until=valid_until)
    return int(gone)


def confirm_stock(feed_import_id: int, as_of: datetime, valid_until: datetime | None) -> None:
    """The source of an import says that nothing is new: what it told last is true now too."""
    told = Stock.objects.filter(feed_import_id=feed_import_id, as_of__lte=as_of)
    told.update(as_of=as_of, valid_until=valid_until)


def _updated(fact: ProductFact) -> float:
    return fact.updated_at.timestamp() if fact.updated_at else 0.0


def _too_dear(fact: ProductFact) -> bool:
    return any(price is not None and price >= PRICE_LIMIT for price in (fact.price, fact.compare_at_price))


def _product_outcome(fact: ProductFact, newest: dict[str, ProductFact], codes: dict[str, str]) -> Outcome:
    if _too_dear(fact):
        return TOO_DEAR
    if newest[fact.key] is not fact:
        return REPEATED
    return Outcome("ok", codes[fact.key]) if fact.key in codes else OLDER


def _stock_row(
    fact: StockFact, products: dict[tuple[str, str], _Named], store_id: int | None, now: datetime
) -> _StockRow | Outcome:
    product = products.get(("key", fact.product_key)) or products.get(("ref", fact.stock_ref))
    if product is None:
        return UNKNOWN
    if store_id is None:
        return NO_STORE
    in_stock = fact.quantity > 0 if fact.quantity is not None else fact.in_stock
    if in_stock is None:
        return NO_FIGURE
    quantity = None if fact.quantity is None else max(-QUANTITY_LIMIT, min(fact.quantity, QUANTITY_LIMIT))
    return _StockRow(product, store_id, fact.location, quantity, in_stock, fact.as_of or now)


def _stock_outcome(
    row: _StockRow, newest: dict[tuple[int, int, str], _StockRow], written: set[tuple[int, int, str]]
) -> Outcome:
    if newest[row.place] is not row:
        return REPEATED
    return Outcome("ok", row.product.code) if row.place in written else STOCK_OLDER


def _upsert_products(merchant_id: int, facts: Iterable[ProductFact]) -> dict[str, str]:
    """Insert or update those that are not older than what is known; the public id of each written, by key."""
    rows = [_product_row(fact) for fact in sorted(facts, key=lambda fact: fact.key)]
    return {key: str(code) for key, code in _run(UPSERT_PRODUCTS, rows, merchant_id)}


def _upsert_stock(rows: Iterable[_StockRow], by: Told) -> set[tuple[int, int, str]]:
    told = [
        {"product_id": row.product.id} | {name: _plain(getattr(row, name)) for name in _StockRow._fields[1:]}
        for row in sorted(rows, key=lambda row: row.place)
    ]
    written = _run(UPSERT_STOCK, told, by.source, by.feed_import_id, by.valid_until)
    return {(product_id, store_id, location) for product_id, store_id, location in written}


def _run(statement: str, rows: list[dict[str, Any]], *before: Any) -> list[tuple[Any, ...]]:
    """One prepared statement, whatever the number of rows: they travel as one JSON value."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [*before, json.dumps(rows)])
        return list(cursor.fetchall())


_CAPS = {"name": 300, "brand": 120, "category": 120, "sku": 128, "group": 128, "stock_ref": 128, "currency": 3}
_URL_CAP = 2000


def _product_row(fact: ProductFact) -> dict[str, Any]:
    """Texts are cut to what the columns hold; an address that does not fit is worth nothing when cut, so it goes."""
    row = {name: getattr(fact, name)[:cap] for name, cap in _CAPS.items()}
    row |= {name: url if len(url := getattr(fact, name)) <= _URL_CAP else "" for name in ("image", "url")}
    row |= {name: _plain(getattr(fact, name)) for name in ("key", "price", "compare_at_price", "hidden", "updated_at")}
    return row | {"attributes": dict(fact.attributes)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _products_named(merchant_id: int, facts: Sequence[StockFact]) -> dict[tuple[str, str], _Named]:
    keys = {fact.product_key for fact in facts if fact.product_key}
    refs = {fact.stock_ref for fact in facts if fact.stock_ref}
    named: dict[tuple[str, str], _Named] = {}
    found = Product.objects.filter(Q(key__in=keys) | Q(stock_ref__in=refs), merchant_id=merchant_id)
    for pk, code, key, ref in found.values_list("id", "code", "key", "stock_ref"):
        named["key", key] = _Named(pk, str(code))
        if ref:
            named["ref", ref] = _Named(pk, str(code))
    return named


def _stores_named(merchant_id: int, slugs: set[str]) -> dict[str, int]:
    """Ids of stores by slug; unknown ones are created, so that they show and can be named by people."""
    slugs = slugs - {""}
    if not slugs:
        return {}
    of_merchant = Store.objects.filter(merchant_id=merchant_id, slug__in=slugs)
    known = dict(of_merchant.values_list("slug", "id"))
    if missing := sorted(slugs - known.keys()):
        new = [Store(merchant_id=merchant_id, slug=slug, name=slug[:120]) for slug in missing]
        Store.objects.bulk_create(new, ignore_conflicts=True)
        known = dict(of_merchant.values_list("slug", "id"))
    return known
