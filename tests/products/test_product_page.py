"""The page of one product and the list it is in, as a marketer of one merchant sees them beside another merchant's."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from products.models import FeedImport, OwnAlternative, PriceChange, Product
from tests import factories as make

pytestmark = pytest.mark.django_db
LIST = "/admin/products/product/"


@pytest.fixture
def mine():
    return make.merchant("Acorn")


@pytest.fixture
def marketer(client, mine):
    client.force_login(make.user(Role.MARKETING, mine))
    return client


def page(client, product: Product) -> str:
    answer = client.get(f"{LIST}{product.code}/change/")
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.content.decode()).split())


def save(client, product: Product, *own: Product, shown: bool = True, **fields):
    data = {"own_list": [str(one.code) for one in own]} | ({"own_list-shown": "1"} if shown else {}) | fields
    return client.post(f"{LIST}{product.code}/change/", data)


def own_list(product: Product) -> list[str]:
    return [one.alternative.name for one in product.own_alternatives.select_related("alternative")]


def test_an_empty_page_says_what_will_be_there(marketer, mine):
    shown = page(marketer, make.product(mine, image="", price=None))
    for words in ("No price known", "Not known", "No store has told", "No cart was left", "This shows once a store"):
        assert words in shown


def test_stock_says_where_it_comes_from_and_how_old_it_is(marketer, mine):
    product, store = make.product(mine), make.store(mine, "North Loop")
    feed = FeedImport.objects.create(merchant=mine, store=store, name="Spring feed")
    now = timezone.now()
    make.stock(product, store, 4, as_of=now - timedelta(minutes=3))
    make.stock(
        product, store, 9, location="Cellar", source="imported", feed_import=feed,
        as_of=now - timedelta(hours=5), valid_until=now - timedelta(hours=1),
    )  # fmt: skip
    shown = page(marketer, product)
    assert "In stock: 4" in shown
    assert "Told by the store <time" in shown
    assert "3 minutes ago" in shown
    assert "Read from Spring feed <time" in shown
    assert "not known since it missed two runs" in shown


def test_the_page_shows_what_each_store_would_offer_instead_and_why(marketer, mine):
    north, south = make.store(mine, "North"), make.store(mine, "South")
    product = make.product(mine, "Sencha 50 g", group="sencha", price=Decimal(10))
    bigger = make.product(mine, "Sencha 100 g", group="sencha", price=Decimal(12))
    own = make.product(mine, "Teapot", category="pots", price=Decimal(80))
    make.stock(bigger, north), make.stock(own, north), make.stock(own, south)
    OwnAlternative.objects.create(product=product, alternative=own)
    shown = page(marketer, product).partition("What a shopper would see instead")[2]
    assert "another variant of the same product, $2.00 more" in shown
    assert "Next: from your own list, $70.00 more" in shown
    assert (
        shown.index("North")
        < shown.index("Sencha 100 g")
        < shown.index("South")
        < shown.index("Teapot", shown.index("South"))
    )
    Product.objects.filter(pk=own.pk).update(recalled=True)
    assert "Nothing: the line would be left out" in page(marketer, product)


def test_prices_are_a_line_and_a_table(marketer, mine):
    product = make.product(mine)
    for days, price in ((9, 12), (4, 9)):
        at = timezone.now() - timedelta(days=days)
        PriceChange.objects.create(product=product, price=price, currency="USD", at=at)
    shown = page(marketer, product)
    assert "$9.00 to $12.00" in shown
    assert '<polyline points="0.0,4.0' in shown
    assert shown.index("<td>$9.00</td>") < shown.index("<td>$12.00</td>")


def test_the_page_counts_the_open_carts_it_lies_in(marketer, mine):
    product = make.product(mine)
    holding = [make.abandoned_cart(mine, lines=[make.line(key)]) for key in (product.key, product.sku)]
    make.abandoned_cart(mine)
    make.abandoned_cart(make.merchant(), lines=[make.line(product.key)])
    assert "In <b>2</b> of 3 carts left in the last 30 days" in page(marketer, product)
    type(holding[0]).objects.filter(pk=holding[0].pk).update(closed_at=timezone.now(), closed_by="ordered")
    assert "In <b>1</b> of 2 carts" in page(marketer, product)


def test_the_own_list_keeps_its_order(marketer, mine):
    product, first, second, third = (make.product(mine, name) for name in ("Tea", "A", "B", "C"))
    assert save(marketer, product, third, first).status_code == 302
    assert own_list(product) == ["C", "A"]
    save(marketer, product, first, second, third)
    assert own_list(product) == ["A", "B", "C"]
    save(marketer, product, shown=False, hidden="on")
    assert own_list(product) == ["A", "B", "C"]
    save(marketer, product)
    assert own_list(product) == []


def test_the_own_list_takes_no_foreign_product_nor_itself_nor_nonsense(marketer, mine):
    product, foreign = make.product(mine), make.product(make.merchant())
    for code in (foreign.code, product.code, "nonsense"):
        answer = marketer.post(f"{LIST}{product.code}/change/", {"own_list-shown": "1", "own_list": [str(code)]})
        assert answer.status_code == 200
        assert "is not a valid" in html.unescape(answer.content.decode()) or "not one of the" in answer.content.decode()
    assert not OwnAlternative.objects.exists()


def test_saving_writes_only_what_the_page_changes(marketer, mine):
    product = make.product(mine)
    stale = page(marketer, product)
    Product.objects.update(price=Decimal(3))
    save(marketer, product, recalled="on")
    changed = Product.objects.get()
    assert (changed.price, changed.recalled, changed.hidden) == (3, True, False)
    assert "Called back</span>" in page(marketer, product)
    assert "Called back</span>" not in stale


def test_finding_a_product_answers_with_codes_of_the_own_merchant(marketer, mine):
    sencha = make.product(mine, "Sencha", sku="S-1", price=Decimal(9))
    make.product(mine, "Sencha called back", recalled=True), make.product(make.merchant(), "Sencha of Birch")
    for term in ("sench", "S-1"):
        answer = marketer.get(f"{LIST}find/", {"q": term}).json()
        assert answer == {"found": [{"code": str(sencha.code), "name": "Sencha", "detail": "S-1 · $9.00"}]}
    assert marketer.get(f"{LIST}find/", {"q": "s"}).json() == {"found": []}
    marketer.force_login(make.user(Role.STAFF, mine))
    assert marketer.get(f"{LIST}find/", {"q": "sencha"}).status_code == 404


@pytest.mark.parametrize(
    ("action", "field", "value", "said"),
    [
        ("call_back", "recalled", True, "1 product is called back: no message shows it any more"),
        ("end_call_back", "recalled", False, "1 product is shown in messages again"),
        ("never_offer", "hidden", True, "1 product is never offered"),
    ],
)
def test_an_action_says_what_it_did(marketer, mine, action, field, value, said):
    product, foreign = make.product(mine), make.product(make.merchant())
    Product.objects.update(**{field: not value})
    data = {"action": action, "_selected_action": [product.code, foreign.code]}
    assert said in html.unescape(marketer.post(LIST, data, follow=True).content.decode())
    product.refresh_from_db(), foreign.refresh_from_db()
    assert (getattr(product, field), getattr(foreign, field)) == (value, not value)


def test_the_list_sums_stock_over_stores_and_filters_by_it(marketer, mine):
    north, south = make.store(mine), make.store(mine)
    there, out, gone = (make.product(mine, name, group="g") for name in ("There", "Out", "No longer told"))
    make.product(mine, "Never told")
    make.stock(there, north, 3), make.stock(there, south, 4), make.stock(out, north, 0)
    make.stock(gone, north, 0, valid_until=timezone.now() - timedelta(minutes=1))
    shown = html.unescape(marketer.get(LIST).content.decode())
    assert "7 at 2 stores" in shown
    assert "3 variants" in shown
    for state, names in (("in", {"There"}), ("out", {"Out"}), ("unknown", {"No longer told", "Never told"})):
        found = marketer.get(LIST, {"stock": state}).context["cl"].result_list
        assert {product.name for product in found} == names
    assert len(marketer.get(LIST, {"group__exact": "g"}).context["cl"].result_list) == 3


def test_neither_page_asks_more_for_more_rows(marketer, mine):
    def queries(address: str) -> int:
        marketer.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert marketer.get(address).status_code == 200
        return len(captured)

    def grow(count: int) -> Product:
        for _ in range(count):
            one, store = make.product(mine, group="g"), make.store(mine)
            make.stock(one, store)
            make.abandoned_cart(mine, lines=[make.line(one.key)])
            PriceChange.objects.create(product=one, price=1, currency="USD", at=timezone.now())
        return one

    first = f"{LIST}{grow(2).code}/change/"
    few = queries(LIST), queries(first)
    grow(8)
    assert (queries(LIST), queries(first)) == few
