import gzip
import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import DataError, connection
from django.utils import timezone

from aiq.lib import doorbell
from campaigns import reasons
from campaigns.models import Consent, Shopper
from integrations import ingest, limits, parsing
from integrations.models import Connection, EventKey, InboundEvent
from integrations.reasons import EVENT_REASONS
from products.models import Product, Stock
from tests import factories
from tests.integrations.payloads import raw
from tests.integrations.shops import Shop, settle_all, shop

pytestmark = pytest.mark.django_db
WHO = {"email": "avery@example.com"}


def refusal(response: Any, status: int) -> list[tuple[str, str]]:
    """The errors of a problem, which also must be one as RFC 9457 has it, and nothing must have been kept."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return [(error["pointer"], error["code"]) for error in problem["errors"]]


def test_a_dynamic_cart_is_accepted_and_kept_as_it_came() -> None:
    response = (store := shop()).call("POST", "cart", raw("v2-cart-dynamic.json"))
    assert response.status_code == 202
    assert response.json() == {"data": {"eventID": "evt-7f0c2d", "status": "accepted", "trigger": "dynamic"}}
    event = store.event("evt-7f0c2d")
    assert (event.state, event.event.topic) == ("received", "cart")
    assert event.event.body.encode() == raw("v2-cart-dynamic.json")


def test_a_simple_cart_is_accepted() -> None:
    response = shop().call("POST", "cart", raw("v2-cart-simple.json"))
    assert response.json()["data"] == {"eventID": "evt-7f0c2e", "status": "accepted", "trigger": "simple"}


def test_an_order_is_accepted() -> None:
    response = shop().call("POST", "orders", {"eventID": "o-1", "orderID": 7, "total": 5, "customer": WHO})
    assert response.status_code == 202
    assert response.json() == {"data": {"eventID": "o-1", "status": "accepted"}}


def test_a_repeat_answers_duplicate_and_writes_nothing() -> None:
    store = shop()
    store.post_cart(eventID="e", status="abandoned")
    again = store.call("POST", "cart", {"status": "abandoned", "customer": WHO, "eventID": "e"})
    assert (again.status_code, again.json()["data"]["status"]) == (202, "duplicate")
    assert InboundEvent.objects.count() == EventKey.objects.count() == 1


def test_the_same_id_with_another_body_is_a_conflict() -> None:
    store = shop()
    store.post_cart(eventID="e")
    assert refusal(store.post_cart(eventID="e", status="complete"), 409) == [("/eventID", "conflict")]
    assert InboundEvent.objects.count() == 1


def test_the_same_id_of_another_connection_is_another_event() -> None:
    assert [shop().post_cart(eventID="e").json()["data"]["status"] for _ in range(2)] == ["accepted", "accepted"]


def test_without_an_id_the_same_cart_status_and_time_is_a_repeat() -> None:
    store = shop()
    first, again, other = (store.post_cart(timestamp=at).json()["data"] for at in (1773081000, 1773081000, 1773081001))
    assert (first["status"], again["status"], other["status"]) == ("accepted", "duplicate", "accepted")
    assert first["eventID"] == again["eventID"] != other["eventID"]
    assert store.call("GET", f"events/{first['eventID']}").status_code == 200


def test_without_id_and_time_an_identical_body_is_a_repeat_for_ten_minutes() -> None:
    store = shop()
    first, again = store.post_cart().json()["data"], store.post_cart().json()["data"]
    assert (again["status"], again["eventID"]) == ("duplicate", first["eventID"])
    EventKey.objects.update(event_id=first["eventID"][:-1] + "x", received_at=timezone.now() - timedelta(minutes=11))
    assert store.post_cart().json()["data"]["status"] == "accepted"


def test_ten_minutes_slide_over_the_turn_of_their_stretch() -> None:
    store = shop()
    first = store.post_cart().json()["data"]["eventID"]
    stem, stretch = first.rsplit("-", 1)
    before = f"{stem}-{int(stretch) - 1}"
    EventKey.objects.update(event_id=before, received_at=timezone.now() - timedelta(minutes=9))
    assert store.post_cart().json()["data"] == {"eventID": before, "status": "duplicate", "trigger": "simple"}
    EventKey.objects.update(received_at=timezone.now() - timedelta(minutes=11))
    assert store.post_cart().json()["data"]["status"] == "accepted"


def test_an_order_without_id_repeats_by_order_status_and_time() -> None:
    store = shop()
    order = {"orderID": 7, "status": "placed", "timestamp": 1773081000, "customer": WHO}
    assert store.call("POST", "orders", order).json()["data"]["status"] == "accepted"
    assert store.call("POST", "orders", order).json()["data"]["status"] == "duplicate"
    assert store.call("POST", "orders", {**order, "status": "refunded"}).json()["data"]["status"] == "accepted"
    assert refusal(store.call("POST", "orders", {**order, "total": 5}), 409) == [("/timestamp", "conflict")]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a":1,"a":1}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b"[" * 50_000, b'"\xff"', b"\0"],
)
def test_what_is_not_json_is_400(body: bytes) -> None:
    assert len(refusal(shop().call("POST", "cart", body), 400)) == 1
    assert not EventKey.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"'])
def test_json_that_is_no_object_is_422(body: bytes) -> None:
    for method, path in (("POST", "cart"), ("POST", "orders"), ("PUT", "contacts"), ("PUT", "products")):
        assert refusal(shop().call(method, path, body), 422) == [("", "type")]


def test_wrong_fields_are_422_with_pointers_and_nothing_is_kept() -> None:
    response = shop().post_cart(customer={"email": "x"}, cartID=1, products=[{"id": 1, "price": "free"}])
    assert refusal(response, 422) == [("/customer/email", "email"), ("/products/0/price", "price")]
    assert not EventKey.objects.exists()


@pytest.mark.parametrize("key", ["", "aiq_wrong", "é", "x" * 5000])
def test_an_unknown_key_is_401(key: str) -> None:
    store = shop()
    store.key = key
    response = store.post_cart()
    refusal(response, 401)
    assert response.headers["WWW-Authenticate"]


def test_a_missing_key_is_401_whatever_the_body() -> None:
    refusal(shop().call("POST", "cart", b"{", headers={}), 401)


def test_a_connection_that_is_switched_off_is_403() -> None:
    store = shop(disconnected_at=timezone.now())
    refusal(store.post_cart(), 403)
    refusal(store.call("GET", "events/e"), 403)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "cart", "POST"),
        ("PUT", "orders", "POST"),
        ("POST", "contacts", "PUT"),
        ("DELETE", "products", "PUT"),
        ("POST", "events/e", "GET"),
        ("OPTIONS", "cart", "POST"),
    ],
)
def test_another_method_is_405_and_says_which_is_allowed(method: str, path: str, allowed: str) -> None:
    response = shop().call(method, path, {})
    refusal(response, 405)
    assert response.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["", "carts", "cart/", "events/", "../v2/nothing"])
def test_an_unknown_address_is_404(path: str) -> None:
    refusal(shop().call("POST", path, {}), 404)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin-1"],
)
def test_another_type_is_415(kind: str) -> None:
    refusal(shop().call("POST", "cart", {"customer": WHO}, content_type=kind), 415)


def test_a_compressed_body_is_415_and_says_what_is_taken() -> None:
    store = shop()
    key = {"X-APIKEY": store.key}
    packed = gzip.compress(json.dumps({"customer": WHO}).encode())
    response = store.call("POST", "cart", packed, headers=key | {"Content-Encoding": "gzip"})
    refusal(response, 415)
    assert response.headers["Accept-Encoding"] == "identity"
    plain = store.call("POST", "cart", {"customer": WHO}, headers=key | {"Content-Encoding": "identity"})
    assert plain.status_code == 202


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "application/vnd.shop+json", ""])
def test_json_by_another_name_is_read(kind: str) -> None:
    assert shop().call("POST", "cart", {"customer": WHO}, content_type=kind).status_code == 202


def test_a_body_over_256_kib_is_413_and_a_catalogue_may_have_1_mib() -> None:
    padding = {"note": "x" * 256 * 1024}
    refusal(shop().post_cart(**padding), 413)
    assert shop().call("PUT", "products", {"products": [], **padding}).status_code == 200
    refusal(shop().call("PUT", "products", {"products": [], "note": "x" * 1024 * 1024}), 413)


def test_a_body_that_comes_in_chunks_is_read_to_its_limit() -> None:
    store = shop()

    def chunked(body: bytes) -> Any:
        extra = {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
        return store.call("POST", "cart", b"", **extra)

    assert chunked(raw("v2-cart-simple.json")).json()["data"]["status"] == "accepted"
    refusal(chunked(b"[" + b" " * 256 * 1024 + b"]"), 413)


def test_too_many_calls_are_429_with_the_time_to_wait(settings: Any, clean_redis: None) -> None:
    settings.STORE_CALLS_PER_SECOND = 2
    answers = [(store := shop()).post_cart(eventID="e")] + [store.post_cart(eventID="e") for _ in range(20)]
    limits.forget()
    refused = [answer for answer in answers if answer.status_code != 202]
    assert refused
    for answer in refused:
        refusal(answer, 429)
        assert answer.headers["Retry-After"] == "1"


def test_contacts_are_committed_before_the_answer() -> None:
    contacts = [
        {"email": "a@example.com", "firstName": "A", "consent": {"email": {"status": "subscribed"}}},
        {"email": "nobody"},
        {"srcID": 5},
    ]
    response = shop().call("PUT", "contacts", {"contacts": contacts})
    assert response.status_code == 200
    first, second, third = response.json()["data"]
    assert (first["index"], first["status"], first["errors"]) == (0, "ok", [])
    assert Shopper.objects.get(code=first["contactID"]).email == "a@example.com"
    assert Consent.objects.get().status == "subscribed"
    assert (second["status"], second["contactID"]) == ("error", None)
    assert [error["pointer"] for error in second["errors"]] == ["/contacts/1/email"]
    assert third["status"] == "ok"


def test_what_a_row_was_kept_without_is_told_with_its_place() -> None:
    store = shop()
    people = [
        WHO,
        {**WHO, "phone": "555 0142"},
        {"srcID": 7, "phone": "none"},
        {"email": "b@example.com", "contactID": "x"},
    ]
    rows = store.call("PUT", "contacts", {"contacts": people}).json()["data"]
    assert [(row["status"], [(e["pointer"], e["code"]) for e in row["errors"]]) for row in rows] == [
        ("ok", []),
        ("ok", [("/contacts/1/phone", "dropped")]),
        ("ok", [("/contacts/2/phone", "dropped")]),
        ("ok", [("/contacts/3", "ignored")]),
    ]
    goods = [{"id": 1, "url": "javascript:alert(1)", "image": "ftp://example.com/a.png"}]
    (row,) = store.call("PUT", "products", {"products": goods}).json()["data"]
    assert row["status"] == "ok"
    assert [(e["pointer"], e["code"]) for e in row["errors"]] == [
        ("/products/0/image", "dropped"),
        ("/products/0/url", "dropped"),
    ]


def test_products_and_stock_are_committed_before_the_answer() -> None:
    products = [
        {"id": 1, "name": "Tea", "price": "4.50", "inStock": True},
        {"name": "no id"},
        {"sku": "b", "price": "x"},
    ]
    rows = shop().call("PUT", "products", {"products": products}).json()["data"]
    assert [row["status"] for row in rows] == ["ok", "error", "error"]
    assert [error["pointer"] for row in rows for error in row["errors"]] == ["/products/1/id", "/products/2/price"]
    assert Product.objects.get().key == "1"
    assert Stock.objects.get().in_stock


@pytest.mark.parametrize("name", ["contacts", "products"])
def test_lists_have_their_limit(name: str) -> None:
    store = shop()
    assert refusal(store.call("PUT", name, {name: [{}] * 101}), 422) == [(f"/{name}", "limit")]
    assert refusal(store.call("PUT", name, {}), 422) == [(f"/{name}", "required")]
    assert refusal(store.call("PUT", name, {name: {}}), 422) == [(f"/{name}", "type")]
    assert store.call("PUT", name, {name: []}).json() == {"data": []}


@pytest.mark.parametrize("event_id", ["a\nb", "a\n", "a/b?c=d#e", "ä 1", "%2F"])
def test_an_event_is_found_whatever_its_id_holds(event_id: str) -> None:
    (store := shop()).post_cart(eventID=event_id)
    found = store.call("GET", f"events/{quote(event_id, safe='')}")
    assert (found.status_code, found.json()["data"]["eventID"]) == (200, event_id)


@pytest.mark.parametrize("event_id", ["%00", "a%00b", "%FF", "%ED%A0%80", "a" * 5000, "%0A"])
def test_an_id_that_no_event_can_have_is_404(event_id: str) -> None:
    refusal(shop().call("GET", f"events/{event_id}"), 404)


def test_a_value_that_no_check_foresaw_is_422_not_500(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*_: Any) -> None:
        raise DataError("value too long")

    monkeypatch.setattr("campaigns.intake.record_contacts", too_long)
    refusal(shop().call("PUT", "contacts", {"contacts": [WHO]}), 422)


def test_an_event_is_found_by_its_id_and_only_by_its_own_connection() -> None:
    store, event_id = shop(), "weird/id ü?"
    store.post_cart(eventID=event_id)
    found = store.call("GET", f"events/{quote(event_id)}")
    assert found.json()["data"] | {"note": None} == {
        "eventID": event_id,
        "state": "received",
        "reason": None,
        "note": None,
        "cart": None,
        "decisions": [],
    }
    refusal(store.call("GET", "events/other"), 404)
    refusal(shop().call("GET", f"events/{quote(event_id)}"), 404)


def test_a_settled_event_tells_its_cart_and_every_decision() -> None:
    store = shop()
    campaign = factories.live_campaign(store.connection.merchant)
    store.post_cart(eventID="e", cartID="c-1", products=[{"id": 1}])
    settle_all()
    found = store.call("GET", "events/e").json()["data"]
    assert (found["state"], found["cart"]) == ("processed", {"cartID": "c-1", "episode": 1, "status": "abandoned"})
    assert [decision["campaign"] for decision in found["decisions"]] == [campaign.name]


def test_an_event_goes_on_telling_its_own_episode_when_the_shopper_came_back() -> None:
    store = shop()
    campaign = factories.live_campaign(store.connection.merchant)
    for event_id, status, minutes in (("first", "abandoned", 9), ("back", "open", 6), ("again", "abandoned", 3)):
        at = (timezone.now() - timedelta(minutes=minutes)).isoformat()
        store.post_cart(eventID=event_id, cartID="c-1", products=[{"id": 1}], status=status, timestamp=at)
        settle_all()
    first, again = (store.call("GET", f"events/{event}").json()["data"] for event in ("first", "again"))
    assert first["cart"] == {"cartID": "c-1", "episode": 1, "status": "abandoned"}
    assert again["cart"] == {"cartID": "c-1", "episode": 2, "status": "abandoned"}
    store.call("POST", "orders", {"orderID": 1, "cartID": "c-1", "customer": WHO})
    store.post_cart(eventID="new", cartID="c-1", products=[{"id": 2}], status="open", timestamp=later())
    settle_all()
    found = {e: store.call("GET", f"events/{e}").json()["data"] for e in ("first", "again", "new")}
    assert {event: (data["cart"]["episode"], data["cart"]["status"]) for event, data in found.items()} == {
        "first": (1, "abandoned"),
        "again": (2, "ordered"),
        "new": (3, "open"),
    }
    met = {event: [decision["campaign"] for decision in data["decisions"]] for event, data in found.items()}
    assert met == {"first": [campaign.name], "again": [campaign.name], "new": []}


def later() -> str:
    return (timezone.now() + timedelta(minutes=2)).isoformat()


def test_the_key_of_an_event_answers_after_its_body_is_gone() -> None:
    store = shop()
    store.post_cart(eventID="e")
    InboundEvent.objects.all().delete()
    assert store.call("GET", "events/e").json()["data"]["state"] == "received"
    assert store.post_cart(eventID="e").json()["data"]["status"] == "duplicate"


@pytest.mark.django_db(transaction=True)
def test_a_connection_to_the_database_that_died_is_opened_anew() -> None:
    store = shop()
    store.post_cart(eventID="before")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    assert store.post_cart(eventID="after").json()["data"]["status"] == "accepted"


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_the_answer_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    store = shop()
    store.post_cart(eventID="warms the cache of keys")
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    responses = [store.post_cart(eventID="e"), store.call("GET", "events/e"), unknown_key(store)]
    monkeypatch.undo()
    for response in responses:
        refusal(response, 503)
        assert int(response.headers["Retry-After"]) > 0
    assert store.post_cart(eventID="e").json()["data"]["status"] == "accepted"


def unknown_key(store: Shop) -> Any:
    return store.call("POST", "cart", {}, headers={"X-APIKEY": "aiq_never_seen"})


def test_redis_away_still_gives_202(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.STORE_CALLS_PER_SECOND = 40
    limits.forget()
    doorbell.connection.cache_clear()
    try:
        assert [shop().post_cart().status_code for _ in range(3)] == [202] * 3
    finally:
        doorbell.connection.cache_clear()
        doorbell.forget()


def test_an_accepted_cart_costs_one_statement(django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = shop()
    store.post_cart(eventID="first")
    executed: list[str] = []
    original = ingest._execute

    def counted(statement: str, values: Any) -> Any:
        executed.append(statement)
        return original(statement, values)

    monkeypatch.setattr(ingest, "_execute", counted)
    with django_assert_num_queries(0):
        store.post_cart(eventID="second")
    assert len(executed) == 1


def test_the_published_schema_is_made_of_the_documents() -> None:
    response = shop().client.get("/v2/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    described = json.loads(response.content)
    assert described["openapi"].startswith("3.1")
    called = {"cart", "orders", "contacts", "products", "push/tokens", "events/{eventID}"}
    assert set(described["paths"]) == {f"/v2/{name}" for name in called}
    cart = described["components"]["schemas"]["CartDocument"]["properties"]
    assert {"eventID", "cartID", "cartURL", "customer", "products", "totals"} <= set(cart)
    assert unresolved(described) == set()


def unresolved(described: Any) -> set[str]:
    found = {part.split('"')[0] for part in json.dumps(described).split('"$ref": "')[1:]}
    return {ref for ref in found if ref.rpartition("/")[2] not in described["components"]["schemas"]}


def test_reasons_of_events_are_a_published_closed_list() -> None:
    assert all(len(code) <= 64 for code in EVENT_REASONS)
    raised = {
        found
        for path in Path(ingest.__file__).parent.rglob("*.py")
        for found in re.findall(
            r'(?:PayloadError|EventError|quarantined)\((?:event, )?"(\w+)"|reason="(\w+)"', path.read_text()
        )
    }
    raw_codes = re.findall(r'NotJsonError\("(\w+)"', Path(parsing.__file__).read_text())
    used = {code for pair in raised for code in pair if code} | {f"not_json_{code}" for code in raw_codes}
    assert used == set(EVENT_REASONS)


def test_reasons_and_checks_of_decisions_are_published() -> None:
    described = json.loads(shop().client.get("/v2/schema/?format=json").content)
    event = described["paths"]["/v2/events/{eventID}"]["get"]["responses"]["200"]["content"]["application/json"]
    decision = event["schema"]["properties"]["data"]["properties"]["decisions"]["items"]["properties"]
    checks = decision["checks"]["items"]["properties"]["code"]["enum"]
    assert {"consent", "not_bought"} <= set(checks) == {one.code for one in reasons.published()}
    assert set(decision["reason"]["enum"]) == {None, *(one.reason for one in reasons.published())}


@pytest.mark.parametrize("path", ["schema/", "docs/"])
def test_the_pages_refuse_as_the_calls_do(path: str) -> None:
    response = shop().client.post(f"/v2/{path}")
    refusal(response, 405)
    assert "GET" in response.headers["Allow"]
    assert shop().client.get(f"/v2/{path}").status_code == 200


def test_the_schema_has_a_page() -> None:
    response = shop().client.get("/v2/docs/")
    assert response.status_code == 200
    assert b"/v2/schema/" in response.content


def test_a_disconnected_connection_keeps_its_events() -> None:
    store = shop()
    store.post_cart(eventID="e")
    Connection.objects.update(disconnected_at=timezone.now())
    assert store.event("e").state == "received"
