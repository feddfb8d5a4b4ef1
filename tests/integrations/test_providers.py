import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from aiq.lib.weblinks import link
from campaigns.facts import (
    CartFact,
    CartStatus,
    ConsentFact,
    ConsentStatus,
    CustomerFact,
    OrderFact,
    OrderStatus,
    PrivacyFact,
    PrivacyWish,
)
from integrations.providers import PROVIDERS
from integrations.providers.base import BadPayloadError, IgnoredEventError, Provider
from integrations.providers.values import phone
from products.facts import ProductFact, StockFact
from tests.integrations.payloads import parsed, raw, vectors

AT = datetime(2026, 3, 10, tzinfo=UTC)
SHOPIFY = PROVIDERS.get("shopify")
GENERIC = PROVIDERS.get("generic")
SHOPIFY_SAMPLES = [
    ("checkouts/create", "shopify-checkouts-create.json"),
    ("checkouts/update", "shopify-checkouts-update.json"),
    ("checkouts/update", "shopify-checkouts-update-completed.json"),
    ("orders/create", "shopify-orders-create.json"),
    ("products/update", "shopify-products-update.json"),
    ("inventory_levels/update", "shopify-inventory_levels-update.json"),
]
GENERIC_SAMPLES = [("cart", "v2-cart-dynamic.json"), ("cart", "v2-cart-simple.json")]


def fact(provider: Provider, topic: str, payload: Any, at: datetime = AT) -> Any:
    (found,) = provider.parse(topic, payload, at)
    return found


@pytest.mark.parametrize("provider", list(PROVIDERS), ids=lambda provider: provider.slug)
def test_every_provider_keeps_the_contract(provider: Provider) -> None:
    assert provider.label
    assert provider.trigger in {"none", "simple", "dynamic"}
    assert provider.timer in {"theirs", "ours", "editable"}
    assert not provider.verify({}, b"{}", [])
    assert not provider.verify({}, b"{}", ["secret"])
    assert isinstance(provider.topic({}), str)
    assert isinstance(provider.event_id({}), str)
    with pytest.raises(IgnoredEventError):
        provider.parse("no/such/topic", {}, AT)
    assert provider.allow_listed("no/such/topic", {"email": "a@example.com"}) == {}


@pytest.mark.parametrize(
    ("provider", "topic", "name"),
    [*((SHOPIFY, *sample) for sample in SHOPIFY_SAMPLES), *((GENERIC, *sample) for sample in GENERIC_SAMPLES)],
)
def test_what_is_kept_of_an_event_gives_the_same_facts(provider: Provider, topic: str, name: str) -> None:
    payload = parsed(name)
    kept = provider.allow_listed(topic, payload)
    assert provider.parse(topic, json.loads(json.dumps(kept)), AT) == provider.parse(topic, payload, AT)


@pytest.mark.parametrize(
    ("provider", "topic", "name"),
    [*((SHOPIFY, *sample) for sample in SHOPIFY_SAMPLES), *((GENERIC, *sample) for sample in GENERIC_SAMPLES)],
)
def test_a_payload_bent_at_any_place_gives_facts_or_a_reason(provider: Provider, topic: str, name: str) -> None:
    for bent in bendings(parsed(name)):
        with suppress(BadPayloadError, IgnoredEventError):
            provider.parse(topic, bent, AT)
        provider.allow_listed(topic, bent)


def bendings(value: Any) -> Any:
    """Copies of a document, each with one part replaced by something of another type."""
    yield from (None, [], {}, "x", -1, 1.5, True, 10**40, ["x"], "9" * 400)
    if isinstance(value, dict):
        for key in value:
            yield {name: one for name, one in value.items() if name != key}
            for bent in bendings(value[key]):
                yield {**value, key: bent}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for bent in bendings(item):
                yield [*value[:index], bent, *value[index + 1 :]]


def test_a_dynamic_cart_of_the_api() -> None:
    cart: CartFact = fact(GENERIC, "cart", parsed("v2-cart-dynamic.json"))
    assert (cart.status, cart.cart_key, cart.currency, cart.store) == (
        CartStatus.ABANDONED,
        "cart-5512",
        "USD",
        "north-loop",
    )
    assert cart.occurred_at == datetime(2026, 3, 9, 18, 30, tzinfo=UTC)
    assert (cart.customer.source_id, cart.customer.phone) == ("c-9001", "+17205550161")
    assert cart.lines
    assert [(line.key, line.price, line.quantity) for line in cart.lines] == [
        ("p-101", Decimal("45.00"), 1),
        ("p-202", Decimal("18"), 2),
    ]
    assert dict(cart.totals)["total"] == Decimal("88.65")
    assert cart.notes == ()


def test_a_simple_cart_of_the_api_has_no_lines_and_an_emptied_one_none_left() -> None:
    assert fact(GENERIC, "cart", parsed("v2-cart-simple.json")).lines is None
    assert fact(GENERIC, "cart", {"cartID": 1, "customer": {"srcID": 1}, "products": []}).lines == ()


def test_without_a_time_the_arrival_counts() -> None:
    assert fact(GENERIC, "cart", {"customer": {"srcID": 1}}).occurred_at == AT


def test_what_cannot_be_read_is_dropped_and_noted() -> None:
    document = {
        "cartID": 1,
        "customer": {"srcID": 1, "phone": "call me"},
        "cartURL": "javascript:alert(1)",
        "products": [{"id": 1}, {"id": 2, "image": "ftp://example.com/a.png", "url": "https://example.com/a b"}],
    }
    cart = fact(GENERIC, "cart", document)
    assert (cart.customer.phone, cart.url, cart.lines[1].image, cart.lines[1].url) == ("", "", "", "")
    assert [note.split()[0] for note in cart.notes] == [
        "/customer/phone",
        "/products/1/image",
        "/products/1/url",
        "/cartURL",
    ]


def test_a_document_that_passed_an_older_door_is_quarantined() -> None:
    with pytest.raises(BadPayloadError, match="/customer required"):
        GENERIC.parse("cart", {}, AT)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://shop.example.com/a?b=c#d", True),
        ("http://shop.example.com", True),
        ("https://", False),
        ("//shop.example.com/a", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://[::1", False),
        ("https://a.example\r\nX: y", False),
        ("https://a.example/" + "x" * 2000, False),
    ],
)
def test_only_addresses_of_pages_are_links(text: str, kept: bool) -> None:
    assert bool(link(text)) is kept


@pytest.mark.parametrize(
    ("text", "read"), [("+1 (720) 555-0161", "+17205550161"), ("720 555 0161", ""), ("+1 555", "")]
)
def test_a_phone_needs_its_country_code(text: str, read: str) -> None:
    assert phone(text) == read


def test_a_name_from_shopify_cannot_turn_around_what_is_written_behind_it() -> None:
    body = parsed("shopify-products-update.json")
    given = body | {"title": f"\u202e{body['title']}"}
    assert SHOPIFY.parse("products/update", given, AT) == SHOPIFY.parse("products/update", body, AT)


@pytest.mark.parametrize("vector", vectors("shopify"), ids=lambda vector: vector["file"])
def test_a_shopify_signature_fits_only_the_very_bytes_and_secret(vector: dict[str, Any]) -> None:
    body, headers, secret = raw(vector["file"]), vector["headers"], vector["secret"]
    assert SHOPIFY.verify(headers, body, [secret])
    assert SHOPIFY.verify(headers, body, ["new", secret])
    assert not SHOPIFY.verify(headers, body + b"\n", [secret])
    assert not SHOPIFY.verify(headers, body, ["other"])
    assert not SHOPIFY.verify({**headers, "X-Shopify-Hmac-Sha256": "é\x00"}, body, [secret])
    assert SHOPIFY.event_id(headers) == headers["X-Shopify-Event-Id"]
    assert SHOPIFY.topic(headers) == headers["X-Shopify-Topic"]


def test_a_checkout_begins_with_nobody_in_it() -> None:
    cart: CartFact = fact(SHOPIFY, "checkouts/create", parsed("shopify-checkouts-create.json"))
    assert (cart.status, cart.cart_key) == (CartStatus.STARTED_CHECKOUT, "7f0c5b8d2c1e4a6f9b3d8e7a6c5b4d3e")
    assert not cart.customer.known
    assert cart.occurred_at == datetime(2026, 3, 4, 17, 20, 12, tzinfo=UTC)
    assert cart.url.startswith("https://tamarack-goods.myshopify.com/")
    assert cart.lines
    assert (cart.lines[0].key, cart.lines[0].name) == ("55120900112233", "Tamarack Wool Socks - Moss / M")


def test_a_checkout_that_knows_its_shopper_brings_consent() -> None:
    cart: CartFact = fact(SHOPIFY, "checkouts/update", parsed("shopify-checkouts-update.json"))
    customer = cart.customer
    assert (customer.email, customer.phone, customer.first_name) == (
        "nora.lindqvist@example.com",
        "+14255550143",
        "Nora",
    )
    assert [(one.channel, one.status) for one in customer.consents] == [("email", ConsentStatus.SUBSCRIBED)]


def test_a_completed_checkout_is_complete_when_it_was_completed() -> None:
    cart: CartFact = fact(SHOPIFY, "checkouts/update", parsed("shopify-checkouts-update-completed.json"))
    assert (cart.status, cart.occurred_at) == (CartStatus.COMPLETE, datetime(2026, 3, 4, 17, 41, tzinfo=UTC))
    assert cart.customer.source_id == "8011223344556"


def test_a_refusal_outweighs_a_tick_in_the_checkout() -> None:
    payload = parsed("shopify-checkouts-update-completed.json")
    payload["customer"]["email_marketing_consent"]["state"] = "unsubscribed"
    assert payload["buyer_accepts_marketing"] is True
    consents = fact(SHOPIFY, "checkouts/update", payload).customer.consents
    since = datetime(2026, 1, 10, 14, tzinfo=UTC)
    assert consents == (ConsentFact("email", ConsentStatus.UNSUBSCRIBED, since, "shopify"),)


def test_times_ahead_are_clamped_to_arrival() -> None:
    payload = parsed("shopify-checkouts-update.json")
    payload["updated_at"] = (AT + timedelta(days=1)).isoformat()
    assert fact(SHOPIFY, "checkouts/update", payload).occurred_at == AT


def test_nanoseconds_are_read() -> None:
    payload = {**parsed("shopify-checkouts-create.json"), "updated_at": "2026-03-04T17:23:41.000000000Z"}
    assert fact(SHOPIFY, "checkouts/create", payload).occurred_at == datetime(2026, 3, 4, 17, 23, 41, tzinfo=UTC)


def test_an_order_names_the_carts_it_may_have_been() -> None:
    order: OrderFact = fact(SHOPIFY, "orders/create", parsed("shopify-orders-create.json"))
    assert (order.order_key, order.status, order.total) == ("6200990011223", OrderStatus.PLACED, Decimal("55.54"))
    assert order.cart_keys == ("7f0c5b8d2c1e4a6f9b3d8e7a6c5b4d3e", "c1-4b1d0a9e8c7f6e5d4c3b2a1908f7e6d5")
    assert order.occurred_at == datetime(2026, 3, 4, 17, 41, tzinfo=UTC)
    assert [line.key for line in order.lines] == ["55120900112233", "55120900119999"]


def test_a_cancelled_order_says_when() -> None:
    payload = {**parsed("shopify-orders-create.json"), "cancelled_at": "2026-03-05T08:00:00Z"}
    order = fact(SHOPIFY, "orders/cancelled", payload)
    assert (order.status, order.occurred_at) == (OrderStatus.CANCELLED, datetime(2026, 3, 5, 8, tzinfo=UTC))


def test_a_refund_gives_back_what_went_through() -> None:
    paid = {"kind": "refund", "status": "success", "amount": "10.00", "currency": "USD"}
    transactions = [paid, {**paid, "amount": "2.5"}, {**paid, "status": "failure"}, {**paid, "kind": "void"}]
    payload = {"id": 1, "order_id": 6200990011223, "created_at": "2026-03-06T00:00:00Z", "transactions": transactions}
    order = fact(SHOPIFY, "refunds/create", payload)
    assert (order.order_key, order.status, order.total) == ("6200990011223", OrderStatus.REFUNDED, Decimal("12.50"))


def test_a_variant_is_a_product_of_its_own() -> None:
    product: ProductFact = fact(SHOPIFY, "products/update", parsed("shopify-products-update.json"))
    assert (product.key, product.group, product.stock_ref) == ("55120900112233", "9120330044556", "57330011889900")
    assert (product.category, product.price, product.compare_at_price) == ("Socks", Decimal("18.50"), Decimal("22.00"))
    assert product.image == "https://cdn.example.com/socks.jpg"
    assert [stock.quantity for stock in product.stock] == [0]
    assert not product.hidden


def test_a_draft_is_hidden_and_what_is_sold_without_stock_is_in_stock() -> None:
    payload = parsed("shopify-products-update.json")
    payload["status"] = "draft"
    payload["variants"][0]["inventory_policy"] = "continue"
    product = fact(SHOPIFY, "products/update", payload)
    assert product.hidden
    assert [(stock.quantity, stock.in_stock) for stock in product.stock] == [(None, True)]


def test_a_stock_level_names_the_inventory_item() -> None:
    level: StockFact = fact(SHOPIFY, "inventory_levels/update", parsed("shopify-inventory_levels-update.json"))
    at = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
    assert level == StockFact(stock_ref="57330011889900", location="88110022", quantity=0, as_of=at)
    assert fact(SHOPIFY, "inventory_levels/update", {"inventory_item_id": 1, "available": -3}) == replace(
        level, stock_ref="1", location="", quantity=-3, as_of=AT
    )


@pytest.mark.parametrize(("_topic", "name"), SHOPIFY_SAMPLES)
def test_a_topic_that_does_not_fit_its_body_is_not_believed(_topic: str, name: str) -> None:
    for topic in {other for other, _ in SHOPIFY_SAMPLES if other.split("/")[0] != _topic.split("/")[0]}:
        with pytest.raises(BadPayloadError) as refused:
            SHOPIFY.parse(topic, parsed(name), AT)
        assert refused.value.reason == "topic_mismatch"


@pytest.mark.parametrize(
    ("topic", "wish"),
    [("customers/data_request", "tell"), ("customers/redact", "forget"), ("shop/redact", "forget_shop")],
)
def test_a_privacy_request_says_what_is_wished_and_for_whom(topic: str, wish: str) -> None:
    payload = {"shop_id": 1, "customer": {"id": 2, "email": "A@example.com", "note": "x"}, "extra": 1}
    [fact] = SHOPIFY.parse(topic, payload, AT)
    assert fact == PrivacyFact(PrivacyWish(wish), CustomerFact(source_id="2", email="a@example.com"))
    assert SHOPIFY.allow_listed(topic, payload) == {"shop_id": 1, "customer": {"id": 2, "email": "A@example.com"}}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"country": "US", "region": "FL"}, ("US", "FL")),
        ({"country": "us", "region": "us-fl"}, ("US", "FL")),
        ({"country": "DE"}, ("DE", "")),
        ({"country": "Germany", "region": "BY"}, ("", "")),
        ({"region": "FL"}, ("", "")),
        ({"country": "US", "region": "Florida"}, ("US", "")),
    ],
)
def test_where_a_shopper_lives_is_kept_by_its_codes(told: dict[str, str], kept: tuple[str, str]) -> None:
    cart = fact(GENERIC, "cart", {"customer": {"email": "a@example.com"} | told})
    assert (cart.customer.country, cart.customer.region) == kept
    assert bool(cart.notes) == ("Germany" in told.values())
    address = {"country_code": told.get("country"), "province_code": told.get("region")}
    checkout = parsed("shopify-checkouts-update.json") | {"shipping_address": address, "billing_address": None}
    shopper = fact(SHOPIFY, "checkouts/update", checkout).customer
    assert (shopper.country, shopper.region) == kept
