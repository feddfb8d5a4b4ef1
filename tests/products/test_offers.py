from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.catalog import record_products
from products.facts import ProductFact, StockFact
from products.models import Product, StockSource
from products.offers import Place, load_catalog
from tests import factories

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """A merchant with a store and a record function: products with a quantity at that store (None: not told)."""
    merchant = factories.merchant()
    store = factories.store(merchant)

    def record(key: str, quantity: int | None = 5, **fields):
        stock = (StockFact(quantity=quantity),) if quantity is not None else ()
        fact = ProductFact(key, **{"category": "tea", "price": Decimal(10), "stock": stock} | fields)
        record_products(merchant.pk, [fact], default_store_id=store.pk, now=NOW)

    return merchant, store, record


def test_a_product_is_found_by_id_and_by_sku(shop):
    merchant, store, record = shop
    record("p1", sku="SKU-1", quantity=4)
    by_id, by_sku = Place(merchant.pk, store.pk, "p1"), Place(merchant.pk, store.pk, "SKU-1")
    found = load_catalog([by_id, by_sku, Place(merchant.pk, store.pk, "nothing")], NOW)
    assert set(found) == {by_id, by_sku}
    assert (found[by_sku].key, found[by_sku].in_stock, found[by_sku].quantity) == ("p1", True, 4)


def test_an_id_wins_over_the_sku_of_another_product(shop):
    merchant, store, record = shop
    record("first", sku="same")
    record("same", name="By id")
    place = Place(merchant.pk, store.pk, "same")
    assert load_catalog([place], NOW)[place].name == "By id"


def test_stock_nobody_told_is_unknown_also_where_the_store_is(shop):
    merchant, store, record = shop
    record("told", quantity=1)
    record("untold", quantity=None)
    places = [Place(merchant.pk, store.pk, "untold"), Place(merchant.pk, None, "told")]
    assert [load_catalog(places, NOW)[place].in_stock for place in places] == [None, None]


@pytest.mark.parametrize(
    ("figures", "in_stock", "quantity", "stale"),
    [
        ([("", 0, True), ("cellar", 3, True)], True, 3, False),
        ([("", 2, True), ("cellar", 3, True)], True, 5, False),
        ([("", 0, True), ("cellar", 0, True)], False, 0, False),
        ([("", 0, False)], None, None, True),
        ([("", 4, False)], None, None, True),
        ([("", 4, True), ("cellar", 3, False)], True, 4, True),
        ([("", 0, True), ("cellar", 3, False)], None, 0, True),
    ],
)
def test_locations_add_up_and_what_no_longer_stands_is_unknown(shop, figures, in_stock, quantity, stale):
    merchant, store, record = shop
    record("tea", quantity=None)
    for place, count, stands in figures:
        until = NOW + timedelta(seconds=1 if stands else 0)
        factories.stock(
            Product.objects.get(),
            store,
            count,
            location=place,
            valid_until=until,
            source=StockSource.IMPORTED,
            as_of=NOW,
        )
    found = load_catalog([Place(merchant.pk, store.pk, "tea")], NOW)[Place(merchant.pk, store.pk, "tea")]
    assert (found.in_stock, found.quantity, found.stale) == (in_stock, quantity, stale)
    assert (found.source, found.as_of) == ("imported", NOW)


def test_queries_do_not_grow_with_the_batch(shop):
    merchant, store, record = shop
    for number in range(20):
        record(f"p{number}")

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            load_catalog([Place(merchant.pk, store.pk, f"p{n}") for n in range(count)], NOW)
        return len(captured)

    assert queries(10) == queries(200) == 2
