"""Every kind of feed from the database to the message: what is shown, what never is, and what it costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bench.counting import counted
from campaigns.feeds import FeedCart, Policy, load_feeds
from campaigns.gather import gather
from campaigns.models import Decision, Delivery
from products.models import Product, ProductPair, ProductSales, SalesMark
from tests import factories
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db
KINDS = ["also_like", "best_sellers", "new_arrivals", "on_sale"]
AVERY = {"srcID": "c-1", "email": "avery@example.com", "firstName": "Avery"}
EVERY_KIND = "".join(f'<aiq-feed kind="{kind}" count="2" title="{kind} here" />' for kind in KINDS)
BODY = f"<mjml><mj-body><aiq-feed />{EVERY_KIND}<aiq-footer /></mj-body></mjml>"


@pytest.fixture
def shop():
    return Shop(factories.merchant(name="Fernwood"))


def sell(shop, key, name, **fields):
    """A product in stock at the shop that sells, goes with “tea”, is on sale and new, unless told otherwise."""
    quantity = fields.pop("quantity", 5)
    made = factories.product(shop.merchant, key=key, name=name, compare_at_price=Decimal(20), **fields)
    if quantity is not None:
        factories.stock(made, shop.store, quantity=quantity)
    ProductSales.objects.create(product=made, merchant=shop.merchant, orders=9, recent=9)
    return made


def together(one, other):
    for product, beside in ((one, other), (other, one)):
        ProductPair.objects.create(product=product, other=beside, orders=5, recent=5)


@pytest.fixture
def catalogue(shop):
    """A tea that is in carts, and beside it one product for everything that keeps a product out of a feed."""
    tea = sell(shop, "tea", "Tea")
    SalesMark.objects.create(merchant=shop.merchant, recent=90)
    never = [
        sell(shop, "hidden", "Hidden", hidden=True),
        sell(shop, "recalled", "Recalled", recalled=True),
        sell(shop, "gone", "Gone", quantity=0),
        sell(shop, "unknown", "Unknown", quantity=None),
        sell(shop, "foreign", "Foreign", currency="EUR"),
        sell(shop, "nameless", "", url=""),
    ]
    old = sell(shop, "stale", "Stale", quantity=None)
    factories.stock(old, shop.store, quantity=5, valid_until=datetime.now(UTC) - timedelta(hours=1))
    elsewhere = sell(shop, "elsewhere", "Elsewhere", quantity=None)
    factories.stock(elsewhere, factories.store(shop.merchant), quantity=5)
    shown = [sell(shop, f"good-{number}", f"Good {number}") for number in range(8)]
    for product in [*never, old, elsewhere, *shown]:
        together(tea, product)
    return tea


def feed(shop, kind, **fields):
    facts = {"lines": [{"key": "tea", "name": "Tea", "price": "12.50"}], "shows": {kind: 12}} | fields
    [made] = load_feeds([FeedCart(shop.merchant.pk, shop.store.pk, "USD", **facts)], datetime.now(UTC))
    return [item.name for item in made.more[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_can_be_bought_there_and_is_not_in_the_cart_is_shown(shop, catalogue, kind):
    assert sorted(feed(shop, kind)) == [f"Good {number}" for number in range(8)]


@pytest.mark.parametrize("kind", KINDS)
def test_another_size_of_what_is_in_the_cart_is_not_shown(shop, catalogue, kind):
    Product.objects.filter(key__in=["tea", "good-0"]).update(group="tea")
    assert sorted(feed(shop, kind)) == [f"Good {number}" for number in range(1, 8)]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_store_nothing_is_known_to_be_in_stock(shop, catalogue, kind):
    lines = [{"key": "tea", "name": "Tea"}]
    [made] = load_feeds([FeedCart(shop.merchant.pk, None, "USD", lines, shows={kind: 4})], datetime.now(UTC))
    assert made.more[kind] == ()


def test_another_merchants_products_are_never_shown(shop, catalogue):
    other = Shop.__new__(Shop)
    other.merchant, other.store = factories.merchant(), None
    other.store = factories.store(other.merchant)
    assert [feed(other, kind) for kind in KINDS] == [[], [], [], []]


def test_new_arrivals_are_new_and_the_newest_stands_first(shop, catalogue):
    Product.objects.filter(key="good-0").update(created_at=datetime.now(UTC) - timedelta(days=61))
    Product.objects.filter(key="good-1").update(created_at=datetime.now(UTC) + timedelta(seconds=-1))
    found = feed(shop, "new_arrivals")
    assert "Good 0" not in found
    assert found[-1] == "Good 1"


def test_the_biggest_saving_stands_first(shop, catalogue):
    Product.objects.filter(key="good-3").update(price=Decimal(2))
    Product.objects.filter(key="good-4").update(compare_at_price=Decimal(12))
    found = feed(shop, "on_sale")
    assert found[0] == "Good 3"
    assert "Good 4" not in found


def test_a_message_shows_no_product_twice(shop, catalogue):
    shows = dict.fromkeys(KINDS, 2) | {"abandoned_items": 6}
    gone = [{"key": "gone", "name": "Gone", "price": "12.50"}]
    cart = FeedCart(shop.merchant.pk, shop.store.pk, "USD", gone, shows=shows, policy=Policy())
    [made] = load_feeds([cart], datetime.now(UTC))
    [stand_in] = made.items
    names = [stand_in.name, *(item.name for items in made.more.values() for item in items)]
    assert len(names) == len(set(names)) == 8


def test_each_kind_comes_through_to_the_mail_with_its_heading(shop, catalogue, smtp_sink):
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, body=BODY)
    leave(shop)
    run_workers()
    [mail] = smtp_sink.messages
    text = mail.get_body(("plain",)).get_content()
    assert all(f"{kind} here" in text for kind in KINDS)
    assert sum(text.count(f"Good {number}") for number in range(8)) == 8
    assert "$12.50 (was $20.00)" in text
    assert "Hidden" not in text


def test_a_simple_event_gets_the_kinds_that_need_no_cart(shop, catalogue, smtp_sink):
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, body=BODY)
    subscribe(shop)
    shop.post("/v2/cart", {"eventID": "e", "timestamp": ago(2), "customer": AVERY, "store": "north-loop"})
    run_workers()
    [mail] = smtp_sink.messages
    text = mail.get_body(("plain",)).get_content()
    assert "best_sellers here" in text
    assert "also_like here" not in text
    assert "Good" in text


@pytest.mark.parametrize(
    ("sold_out", "shown"),
    [
        ("replace", ["Instead of Gone (sold out)"]),
        ("keep", ["Gone", "Sold out"]),
        ("drop", ["Tea"]),
        ("hold", []),
    ],
)
def test_the_policy_of_the_step_decides_when_the_message_leaves(shop, catalogue, smtp_sink, sold_out, shown):
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, sold_out=sold_out)
    leave(shop, {"id": "gone", "name": "Gone", "price": "12.50"}, {"id": "tea", "name": "Tea", "price": "12.50"})
    run_workers()
    texts = [mail.get_body(("plain",)).get_content() for mail in smtp_sink.messages]
    assert len(texts) == bool(shown)
    assert all(words in texts[0] for words in shown)
    if sold_out in {"drop", "hold"}:
        assert all("Gone" not in text for text in texts)
    assert Delivery.objects.get().reason == ("" if shown else "sold_out_line")
    [stock] = [check for check in Decision.objects.get(kind="step").checks if check["code"] == "stock"]
    assert stock["saw"].startswith("Gone: sold out, told by the store 20")


@pytest.mark.parametrize(("price_rose", "reason"), [("show", ""), ("hold", "price_rose")])
def test_a_higher_price_is_shown_as_it_is_now_or_holds_the_message_back(shop, catalogue, smtp_sink, price_rose, reason):
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, price_rose=price_rose)
    leave(shop, {"id": "tea", "name": "Tea", "price": "11.00", "quantity": 2})
    run_workers()
    assert Delivery.objects.get().reason == reason
    texts = [mail.get_body(("plain",)).get_content() for mail in smtp_sink.messages]
    assert ["$12.50 each" in text and "$11" not in text for text in texts] == ([] if reason else [True])


def test_alternatives_in_a_block_of_their_own_leave_the_abandoned_items_to_what_can_be_bought(
    shop, catalogue, smtp_sink
):
    body = BODY.replace(EVERY_KIND, '<aiq-feed kind="alternatives" title="In stock instead" />')
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, body=body)
    leave(shop, {"id": "gone", "name": "Gone", "price": "12.50"}, {"id": "tea", "name": "Tea", "price": "12.50"})
    run_workers()
    text = smtp_sink.messages[0].get_body(("plain",)).get_content()
    cart, _, instead = text.partition("In stock instead")
    assert "Tea" in cart
    assert "Good" not in cart
    assert instead.count("Instead of Gone (sold out)") == 1


def test_feeds_cost_as_many_statements_for_ten_messages_as_for_two_hundred(shop, catalogue):
    campaign = go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True, body=BODY)
    lines = [{"key": "gone", "name": "Gone", "price": "12.50"}, {"key": "tea", "name": "Tea", "price": "12.50"}]
    for _ in range(200):
        factories.delivery(campaign, factories.abandoned_cart(shop.merchant, store=shop.store, lines=lines))
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    gather(ids[:1], datetime.now(UTC))
    seen = []
    for count in (10, 200):
        with counted() as counts:
            cases = gather(ids[:count], datetime.now(UTC))
        assert {len(case.feed.more["best_sellers"]) for case in cases} == {2}
        seen.append(counts.statements)
    assert seen[0] == seen[1]


def ago(minutes):
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def subscribe(shop):
    shop.put("/v2/contacts", {"contacts": [AVERY | {"consent": {"email": {"status": "subscribed"}}}]})


def leave(shop, *products):
    subscribe(shop)
    body = {"eventID": "e", "timestamp": ago(2), "cartID": "c", "customer": AVERY, "currency": "USD"}
    body |= {"store": "north-loop", "products": list(products) or [{"id": "tea", "name": "Tea", "price": "12.50"}]}
    shop.post("/v2/cart", body)
