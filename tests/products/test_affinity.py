"""What is read of what sells: buyable, not in the cart, in an order that never changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.affinity import Basket, best_sellers, together
from products.models import ProductPair, ProductSales, SalesMark
from tests import factories

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Shop:
    """A merchant of a thousand orders with one store; `sells` puts a product there, `pair` says what goes together."""

    def __init__(self) -> None:
        self.merchant = factories.merchant()
        self.store = factories.store(self.merchant)
        SalesMark.objects.create(merchant=self.merchant, recent=1000)
        self.products = {}

    def sells(self, key: str, recent: float = 20, quantity: int | None = 5, until: datetime | None = None, **fields):
        product = factories.product(self.merchant, key=key, **fields)
        ProductSales.objects.create(product=product, merchant=self.merchant, orders=int(recent), recent=recent)
        if quantity is not None:
            factories.stock(product, self.store, quantity, as_of=NOW, valid_until=until)
        self.products[key] = product

    def pair(self, one: str, other: str, orders: int) -> None:
        for a, b in ((one, other), (other, one)):
            ProductPair.objects.create(
                product=self.products[a], other=self.products[b], orders=orders, recent=float(orders)
            )

    def basket(self, *keys: str, limit: int = 4, **fields) -> Basket:
        fields = {"merchant_id": self.merchant.pk, "store_id": self.store.pk} | fields
        return Basket(keys=frozenset(keys), limit=limit, **fields)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def keys(found) -> list[list[str]]:
    return [[offer.key for offer in offers] for offers in found]


def test_what_is_bought_with_the_cart_comes_strongest_first_and_what_merely_sells_does_not(shop):
    for key, recent in {"tea": 20, "pot": 20, "cups": 20, "bag": 900, "rare": 20}.items():
        shop.sells(key, recent)
    for other, orders in {"pot": 12, "cups": 8, "bag": 17, "rare": 1}.items():
        shop.pair("tea", other, orders)
    assert keys(together([shop.basket("tea"), shop.basket("tea", limit=1)], NOW)) == [["pot", "cups"], ["pot"]]


def test_a_cart_of_several_products_adds_up_what_each_says(shop):
    for key in ("tea", "honey", "pot", "spoon"):
        shop.sells(key)
    for one, other, orders in (("tea", "pot", 10), ("tea", "spoon", 8), ("honey", "spoon", 8), ("tea", "honey", 15)):
        shop.pair(one, other, orders)
    assert keys(together([shop.basket("tea"), shop.basket("tea", "honey")], NOW)) == [
        ["honey", "pot", "spoon"],
        ["spoon", "pot"],
    ]


UNFIT = {
    "out": {"quantity": 0},
    "untold": {"quantity": None},
    "stale": {"until": NOW - timedelta(hours=1)},
    "hidden": {"hidden": True},
    "recalled": {"recalled": True},
    "excluded": {},
    "by-sku": {"sku": "excluded-sku"},
    "variant": {"group": "teas"},
    "foreign": {"currency": "EUR"},
}


@pytest.mark.parametrize("read", [together, best_sellers])
def test_only_what_can_be_bought_there_and_is_not_in_the_cart(shop, read):
    shop.sells("tea", group="teas")
    for key, fields in (UNFIT | {"fit": {"until": NOW + timedelta(hours=1)}, "no-sku": {"sku": ""}}).items():
        shop.sells(key, **fields)
        shop.pair("tea", key, 9)
    basket = shop.basket(
        "tea", exclude=frozenset({"excluded", "excluded-sku"}), groups=frozenset({"teas"}), currency="USD", limit=20
    )
    assert keys(read([basket], NOW)) == [["fit", "no-sku"]]


@pytest.mark.parametrize("read", [together, best_sellers])
def test_of_several_variants_the_first_that_is_in_stock_is_given(shop, read):
    shop.sells("tea")
    for key, quantity in (("small", 0), ("big", 5), ("huge", 5)):
        shop.sells(key, 19, quantity, group="cups")
        shop.pair("tea", key, 9)
    assert keys(read([shop.basket("tea")], NOW)) == [["big"]]


@pytest.mark.parametrize("read", [together, best_sellers])
def test_another_store_and_another_merchant_and_no_store_give_nothing(shop, read):
    shop.sells("tea")
    shop.sells("pot")
    shop.pair("tea", "pot", 9)
    other = factories.merchant()
    baskets = [
        shop.basket("tea", store_id=factories.store(shop.merchant).pk),
        shop.basket("tea", merchant_id=other.pk),
        shop.basket("tea", store_id=None),
        shop.basket("tea"),
    ]
    assert keys(read(baskets, NOW)) == [[], [], [], ["pot"]]


def test_what_sells_best_comes_first_and_equals_come_by_their_id(shop):
    for key, recent in {"b": 3, "a": 3, "c": 7.5, "d": 0.2}.items():
        shop.sells(key, recent)
    assert keys(best_sellers([shop.basket(limit=3), shop.basket("c")], NOW)) == [["c", "a", "b"], ["a", "b", "d"]]


def test_a_product_in_the_cart_is_known_by_its_sku_too(shop):
    shop.sells("tea", sku="T-1")
    shop.sells("pot")
    shop.pair("tea", "pot", 9)
    assert keys(together([shop.basket("T-1")], NOW)) == [["pot"]]


def test_a_product_without_sales_breaks_nothing(shop):
    shop.sells("tea", 0)
    shop.sells("pot", 0)
    shop.pair("tea", "pot", 9)
    assert keys(together([shop.basket("tea")], NOW)) == [["pot"]]


@pytest.mark.parametrize("read", [together, best_sellers])
def test_many_carts_are_one_query(shop, read):
    shop.sells("tea")
    shop.sells("pot")
    shop.pair("tea", "pot", 9)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = read([shop.basket("tea", "pot") for _ in range(50)] + [shop.basket("tea") for _ in range(50)], NOW)
    assert keys(found) == [[]] * 50 + [["pot"]] * 50
    assert len(queries) == 1
    assert read([], NOW) == []
