from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.checking import Invalid, check
from integrations.schema import CartDocument, CatalogProduct, Contact, OrderDocument
from tests.integrations.payloads import parsed

NOW = datetime(2026, 3, 9, 19, tzinfo=UTC)
WHO = {"email": "a@example.com"}


def errors(document: Any, kind: Any = CartDocument) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as invalid:
        check(document, kind, NOW)
    return [(error.pointer, error.code) for error in invalid.value.errors]


def cart(**fields: Any) -> CartDocument:
    return check({"customer": WHO, **fields}, CartDocument, NOW)


def test_the_sample_cart_reads() -> None:
    document = check(parsed("v2-cart-dynamic.json"), CartDocument, NOW)
    assert document.event_id == "evt-7f0c2d"
    assert document.products
    assert [line.price for line in document.products] == [Decimal("45.00"), Decimal("18")]


def test_a_name_cannot_turn_around_what_is_written_behind_it() -> None:
    line = {"id": "p-\u202e1", "name": "\u202eTea\u2066 שלום ", "price": "1", "quantity": 1}
    [read] = cart(cartID="c-1", products=[line]).products or []
    assert (read.name, read.id) == ("Tea שלום", "p-\u202e1")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"customer": None}, ("/customer", "required")),
        ({"customer": {"firstName": "A"}}, ("/customer", "required")),
        ({"customer": {"email": " "}}, ("/customer", "required")),
        ({"customer": {"email": "a@b"}}, ("/customer/email", "email")),
        ({"customer": {"email": "a b@example.com"}}, ("/customer/email", "email")),
        ({"customer": {"email": "a@example.com\nBcc: x@example.com"}}, ("/customer/email", "email")),
        ({"customer": {"email": 5}}, ("/customer/email", "type")),
        ({"customer": {**WHO, "srcID": 1.5}}, ("/customer/srcID", "type")),
        ({"customer": {**WHO, "srcID": True}}, ("/customer/srcID", "type")),
        ({"customer": {**WHO, "srcID": "x" * 129}}, ("/customer/srcID", "too_long")),
        ({"customer": {**WHO, "srcID": 10**128}}, ("/customer/srcID", "too_long")),
        ({"customer": {**WHO, "srcID": -(10**128 - 1)}}, ("/customer/srcID", "too_long")),
        ({"customer": []}, ("/customer", "type")),
        ({"status": "gone"}, ("/status", "choice")),
        ({"timestamp": "2026-03-09T18:30:00"}, ("/timestamp", "time")),
        ({"timestamp": "yesterday"}, ("/timestamp", "time")),
        ({"timestamp": 1e300}, ("/timestamp", "time")),
        ({"timestamp": -5}, ("/timestamp", "time")),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, ("/timestamp", "time")),
        ({"timestamp": []}, ("/timestamp", "type")),
        ({"timestamp": True}, ("/timestamp", "type")),
        ({"timestamp": "2026-03-09T19:05:01Z"}, ("/timestamp", "ahead")),
        ({"timestamp": 1773081000000}, ("/timestamp", "time")),
        ({"currency": "usd"}, ("/currency", "currency")),
        ({"currency": "ZZZ"}, ("/currency", "currency")),
        ({"totals": {"total": "-1"}}, ("/totals/total", "price")),
        ({"products": []}, ("/cartID", "required")),
        ({"products": {}}, ("/products", "type")),
        ({"cartID": 1, "products": [{"id": 1}, {}]}, ("/products/1/id", "required")),
        ({"cartID": 1, "products": [{"id": 1}, 7]}, ("/products/1", "type")),
        ({"cartID": 1, "products": [{"id": 1}] * 251}, ("/products", "limit")),
        ({"cartID": 1, "products": [{}] * 251}, ("/products", "limit")),
        ({"cartID": 1, "products": [{"id": 1, "quantity": 0}]}, ("/products/0/quantity", "limit")),
        ({"cartID": 1, "products": [{"id": 1, "quantity": 100_001}]}, ("/products/0/quantity", "limit")),
        ({"cartID": 1, "products": [{"id": 1, "quantity": "2"}]}, ("/products/0/quantity", "type")),
        ({"cartID": 1, "products": [{"id": 1, "inStock": "yes"}]}, ("/products/0/inStock", "type")),
    ],
)
def test_a_wrong_field_is_pointed_at(fields: dict[str, Any], found: tuple[str, str]) -> None:
    assert errors({"customer": WHO, **fields}) == [found]


def test_all_wrong_fields_are_told_at_once() -> None:
    products = [{"id": 1, "price": "x"}, {"sku": "a"}, {"id": {}, "price": True}, {}]
    document = {"customer": {"email": "?"}, "cartID": 1, "currency": "!", "products": products}
    assert sorted(errors(document)) == [
        ("/currency", "currency"),
        ("/customer/email", "email"),
        ("/products/0/price", "price"),
        ("/products/2/id", "type"),
        ("/products/2/price", "type"),
        ("/products/3/id", "required"),
    ]


def test_not_more_than_a_hundred_errors_are_told() -> None:
    assert len(errors({"customer": WHO, "cartID": 1, "products": [{"id": [], "price": []}] * 250})) == 100


@pytest.mark.parametrize("document", [None, [], "x", 1, True])
def test_a_document_that_is_no_object_is_pointed_at_as_a_whole(document: Any) -> None:
    assert errors(document) == [("", "type")]


@pytest.mark.parametrize(
    ("given", "price"),
    [
        (45, "45"),
        ("45.00", "45.00"),
        (45.1, "45.1"),
        (0.1 + 0.2, "0.3"),
        (0, "0"),
        (1e2, "100"),
        (1e-7, "0"),
        (0.1 + 0.2 - 0.3, "0"),
        (45 / 7, "6.4286"),
        (99999999999.9, "99999999999.9"),
        ("999999999999", "999999999999"),
    ],
)
def test_a_price_is_read_as_it_was_meant(given: Any, price: str) -> None:
    document = cart(totals={"total": given})
    assert document.totals
    assert document.totals.total == Decimal(price)


@pytest.mark.parametrize(
    "given",
    [-1, "-1", "1e5", "1,50", "", " 5", "٣", "+5", 10**12, "1234567890.123", 1e13, 12345678901.23, 1e300, True, []],
)
def test_what_is_no_price_is_refused(given: Any) -> None:
    assert errors({"customer": WHO, "totals": {"total": given}})[0][0] == "/totals/total"


@pytest.mark.parametrize(
    "given",
    ["2026-03-09T18:30:00Z", "2026-03-09T11:30:00.000000000-07:00", "20260309T183000Z", 1773081000, 1773081000.0],
)
def test_a_time_is_read_in_each_spelling(given: Any) -> None:
    assert cart(timestamp=given).timestamp == datetime(2026, 3, 9, 18, 30, tzinfo=UTC)


def test_five_minutes_ahead_are_allowed() -> None:
    assert cart(timestamp=(NOW + timedelta(minutes=5)).isoformat()).timestamp == NOW + timedelta(minutes=5)


def test_an_integer_id_beyond_what_a_float_holds_stays_exact() -> None:
    assert cart(cartID=2**53 + 1).cart_id == "9007199254740993"


def test_null_and_blank_are_as_absent_and_unknown_fields_are_ignored() -> None:
    document = cart(cartID=" ", currency=None, cartURL="", products=None, weather="fine", customer={**WHO, "phone": ""})
    assert not document.cart_id
    assert document.products is None


def test_an_order_needs_its_id_only() -> None:
    assert errors({"status": "lost"}, OrderDocument) == [("/status", "choice"), ("/orderID", "required")]
    assert check({"orderID": 5}, OrderDocument, NOW).order_id == "5"


def test_a_contact_is_checked_to_its_depth() -> None:
    contact = {
        "email": "a@example.com",
        "timezone": "Mars/Base",
        "birthdate": "1990-02-30",
        "attributes": {"a/b~c": []},
    }
    consent = {"email": {"status": "maybe"}, "sms": {}, "push": {"status": "subscribed", "at": "2026-03-10T00:00:00Z"}}
    found = errors({**contact, "consent": consent}, Contact)
    assert sorted(found) == [
        ("/attributes/a~1b~0c", "type"),
        ("/birthdate", "date"),
        ("/consent/email/status", "choice"),
        ("/consent/sms/status", "required"),
        ("/timezone", "timezone"),
    ]
    push = {"email": "a@example.com", "consent": {"push": consent["push"]}}
    assert errors(push, Contact) == [("/consent/push/at", "ahead")]


def test_a_product_of_the_catalogue_may_have_sold_beyond_its_stock() -> None:
    product = check({"sku": "a", "stock": [{"store": "north", "quantity": -2}]}, CatalogProduct, NOW)
    assert product.stock
    assert product.stock[0].quantity == -2


@pytest.mark.parametrize(
    ("attributes", "said"),
    [({"k" * 129: 1}, "Names of at most 128 characters."), ({str(n): n for n in range(101)}, "At most 100.")],
)
def test_attributes_say_whether_a_name_is_too_long_or_there_are_too_many(attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as invalid:
        check({"sku": "a", "attributes": attributes}, CatalogProduct, NOW)
    assert [(error.pointer, error.detail) for error in invalid.value.errors] == [("/attributes", said)]
