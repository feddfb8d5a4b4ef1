from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.feeds import Feed, FeedCart, lines, load_feeds
from products.alternatives import Candidate, Rule
from products.offers import Offer
from tests import factories

SENCHA = Offer("sencha", name="Sencha", category="tea", price=Decimal(10), currency="USD", in_stock=True, quantity=3)
HOJICHA = replace(SENCHA, key="hojicha", name="Hojicha", price=Decimal(9))
SOLD_OUT = replace(SENCHA, in_stock=False, quantity=0)
LINE = {"key": "sencha", "name": "Sencha", "category": "tea", "price": "10.00", "quantity": 2}


def cart(*lines: dict, **fields) -> FeedCart:
    return FeedCart(**{"merchant_id": 1, "store_id": 1, "currency": "USD", "lines": lines or (LINE,)} | fields)


def feed_of(cart: FeedCart, offers: dict[str, Offer], candidates: list[list[Candidate]]) -> Feed:
    return lines.feed_of(cart, lines.lines_of(cart, offers), candidates)


def by_category(*offers: Offer) -> list[Candidate]:
    return [Candidate(offer, Rule.CATEGORY) for offer in offers]


@pytest.mark.parametrize(
    ("offer", "candidates", "choice", "saw"),
    [
        (SENCHA, [], "keep", "3 in stock"),
        (replace(SENCHA, quantity=None), [], "keep", "in stock"),
        (replace(SENCHA, in_stock=None, quantity=None), [], "keep", "stock unknown"),
        (None, [], "keep", "stock unknown"),
        (SOLD_OUT, [by_category(HOJICHA)], "replace", "sold out"),
        (SOLD_OUT, [[]], "drop", "sold out"),
        (SOLD_OUT, [by_category(replace(HOJICHA, in_stock=None))], "drop", "sold out"),
    ],
)
def test_each_line_is_kept_replaced_or_dropped(offer, candidates, choice, saw):
    feed = feed_of(cart(), {"sencha": offer} if offer else {}, candidates)
    [made] = feed.choices
    assert (made.choice, made.saw) == (choice, saw)
    assert feed.nothing_left is (choice == "drop")


def test_an_alternative_says_what_it_stands_in_for_and_why():
    feed = feed_of(cart(), {"sencha": SOLD_OUT}, [by_category(HOJICHA)])
    [item], [choice] = feed.items, feed.choices
    assert (item.name, item.note, item.replaced_name) == ("Hojicha", "Instead of Sencha (sold out)", "Sencha")
    assert (item.price, item.was_price, item.quantity) == ("$9.00", "", 2)
    assert (choice.alternative_key, choice.why) == ("hojicha", "same category, $1.00 less")


@pytest.mark.parametrize(
    ("offer", "price", "was"),
    [
        (replace(SENCHA, price=Decimal("7.5")), "$7.50", "$10.00"),
        (replace(SENCHA, price=Decimal(12)), "$12.00", ""),
        (replace(SENCHA, price=None), "$10.00", ""),
        (replace(SENCHA, price=Decimal(7), currency="EUR"), "$10.00", ""),
        (replace(SENCHA, price=Decimal(7), currency=""), "$7.00", "$10.00"),
    ],
)
def test_the_current_price_is_shown_and_the_old_one_where_it_fell(offer, price, was):
    [item] = feed_of(cart(), {"sencha": offer}, []).items
    assert (item.price, item.was_price) == (price, was)


def test_the_catalogue_fills_in_what_the_cart_left_out():
    full = replace(SENCHA, image="https://x.example/s.jpg", brand="Fernwood")
    [item] = feed_of(cart({"key": "sencha"}), {"sencha": full}, []).items
    assert (item.name, item.brand, item.image, item.price) == ("Sencha", "Fernwood", full.image, "$10.00")


def test_the_cart_tells_the_stock_where_the_catalogue_does_not():
    feed = feed_of(cart(LINE | {"in_stock": False}), {}, [by_category(HOJICHA)])
    assert feed.choices[0].choice == "replace"


def test_a_line_with_nothing_but_an_id_has_a_name_a_person_can_read():
    [item] = feed_of(cart({"key": "8812"}), {}, []).items
    assert (item.name, item.price, item.quantity) == ("An item in your cart", "", 1)


def test_what_is_in_the_cart_is_no_alternative_for_another_line():
    lines = LINE, LINE | {"key": "HOJ-SKU", "name": "Hojicha"}
    offers = {"sencha": SOLD_OUT, "HOJ-SKU": replace(HOJICHA, sku="HOJ-SKU")}
    feed = feed_of(cart(*lines), offers, [by_category(replace(HOJICHA, sku="HOJ-SKU"))])
    assert [choice.choice for choice in feed.choices] == ["drop", "keep"]
    assert not feed.nothing_left


def test_an_empty_cart_has_nothing_to_show_and_nothing_sold_out():
    feed = feed_of(cart(lines=()), {}, [])
    assert (feed.items, feed.nothing_left) == ((), False)


@pytest.mark.django_db
def test_feeds_are_loaded_in_a_number_of_queries_that_does_not_grow():
    merchant = factories.merchant()
    store = factories.store(merchant)
    gone = factories.product(merchant, key="gone", category="tea", price=Decimal(10))
    other = factories.product(merchant, key="other", name="Other", category="tea", price=Decimal(11))
    factories.stock(gone, store, quantity=0)
    factories.stock(other, store, quantity=5)
    one = FeedCart(merchant.pk, store.pk, "USD", [LINE | {"key": "gone"}, LINE | {"key": "unheard-of"}])

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            feeds = load_feeds([one] * count, timezone.now())
        assert {tuple(c.choice for c in feed.choices) for feed in feeds} == {("replace", "keep")}
        assert feeds[0].items[0].name == "Other"
        return len(captured)

    assert queries(10) == queries(200) == 3


@pytest.mark.django_db
def test_without_a_store_stock_is_unknown_and_lines_are_kept():
    merchant = factories.merchant()
    factories.product(merchant, key="sencha")
    [feed] = load_feeds([FeedCart(merchant.pk, None, "USD", [LINE])], timezone.now())
    assert [choice.saw for choice in feed.choices] == ["stock unknown"]


def test_what_the_shopper_refused_is_neither_shown_nor_replaced_nor_offered_instead():
    tin = replace(SENCHA, key="tin", name="Tin")
    lines = (LINE, LINE | {"key": "tin"})
    feed = feed_of(cart(*lines, refused=frozenset({"sencha"})), {"sencha": SOLD_OUT, "tin": tin}, [])
    assert ([item.name for item in feed.items], feed.buyable) == (["Sencha"], 1)
    assert [item.key for item in feed.items] == ["tin"]
    assert (feed.choices[0].choice, feed.choices[0].saw) == ("drop", "the shopper wants to see it no more")
    only = feed_of(cart(refused=frozenset({"hojicha"})), {"sencha": SOLD_OUT}, [by_category(HOJICHA)])
    assert only.items == ()
