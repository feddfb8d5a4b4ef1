from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.catalog import record_products
from products.facts import ProductFact, StockFact
from products.offers import Place, Search, load_candidates, load_catalog
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
    found = load_catalog([by_id, by_sku, Place(merchant.pk, store.pk, "nothing")])
    assert set(found) == {by_id, by_sku}
    assert (found[by_sku].key, found[by_sku].in_stock, found[by_sku].quantity) == ("p1", True, 4)


def test_an_id_wins_over_the_sku_of_another_product(shop):
    merchant, store, record = shop
    record("first", sku="same")
    record("same", name="By id")
    place = Place(merchant.pk, store.pk, "same")
    assert load_catalog([place])[place].name == "By id"


def test_stock_nobody_told_is_unknown_also_where_the_store_is(shop):
    merchant, store, record = shop
    record("told", quantity=1)
    record("untold", quantity=None)
    places = [Place(merchant.pk, store.pk, "untold"), Place(merchant.pk, None, "told")]
    assert [load_catalog(places)[place].in_stock for place in places] == [None, None]


def test_candidates_are_buyable_in_the_band_and_nearest_first(shop):
    merchant, store, record = shop
    record("near", price=Decimal("10.50"))
    record("far", price=Decimal("8"))
    record("out", quantity=0)
    record("untold", quantity=None)
    record("secret", hidden=True)
    record("dear", price=Decimal(20))
    record("coffee", category="coffee")
    record("mine", sku="in-cart")
    low, high, around = Decimal("7.5"), Decimal("12.5"), Decimal(10)
    searches = [
        Search(merchant.pk, store.pk, "tea", low, high, around, 5, frozenset({"in-cart"})),
        Search(merchant.pk, store.pk, "coffee", low, high, around, 5),
        Search(factories.merchant().pk, store.pk, "tea", low, high, around, 5),
        Search(merchant.pk, store.pk, "tea", low, high, around, 1, frozenset({"mine"})),
    ]
    assert [[offer.key for offer in found] for found in load_candidates(searches)] == [
        ["near", "far"],
        ["coffee"],
        [],
        ["near"],
    ]
    assert load_candidates(searches)[0][0].in_stock is True


def test_queries_do_not_grow_with_the_batch(shop):
    merchant, store, record = shop
    for number in range(20):
        record(f"p{number}")

    def queries(count: int) -> int:
        places = [Place(merchant.pk, store.pk, f"p{n}") for n in range(count)]
        band = Decimal(5), Decimal(15), Decimal(10)
        with CaptureQueriesContext(connection) as captured:
            load_catalog(places)
            load_candidates([Search(merchant.pk, store.pk, "tea", *band, limit=3) for _ in places])
        return len(captured)

    assert queries(10) == queries(200) == 3
