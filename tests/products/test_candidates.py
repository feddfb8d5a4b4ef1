from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from products.alternatives import Gap, Rule, choose
from products.candidates import Search, load_candidates
from products.models import OwnAlternative, Product, ProductPair, SalesMark, Stock
from tests import factories

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """A merchant with a store where "gone" has sold out, and a function that puts products on its shelves."""
    merchant = factories.merchant()
    store = factories.store(merchant)

    def put(key: str, quantity: int | None = 5, **fields) -> Product:
        stock = fields.pop("stock", {})
        defaults = {"category": "tea", "price": Decimal(10), "sku": "", "currency": "USD"}
        product = factories.product(merchant, key=key, **defaults | fields)
        if quantity is not None:
            factories.stock(product, store, quantity, **stock)
        return product

    return merchant, store, put


def search(merchant, store, gap: Gap | None = None, **fields) -> Search:
    return Search(merchant.pk, store.pk, gap or Gap("tea", Decimal(10), "USD", "sencha", "gone"), **fields)


def bought_together(product: Product, **others: tuple[int, int]) -> None:
    """Of a hundred orders ten held the product; the others by key: in how many of those, in how many of all."""
    SalesMark.objects.update_or_create(merchant=product.merchant, defaults={"recent": 100})
    factories.sales(product, 10)
    for key, (pairs, orders) in others.items():
        other = Product.objects.get(key=key)
        ProductPair.objects.create(product=product, other=other, orders=pairs, recent=pairs)
        factories.sales(other, orders)


def found(searches: list[Search]) -> list[list[tuple[str, str]]]:
    return [[(one.rule, one.offer.key) for one in of_line] for of_line in load_candidates(searches, NOW)]


def test_the_rules_are_tried_in_their_order_and_each_only_for_what_is_left(shop):
    merchant, store, put = shop
    gone = put("gone", 0, group="sencha")
    for key in ("scone", "jam", "bread", "everywhere", "once"):
        put(key, category="bakery")
    bought_together(gone, scone=(8, 10), bread=(8, 30), jam=(4, 10), everywhere=(8, 90), once=(1, 1))
    put("100 g", group="sencha", price=Decimal(12))
    put("50 g", group="sencha", price=Decimal(8), category="")
    put("far", price=Decimal("12.50"))
    put("near", price=Decimal("10.50"))
    put("cheap", price=Decimal("9.50"))
    for position, key in ((2, "kettle"), (1, "teapot")):
        OwnAlternative.objects.create(
            product=gone, alternative=put(key, category="pots", price=Decimal(80)), position=position
        )
    everything = [
        ("variant", "100 g"),
        ("variant", "50 g"),
        ("category", "cheap"),
        ("category", "near"),
        ("category", "far"),
        ("together", "scone"),
        ("together", "bread"),
        ("together", "jam"),
        ("own_list", "teapot"),
        ("own_list", "kettle"),
    ]
    for limit in range(1, 12):
        [line] = found([search(merchant, store, limit=limit)])
        assert line == everything[:limit]


def test_only_what_can_be_bought_at_that_store_is_a_candidate(shop):
    merchant, store, put = shop
    put("good", stock={"valid_until": NOW + timedelta(seconds=1)})
    put("out", 0)
    put("untold", None)
    put("no longer told", stock={"valid_until": NOW})
    put("secret", hidden=True)
    put("called back", recalled=True)
    put("dear", price=Decimal("12.51"))
    put("unpriced", price=None)
    put("euros", currency="EUR")
    put("mine", sku="in-cart")
    elsewhere = put("elsewhere", None)
    factories.stock(elsewhere, factories.store(merchant))
    searches = [
        search(merchant, store, limit=9, exclude=frozenset({"in-cart"})),
        search(factories.merchant(), store, limit=9),
        search(merchant, store, limit=9, exclude=frozenset({"good", "mine"})),
        search(merchant, store, Gap("tea", None, "USD"), limit=9),
        search(merchant, store, Gap("", Decimal(10), "USD"), limit=9),
    ]
    assert found(searches) == [[("category", "good")], [], [], [], []]


def test_a_candidate_says_how_much_there_is_as_of_when_and_by_whom(shop):
    merchant, store, put = shop
    tea = put("tea", 2, stock={"as_of": NOW - timedelta(days=1)})
    factories.stock(tea, store, 3, location="cellar", source="imported", as_of=NOW)
    [[one]] = load_candidates([search(merchant, store)], NOW)
    assert (one.offer.quantity, one.offer.as_of, one.offer.source) == (5, NOW, "imported")
    assert (one.offer.in_stock, one.offer.price) == (True, Decimal(10))


def test_of_another_merchants_products_none_is_found_not_even_by_a_list(shop):
    merchant, store, put = shop
    gone = put("gone", 0)
    other = factories.merchant()
    foreign = factories.product(other, key="foreign", category="tea", price=Decimal(10))
    factories.stock(foreign, store)
    OwnAlternative.objects.create(product=gone, alternative=foreign)
    bought_together(gone, foreign=(8, 10))
    assert found([search(merchant, store, limit=9)]) == [[]]


def test_one_query_however_many_lines(shop):
    merchant, store, put = shop
    for number in range(20):
        put(f"p{number}")

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(load_candidates([search(merchant, store, limit=3)] * count, NOW)) == count
        return len(captured)

    assert queries(10) == queries(200) == 1
    assert load_candidates([], NOW) == []


products = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["", "g"]),
        "category": st.sampled_from(["", "tea", "pots"]),
        "price": st.none() | st.decimals(6, 14, places=2),
        "hidden": st.sampled_from([False, False, True]),
        "recalled": st.sampled_from([False, False, True]),
    }
)
shelves = st.lists(
    st.tuples(products, st.sampled_from([5, 5, 0, None]), st.sampled_from(["", "pair", "own"])), max_size=8
)
lines = st.lists(
    st.tuples(st.sampled_from(["", "tea", "pots"]), st.sampled_from(["", "g"]), st.sampled_from([8, 10])), max_size=3
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(shelves, lines)
def test_asking_for_as_many_as_are_replaced_finds_the_same_as_asking_for_everything(shop, shelves, lines):
    merchant, store, put = shop
    Product.objects.all().delete()
    gone = put("gone", 0)
    for number, (fields, quantity, tie) in enumerate(shelves):
        product = put(f"p{number}", quantity, **fields)
        if tie == "own":
            OwnAlternative.objects.create(product=gone, alternative=product, position=number % 2)
    pairs = {f"p{number}": (2 + number % 3, 5) for number, (_, _, tie) in enumerate(shelves) if tie == "pair"}
    bought_together(gone, **pairs)
    gaps = [Gap(category, Decimal(price), "USD", group, "gone") for category, group, price in lines]

    def chosen(limit: int):
        return choose(gaps, load_candidates([search(merchant, store, gap, limit=limit) for gap in gaps], NOW), {"gone"})

    few = chosen(len(gaps))
    assert few == chosen(99)
    for gap, alternative in zip(gaps, few, strict=True):
        if alternative:
            product = Product.objects.get(key=alternative.offer.key)
            assert (product.hidden, product.recalled) == (False, False)
            assert Stock.objects.filter(product=product, store=store, in_stock=True).exists()
            assert alternative.rule is Rule.OWN_LIST or gap.band[0] <= product.price <= gap.band[1]
