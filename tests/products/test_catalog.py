from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Merchant, Store
from products.catalog import record_products, record_stock
from products.facts import ProductFact, StockFact
from products.models import PriceChange, Product, Stock
from tests import factories

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def record(merchant: Merchant, *facts: ProductFact, store: Store | None = None):
    return record_products(merchant.pk, facts, default_store_id=store.pk if store else None, now=NOW)


def tea(key: str = "tea", *, minutes: int = 0, **fields) -> ProductFact:
    return ProductFact(key, **{"name": "Sencha", "updated_at": NOW + timedelta(minutes=minutes)} | fields)


def test_a_product_is_created_and_answered_with_its_public_id():
    merchant = factories.merchant()
    [outcome] = record(merchant, tea(price=Decimal("12.50"), category="Green tea", attributes=(("organic", "yes"),)))
    product = Product.objects.get(merchant=merchant)
    assert (outcome.status, outcome.code) == ("ok", str(product.code))
    assert (product.name, product.price, product.attributes) == ("Sencha", Decimal("12.50"), {"organic": "yes"})


def test_an_older_state_is_ignored_and_says_so():
    merchant = factories.merchant()
    record(merchant, tea(name="New"))
    [outcome] = record(merchant, tea(name="Old", minutes=-1))
    assert (outcome.status, outcome.errors[0].code) == ("ignored", "older")
    assert Product.objects.get().name == "New"


def test_any_order_of_arrival_ends_in_the_same_row():
    facts = [tea(name="A", minutes=1), tea(name="C", minutes=3), tea(name="B", minutes=2)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        merchant = factories.merchant()
        for position in order:
            record(merchant, facts[position])
        assert Product.objects.get(merchant=merchant).name == "C"


def test_of_one_product_twice_in_a_list_the_newest_is_written():
    merchant = factories.merchant()
    outcomes = record(merchant, tea(name="New", minutes=5), tea(name="Old"), tea("other"))
    assert [outcome.status for outcome in outcomes] == ["ok", "ignored", "ok"]
    assert Product.objects.get(key="tea").name == "New"


def test_what_a_fact_leaves_out_keeps_what_is_known():
    merchant, store = factories.merchant(), None
    record(merchant, tea(category="Green tea", price=Decimal(9), compare_at_price=Decimal(12)))
    record(merchant, tea(name="", minutes=1), store=store)
    product = Product.objects.get()
    assert (product.name, product.category, product.compare_at_price) == ("Sencha", "Green tea", Decimal(12))
    record(merchant, tea(price=Decimal(12), minutes=2))
    assert Product.objects.get().compare_at_price is None


def test_what_staff_hid_stays_hidden_until_the_store_says_otherwise():
    merchant = factories.merchant()
    record(merchant, tea())
    Product.objects.update(hidden=True)
    record(merchant, tea(minutes=1))
    assert Product.objects.get().hidden
    record(merchant, tea(minutes=2, hidden=False))
    assert not Product.objects.get().hidden


def test_a_price_beyond_what_we_keep_is_an_error_and_its_neighbours_are_written():
    merchant = factories.merchant()
    outcomes = record(merchant, tea("dear", price=Decimal(10) ** 12), tea("fair", price=Decimal(1)))
    assert [outcome.status for outcome in outcomes] == ["error", "ok"]
    assert list(Product.objects.values_list("key", flat=True)) == ["fair"]


def test_long_texts_are_cut_and_long_addresses_dropped():
    merchant = factories.merchant()
    record(merchant, tea(name="n" * 999, url="https://x.example/" + "u" * 3000))
    product = Product.objects.get()
    assert (len(product.name), product.url) == (300, "")


def test_stock_is_kept_per_store_and_an_unknown_store_is_created():
    merchant = factories.merchant()
    north = factories.store(merchant, slug="north")
    told = (StockFact(store="north", quantity=3), StockFact(store="south", quantity=0))
    record(merchant, tea(stock=told))
    assert set(Stock.objects.values_list("store__slug", "quantity", "in_stock")) == {
        ("north", 3, True),
        ("south", 0, False),
    }
    assert Store.objects.filter(merchant=merchant).count() == 2
    assert north.stock.count() == 1


@pytest.mark.parametrize(
    ("quantity", "in_stock", "expected"), [(1, None, True), (0, None, False), (-4, None, False), (0, True, False)]
)
def test_a_quantity_decides_over_yes_or_no(quantity, in_stock, expected):
    merchant = factories.merchant()
    store = factories.store(merchant)
    record(merchant, tea(stock=(StockFact(quantity=quantity, in_stock=in_stock),)), store=store)
    assert Stock.objects.get().in_stock is expected


def test_an_older_stock_figure_is_ignored_even_if_the_product_is_not_told_again():
    merchant = factories.merchant()
    store = factories.store(merchant, slug="north")
    record(merchant, tea(stock_ref="inv-1", stock=(StockFact(quantity=5),)), store=store)
    facts = [
        StockFact(stock_ref="inv-1", store="north", quantity=9, as_of=NOW - timedelta(hours=1)),
        StockFact(product_key="tea", store="north", location="back room", quantity=2),
        StockFact(product_key="nobody", store="north", quantity=2),
        StockFact(product_key="tea", quantity=2),
        StockFact(product_key="tea", store="north"),
    ]
    outcomes = record_stock(merchant.pk, facts, default_store_id=None, now=NOW)
    codes = [outcome.errors[0].code if outcome.errors else outcome.status for outcome in outcomes]
    assert codes == ["older", "ok", "unknown_product", "no_store", "no_figure"]
    assert sorted(Stock.objects.values_list("location", "quantity")) == [("", 5), ("back room", 2)]


def test_another_merchants_product_of_the_same_key_is_left_alone():
    ours, theirs = factories.merchant(), factories.merchant()
    record(theirs, tea(name="Theirs"))
    record(ours, tea(name="Ours", minutes=1))
    assert Product.objects.get(merchant=theirs).name == "Theirs"


def history(*fields: str) -> list[tuple]:
    return list(PriceChange.objects.values_list(*(fields or ("price", "compare_at_price")), flat=len(fields) == 1))


def test_every_price_that_differs_is_kept_from_the_first_on():
    merchant = factories.merchant()
    told = [
        {"price": 9},
        {"price": 9},
        {"name": "New"},
        {"price": 8, "compare_at_price": 9},
        {"price": 9},
        {"price": 9},
    ]
    for minutes, fields in enumerate(told):
        prices = {name: Decimal(value) if name != "name" else value for name, value in fields.items()}
        record(merchant, tea(minutes=minutes, currency="USD", **prices), tea("unpriced", minutes=minutes))
    assert history() == [(9, None), (8, 9), (9, None)]
    assert history("at") == [NOW, NOW + timedelta(minutes=3), NOW + timedelta(minutes=4)]


def test_an_older_price_is_no_change():
    merchant = factories.merchant()
    record(merchant, tea(price=Decimal(9)))
    record(merchant, tea(price=Decimal(8), minutes=-1))
    assert history("price") == [9]


def test_a_product_from_before_the_history_gets_its_first_entry_when_it_is_told_again():
    merchant = factories.merchant()
    factories.product(merchant, key="tea", price=Decimal(9))
    record(merchant, tea(price=Decimal(9)))
    record(merchant, tea(price=Decimal(9), minutes=1))
    assert history("price") == [9]


def test_what_staff_called_back_stays_so_when_the_store_sends_it_again():
    merchant = factories.merchant()
    record(merchant, tea())
    Product.objects.update(recalled=True)
    record(merchant, tea(minutes=1, hidden=False, price=Decimal(3)))
    assert Product.objects.get().recalled


def test_statements_do_not_grow_with_the_batch():
    merchant = factories.merchant()
    store = factories.store(merchant)

    def statements(count: int) -> int:
        facts = [tea(f"tea-{n}", stock=(StockFact(quantity=n),)) for n in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            record(merchant, *facts, store=store)
        return len(queries)

    assert statements(10) == statements(200) <= 3
