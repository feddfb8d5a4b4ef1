import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations import views
from integrations.models import Connection, EventKey
from integrations.signatures import live_secrets, set_secrets
from tests.integrations.payloads import raw, vectors
from tests.integrations.shops import Shop, settle_all, shop, shopify

pytestmark = pytest.mark.django_db
SECRET = "shpss_test_0123456789abcdef"


def post(store: Shop, body: bytes, headers: dict[str, str]) -> Any:
    path = f"/webhooks/{store.connection.code}/"
    return store.client.post(path, body, content_type="application/json", headers=headers)


def send(store: Shop, body: bytes, topic: str, event_id: str = "e", secret: str = SECRET) -> Any:
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    given = {"X-Shopify-Topic": topic, "X-Shopify-Event-Id": event_id, "X-Shopify-Hmac-Sha256": signature}
    return post(store, body, given)


@pytest.mark.parametrize("vector", vectors("shopify"), ids=lambda vector: vector["file"])
def test_a_signed_webhook_is_kept(vector: dict[str, Any]) -> None:
    store = shopify(vector["secret"])
    assert post(store, raw(vector["file"]), vector["headers"]).status_code == 200
    event = store.event(vector["headers"]["X-Shopify-Event-Id"])
    assert (event.state, event.event.topic) == ("received", vector["headers"]["X-Shopify-Topic"])
    assert event.event.body.encode() == raw(vector["file"])


@pytest.mark.parametrize("vector", vectors("shopify"), ids=lambda vector: vector["file"])
def test_a_body_that_was_altered_is_401_and_not_kept(vector: dict[str, Any]) -> None:
    response = post(shopify(vector["secret"]), raw(vector["file"]) + b" ", vector["headers"])
    assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")
    assert not EventKey.objects.exists()


def test_any_live_secret_verifies_while_they_overlap() -> None:
    store = shopify(SECRET)
    set_secrets(store.connection, ["new", SECRET])
    assert "new" not in Connection.objects.get(pk=store.connection.pk).secrets_encrypted
    assert live_secrets(store.connection) == ("new", SECRET)
    assert send(store, b"{}", "checkouts/update", "a", "new").status_code == 200
    assert send(store, b"{}", "checkouts/update", "b", SECRET).status_code == 200
    assert send(store, b"{}", "checkouts/update", "c", "old").status_code == 401


def test_a_retry_is_kept_once() -> None:
    store = shopify(SECRET)
    body = raw("shopify-checkouts-update.json")
    assert [send(store, body, "checkouts/update").status_code for _ in range(3)] == [200, 200, 200]
    assert EventKey.objects.count() == 1


def test_one_id_for_two_bodies_loses_neither_and_repeats_neither() -> None:
    store = shopify(SECRET)
    for _ in range(2):
        assert send(store, b'{"a":1}', "products/update").status_code == 200
        assert send(store, b'{"a":2}', "inventory_levels/update").status_code == 200
    assert EventKey.objects.count() == 2


def test_without_an_id_the_body_tells_a_retry() -> None:
    store = shopify(SECRET)
    for body in (b'{"a":1}', b'{"a":1}', b'{"a":2}'):
        assert send(store, body, "products/update", "").status_code == 200
    assert EventKey.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "topic", "state", "reason"),
    [
        (b"{", "orders/create", "quarantined", "not_json_syntax"),
        (b"\xff\x00", "orders/create", "quarantined", "not_json_syntax"),
        (b'{"a":"\xff"}', "orders/create", "quarantined", "not_json_syntax"),
        (b'{"a":"\\u0000"}', "orders/create", "quarantined", "not_json_nul"),
        (b"[" * 50_000, "orders/create", "quarantined", "not_json_too_deep"),
        (b"{}", "orders/create", "quarantined", "topic_mismatch"),
        (b"[]", "checkouts/update", "quarantined", "topic_mismatch"),
        (b"{}", "themes/publish", "ignored", "unknown_topic"),
        (b"{}", "", "ignored", "unknown_topic"),
        (b"{}", "x\x00" * 500, "ignored", "unknown_topic"),
        (b'{"shop_id":1}', "customers/redact", "ignored", "privacy_request"),
        (b"{}", "shop/redact", "quarantined", "topic_mismatch"),
        (b'{"token":"","line_items":[],"abandoned_checkout_url":""}', "checkouts/update", "quarantined", "id_missing"),
    ],
)
def test_bad_data_is_answered_200_and_told_afterwards(body: bytes, topic: str, state: str, reason: str) -> None:
    store = shopify(SECRET)
    assert send(store, body, topic).status_code == 200
    settle_all()
    event = store.event("e")
    assert (event.state, event.reason) == (state, reason)


def test_a_quarantined_body_stays_raw_for_whoever_looks_into_it() -> None:
    store = shopify(SECRET)
    send(store, b'{"oops": 1}', "orders/create")
    settle_all()
    assert store.event("e").event.body == '{"oops": 1}'


def test_hostile_headers_are_kept_or_refused_but_never_an_error() -> None:
    store = shopify(SECRET)
    assert send(store, b"{}", "t" * 500, "i" * 500).status_code == 200
    assert send(store, b"{}", "é", "ü\x01").status_code == 200
    assert post(store, b"{}", {"X-Shopify-Hmac-Sha256": "ü" * 100}).status_code == 401


def test_an_unknown_address_is_404_and_another_method_405() -> None:
    store = shopify(SECRET)
    assert store.client.post(f"/webhooks/{uuid4()}/", b"{}", content_type="application/json").status_code == 404
    assert store.client.post("/webhooks/nonsense/", b"{}", content_type="application/json").status_code == 404
    assert store.client.get(f"/webhooks/{store.connection.code}/").status_code == 405


def test_a_connection_that_is_switched_off_is_403() -> None:
    store = shopify(SECRET, disconnected_at=timezone.now())
    assert send(store, b"{}", "orders/create").status_code == 403


def test_a_body_beyond_all_measure_is_413() -> None:
    assert send(shopify(SECRET), b"x" * (2 * 1024 * 1024 + 1), "orders/create").status_code == 413


def test_a_shop_of_our_own_api_has_no_webhook() -> None:
    store = shop()
    assert send(store, b"{}", "cart").status_code == 401


def test_a_secret_under_a_lost_key_verifies_nothing(settings: Any) -> None:
    store = shopify(SECRET)
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "another", []
    views.forget_hooks()
    assert send(store, b"{}", "orders/create").status_code == 401


def test_secrets_outlive_a_change_of_the_data_key(settings: Any) -> None:
    store = shopify(SECRET)
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "another", [settings.DATA_KEY]
    assert live_secrets(store.connection) == (SECRET,)


def test_a_kept_body_holds_only_what_a_cart_needs() -> None:
    store = shopify(SECRET)
    send(store, raw("shopify-checkouts-update-completed.json"), "checkouts/update")
    settle_all()
    kept = json.loads(store.event("e").event.body)
    assert kept["token"] == "7f0c5b8d2c1e4a6f9b3d8e7a6c5b4d3e"
    named = {"first_name": "Nora", "last_name": "Lindqvist"}
    assert kept["shipping_address"] == named | {"country_code": "US", "province_code": "WA"}
    assert "landing_site" not in kept
