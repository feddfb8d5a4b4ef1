import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Store
from campaigns import intake
from campaigns.models import Cart, Order, Shopper
from integrations import jobs, translating
from integrations.jobs import process_batch, process_events
from integrations.models import EventKey, InboundEvent
from integrations.waiting import claim
from products.models import Product, Stock
from tests import factories
from tests.integrations.payloads import raw
from tests.integrations.shops import Shop, settle_all, shop, shopify

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, str]]:
    return list(EventKey.objects.order_by("id").values_list("state", "reason"))


def test_a_cart_becomes_rows_that_its_event_points_to() -> None:
    store = shop()
    store.call("POST", "cart", raw("v2-cart-dynamic.json"))
    assert settle_all() == 1
    event = store.event("evt-7f0c2d")
    assert (event.state, event.reason) == ("processed", "")
    cart, shopper = Cart.objects.get(), Shopper.objects.get()
    assert (event.event.cart_id, event.event.shopper_id) == (cart.pk, shopper.pk)
    assert (cart.key, shopper.email) == ("cart-5512", "avery@example.com")


def test_an_order_becomes_a_row_that_its_event_points_to() -> None:
    store = shop()
    store.call("POST", "orders", {"eventID": "o", "orderID": 7, "total": 5, "customer": {"srcID": 1}})
    settle_all()
    assert store.event("o").event.order_id == Order.objects.get().pk


def test_what_is_kept_of_a_body_is_what_the_contract_names() -> None:
    store = shop()
    store.post_cart(eventID="e", customer={"srcID": 1, "passport": "X1"}, secret="x", timestamp=1773081000)
    settle_all()
    kept = json.loads(store.event("e").event.body)
    assert kept == {"eventID": "e", "customer": {"srcID": 1}, "timestamp": 1773081000}


def test_what_was_dropped_is_noted() -> None:
    store = shop()
    store.post_cart(eventID="e", customer={"srcID": 1, "phone": "call me"})
    settle_all()
    assert "/customer/phone dropped" in store.event("e").event.note


def test_a_processed_event_is_not_processed_again() -> None:
    shop().post_cart()
    assert (settle_all(), settle_all()) == (1, 0)


def test_a_bad_event_is_quarantined_and_its_neighbours_go_on() -> None:
    store = shop()
    store.post_cart(eventID="a")
    factories.event(store.connection, '{"customer": 5}')
    factories.event(store.connection, "not json")
    store.post_cart(eventID="b")
    settle_all()
    assert states() == [
        ("processed", ""),
        ("quarantined", "invalid_document"),
        ("quarantined", "not_json_syntax"),
        ("processed", ""),
    ]


def test_an_event_that_breaks_its_translation_is_quarantined(monkeypatch: pytest.MonkeyPatch) -> None:
    store = shop()
    store.post_cart(eventID="a")

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(translating.PROVIDERS.get("generic"), "parse", broken, raising=False)
    settle_all()
    assert states() == [("quarantined", "translation_failed")]


def test_an_event_that_cannot_be_recorded_is_found_among_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    store = shop()
    for number in range(9):
        store.post_cart(eventID=f"e{number}", customer={"srcID": number})
    record = intake.record

    def refuses_five(arrivals: Any, now: Any) -> Any:
        if any(arrival.event_id == "e5" for arrival in arrivals):
            raise ValueError("five")
        return record(arrivals, now)

    monkeypatch.setattr(intake, "record", refuses_five)
    settle_all()
    assert states() == [("processed", "")] * 5 + [("quarantined", "recording_failed")] + [("processed", "")] * 3
    assert Cart.objects.count() == 8


def test_carts_of_a_connection_that_has_them_switched_off_are_ignored_visibly() -> None:
    store = shop(carts_enabled=False)
    store.post_cart()
    store.call("POST", "orders", {"orderID": 7, "customer": {"srcID": 1}})
    settle_all()
    assert states() == [("ignored", "carts_switched_off"), ("processed", "")]
    assert (Cart.objects.count(), Order.objects.count()) == (0, 1)


def test_the_trigger_rises_with_the_first_event_of_its_kind_and_never_sinks() -> None:
    store = shop()
    mine = store.connection.stores.get()
    seen = []
    for fields in ({"customer": {"srcID": 1}}, {"cartID": 1, "products": [{"id": 1}]}, {"customer": {"srcID": 2}}):
        store.post_cart(**fields)
        settle_all()
        mine.refresh_from_db()
        seen.append(mine.cart_trigger)
    assert seen == ["simple", "dynamic", "dynamic"]


def test_a_store_nobody_knew_is_made_and_tied_to_the_connection() -> None:
    store = shop()
    store.post_cart(store="north", cartID=1, products=[{"id": 1}])
    settle_all()
    made = Store.objects.get(slug="north")
    assert (made.merchant_id, made.cart_trigger) == (store.connection.merchant_id, "dynamic")
    assert made in store.connection.stores.all()
    assert store.connection.stores.exclude(pk=made.pk).get().cart_trigger == "none"


def test_a_store_of_another_merchant_is_left_alone() -> None:
    other = factories.store(factories.merchant(), slug="north", cart_trigger="none")
    store = shop()
    store.post_cart(store="north")
    settle_all()
    other.refresh_from_db()
    assert other.cart_trigger == "none"
    assert not other.connections.exists()


def test_shopify_events_become_products_stock_carts_and_orders() -> None:
    store = shopify("s")
    for topic, name in (
        ("products/update", "shopify-products-update.json"),
        ("inventory_levels/update", "shopify-inventory_levels-update.json"),
        ("checkouts/create", "shopify-checkouts-create.json"),
        ("checkouts/update", "shopify-checkouts-update.json"),
        ("orders/create", "shopify-orders-create.json"),
    ):
        factories.event(store.connection, raw(name).decode(), topic=topic)
    settle_all()
    assert states() == [("processed", "")] * 5
    assert Product.objects.get().stock_ref == "57330011889900"
    assert not any(Stock.objects.values_list("in_stock", flat=True))
    assert (Cart.objects.get().status, Order.objects.count()) == ("ordered", 1)
    assert Shopper.objects.get().email == "nora.lindqvist@example.com"


def test_stock_of_a_product_nobody_told_of_is_noted_and_its_neighbours_are_kept() -> None:
    store = shopify("s")
    level = raw("shopify-inventory_levels-update.json").decode()
    factories.event(store.connection, level.replace("57330011889900", "1"), topic="inventory_levels/update")
    factories.event(store.connection, raw("shopify-products-update.json").decode(), topic="products/update")
    settle_all()
    assert states() == [("processed", "")] * 2
    assert list(InboundEvent.objects.order_by("key_id").values_list("note", flat=True)) == [
        "No product is known by this id.",
        "",
    ]
    assert Product.objects.count() == 1


def test_a_batch_is_shared_fairly_between_connections() -> None:
    busy, quiet = shop(), shop()
    for _ in range(20):
        factories.event(busy.connection)
    factories.event(quiet.connection)
    claimed = [event.connection_id for event in claim(10)]
    assert claimed.count(quiet.connection.pk) == 1
    assert claimed.count(busy.connection.pk) == 5


def test_more_connections_than_a_batch_holds_get_one_event_each_in_turn() -> None:
    for _ in range(6):
        factories.event(shop().connection)
    assert len({event.connection_id for event in claim(4)}) == 4


def test_queries_do_not_grow_with_the_batch(django_assert_max_num_queries: Any) -> None:
    store = shop()

    def queries(count: int) -> int:
        for number in range(count):
            store.post_cart(customer={"srcID": f"{count}-{number}"}, cartID=f"{count}-{number}", products=[{"id": 1}])
        with django_assert_max_num_queries(200) as captured:
            assert process_batch() == count
        return len(captured)

    queries(3)
    assert queries(5) == queries(60)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_what_waits_and_neither_takes_it_twice() -> None:
    store = shop()
    for number in range(60):
        store.post_cart(eventID=str(number), customer={"email": f"shopper-{number % 7}@example.com"})
    counts: list[int] = []

    def work() -> None:
        counts.append(sum(iter(lambda: process_batch(10), 0)))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 60
    assert states() == [("processed", "")] * 60
    assert Shopper.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_the_job_drains_what_waits_and_ends(monkeypatch: pytest.MonkeyPatch, clean_redis: None) -> None:
    monkeypatch.setattr(jobs, "LINGER_SECONDS", 0.05)
    store = shop()
    for number in range(3):
        store.post_cart(eventID=str(number))
    process_events()
    assert states() == [("processed", "")] * 3


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_the_job_ends_and_events_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    store = shop()
    store.post_cart()
    with monkeypatch.context() as patched:
        connection.close()
        patched.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patched.setitem(connection.settings_dict, "PORT", "1")
        process_events()
    assert states() == [("received", "")]


def test_an_event_that_waits_again_ends_in_the_same_rows() -> None:
    store = shop()
    store.call("POST", "cart", raw("v2-cart-dynamic.json"))
    settle_all()
    EventKey.objects.update(state="received")
    assert settle_all() == 1
    assert states() == [("processed", "")]
    assert (Cart.objects.count(), Shopper.objects.count()) == (1, 1)


def test_an_erased_event_leaves_no_row() -> None:
    store: Shop = shop()
    store.post_cart(eventID="e", timestamp=int(timezone.now().timestamp()))
    settle_all()
    store.event("e").delete()
    assert not InboundEvent.objects.exists()
