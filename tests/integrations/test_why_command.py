"""`why` and `replay_webhook`: the whole route told, from a store's event to the reason."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from aiq.lib.commands import Refused
from campaigns.models import CartActivity, Delivery
from integrations import jobs
from integrations.models import EventKey
from tests import factories
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db


def why(*words: str) -> Any:
    out = StringIO()
    call_command("why", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def text(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def shop(smtp_sink: Any) -> Shop:
    """A shop whose shopper left a cart without having subscribed."""
    shop = Shop(factories.merchant(timezone="America/Denver"))
    go_live(shop.merchant, timezone.now() - timezone.timedelta(days=1))
    shop.post(
        "/v2/cart",
        {
            "eventID": "evt-1",
            "cartID": "cart-5512",
            "status": "abandoned",
            "customer": {"email": "avery@example.com", "firstName": "Avery", "phone": "+13035550111"},
            "products": [{"id": "tea-1", "name": "Sencha", "price": "12.50", "quantity": 2}],
        },
    )
    run_workers()
    return shop


@pytest.mark.parametrize("asked", ["avery@example.com", "+1 303 555 0111", "cart-5512", "evt-1"])
def test_why_tells_event_campaign_checks_and_what_would_change_them(shop: Shop, asked: str) -> None:
    (story,) = why(asked, "--merchant", shop.merchant.slug)["stories"]
    assert story["answer"] == "Not sent: Avery has not subscribed to cart reminders by email."
    assert story["would_change"] == ["The shopper subscribes to cart reminders by email"]
    events = [moment for moment in story["timeline"] if moment["kind"] == "event"]
    assert [(event["detail"], event["state"]) for event in events] == [("Event evt-1", "processed")]
    (decision,) = [one for moment in story["timeline"] for one in moment.get("decisions", [])]
    assert (decision["outcome"], decision["reason"], decision["step"]) == ("skipped", "no_consent", 1)
    assert {"code": "not_bought", "passed": True, "saw": "no order", "would_change": None} in decision["checks"]


def test_an_order_is_found_by_its_id_and_says_what_it_closed(shop: Shop) -> None:
    shop.post(
        "/v2/orders", {"eventID": "o-1", "orderID": "1043", "cartID": "cart-5512", "total": "25.00", "currency": "USD"}
    )
    run_workers()
    (story,) = why("1043")["stories"]
    titles = [moment["title"] for moment in story["timeline"]]
    assert "Avery bought for $25.00 (order 1043)" in titles or "The shopper bought for $25.00 (order 1043)" in titles
    assert any("left a cart" in title for title in titles)
    assert f"{shop.connection.name} sent an order: placed" in titles


def test_for_people_it_is_text_with_every_check(shop: Shop) -> None:
    told = text("why", "avery@example.com")
    assert "Not sent: Avery has not subscribed" in told
    assert "NO   Has agreed to cart reminders: never asked" in told
    assert "yes  Has not bought: no order" in told
    assert "would change it: The shopper subscribes" in told


def test_an_event_in_quarantine_is_explained(shop: Shop) -> None:
    factories.event(shop.connection, '{"status": "abandoned"', event_id="evt-broken")
    jobs.process_batch()
    (story,) = why("evt-broken")["stories"]
    (moment,) = story["timeline"]
    assert moment["state"] == "quarantined"
    assert moment["note"]


def test_what_nobody_knows_is_refused_with_the_next_step(shop: Shop) -> None:
    with pytest.raises(Refused, match="list_connections"):
        why("nobody@example.com")
    with pytest.raises(Refused, match="Nothing is known"):
        why("avery@example.com", "--merchant", factories.merchant().slug)
    with pytest.raises(Refused, match="There is no merchant"):
        why("avery@example.com", "--merchant", "nobody")


def test_the_page_tells_the_same_with_the_stores_events(shop: Shop) -> None:
    client = Client()
    client.force_login(factories.user(Role.OWNER, shop.merchant))
    page = client.get("/admin/why/", {"q": "evt-1"}).content.decode()
    assert "Not sent: Avery has not subscribed" in page
    assert "sent a cart: abandoned" in page


def test_a_replayed_event_ends_in_the_same_rows(shop: Shop) -> None:
    key = EventKey.objects.get(event_id="evt-1")
    out = StringIO()
    call_command("replay_webhook", str(key.code), "--yes", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"event": str(key.code), "eventID": "evt-1", "state": "received"}
    run_workers()
    key.refresh_from_db()
    assert (key.state, CartActivity.objects.count(), Delivery.objects.count()) == ("processed", 1, 1)


def test_replay_is_refused_where_there_is_nothing_to_replay(shop: Shop) -> None:
    with pytest.raises(Refused, match="There is no event"):
        text("replay_webhook", "evt-none", "--yes")
    waiting = factories.event(shop.connection)
    with pytest.raises(Refused, match="waits to be processed already"):
        text("replay_webhook", str(waiting.code), "--yes")
    other = Shop(factories.merchant())
    factories.event(other.connection, event_id="evt-1")
    with pytest.raises(Refused, match="Several stores"):
        text("replay_webhook", "evt-1", "--yes")


def test_replay_asks_and_without_a_terminal_refuses(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    with pytest.raises(Refused, match="add --yes"):
        text("replay_webhook", "evt-1")
    assert EventKey.objects.get(event_id="evt-1").state == "processed"
