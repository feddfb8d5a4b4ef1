"""The main job, end to end: HTTP in, workers, a real SMTP server out; the ledger is looked at each time."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Decision, Delivery, Episode
from tests import factories
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db

TEA = {"id": "p-101", "name": "Tea Tin Sampler", "price": "45.00", "quantity": 1, "url": "https://shop.example/p-101"}
AVERY = {"srcID": "c-9001", "email": "avery@example.com", "firstName": "Avery"}


@pytest.fixture
def shop():
    return Shop(factories.merchant(name="Fernwood"))


@pytest.fixture
def live(shop):
    """A campaign with the product feed, without delay, live for a day."""
    return go_live(shop.merchant, datetime.now(UTC) - timedelta(days=3), feed=True)


def ago(minutes):
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def abandon(shop, *, minutes=5, event_id="evt-1", cart="cart-1", customer=AVERY, products=(TEA,), **extra):
    body = {"eventID": event_id, "timestamp": ago(minutes), "cartID": cart, "customer": customer, "currency": "USD"}
    body |= {"cartURL": "https://shop.example/cart/1", "store": "north-loop", "products": list(products)} | extra
    return shop.post("/v2/cart", body)


def buy(shop, *, minutes=1, order="o-1", cart="cart-1", customer=AVERY, products=(TEA,)):
    body = {"orderID": order, "timestamp": ago(minutes), "customer": customer, "currency": "USD", "total": "45.00"}
    return shop.post(
        "/v2/orders", body | {"store": "north-loop", "products": list(products)} | ({"cartID": cart} if cart else {})
    )


def subscribe(shop, customer=AVERY):
    shop.put("/v2/contacts", {"contacts": [customer | {"consent": {"email": {"status": "subscribed"}}}]})


def test_an_abandoned_cart_becomes_a_reminder_with_its_products(shop, live, smtp_sink):
    subscribe(shop)
    assert abandon(shop) == {"eventID": "evt-1", "status": "accepted", "trigger": "dynamic"}
    run_workers()
    (mail,) = smtp_sink.messages
    html = mail.get_body(("html",)).get_content()
    assert mail["To"] == "avery@example.com"
    assert "Tea Tin Sampler" in html
    assert "$45.00" in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(Delivery.objects.get().code) in mail["Message-ID"]
    told = shop.event("evt-1")
    assert (told["state"], told["cart"]) == ("processed", {"cartID": "cart-1", "episode": 1, "status": "abandoned"})
    (decision,) = told["decisions"]
    assert (decision["outcome"], decision["reason"]) == ("sent", None)
    assert all(check["passed"] for check in decision["checks"])


def test_the_same_event_twice_is_one_message(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop, minutes=5)
    body_again = shop.call("POST", "/v2/cart", {"eventID": "evt-1", "cartID": "x", "customer": AVERY, "products": []})
    assert body_again.status_code == 409
    run_workers()
    run_workers()
    assert len(smtp_sink.messages) == 1


def test_a_second_notice_of_the_same_abandonment_sends_nothing_more(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop, minutes=9, event_id="evt-1")
    abandon(shop, minutes=5, event_id="evt-2")
    run_workers()
    assert len(smtp_sink.messages) == 1
    assert shop.event("evt-2")["decisions"][0]["outcome"] == "sent"


def test_a_purchase_before_the_reminder_stops_it(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop)
    buy(shop)
    run_workers()
    assert smtp_sink.messages == []
    assert shop.event("evt-1")["decisions"][0]["reason"] == "bought"


def test_an_order_that_arrives_late_still_recovers_what_was_reminded_of(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop, minutes=5)
    run_workers()
    shop.post(
        "/v2/orders", {"orderID": "o-1", "customer": AVERY, "cartID": "cart-1", "total": "45.00", "currency": "USD"}
    )
    run_workers()
    assert Episode.objects.get().recovered_at is not None


def test_without_consent_nothing_is_sent_and_the_reason_is_there(shop, live, smtp_sink):
    abandon(shop)
    run_workers()
    assert smtp_sink.messages == []
    (decision,) = shop.event("evt-1")["decisions"]
    assert (decision["outcome"], decision["reason"]) == ("skipped", "no_consent")
    failed = [check for check in decision["checks"] if not check["passed"]]
    assert failed == [
        {
            "code": "consent",
            "passed": False,
            "saw": "never asked",
            "would_change": "The shopper subscribes to cart reminders on this channel",
        }
    ]


def test_an_opt_out_stops_what_waits(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop, minutes=5, event_id="evt-1")
    run_workers()
    link = smtp_sink.messages[0]["List-Unsubscribe"].strip("<>")
    path = "/u/" + link.rpartition("/u/")[2]
    assert shop.client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    abandon(shop, minutes=1, event_id="evt-2", cart="cart-2")
    run_workers()
    assert len(smtp_sink.messages) == 1
    assert shop.event("evt-2")["decisions"][0]["reason"] == "no_consent"


def test_an_unknown_shopper_waits_and_is_reminded_once_known(shop, live, smtp_sink):
    abandon(shop, customer={"srcID": "c-77"})
    run_workers()
    assert smtp_sink.messages == []
    (decision,) = shop.event("evt-1")["decisions"]
    assert (decision["outcome"], decision["reason"]) == ("deferred", "no_address")
    subscribe(shop, {"srcID": "c-77", "email": "casey@example.com"})
    run_workers()
    assert len(smtp_sink.to("casey@example.com")) == 1


def test_a_simple_event_in_a_campaign_with_a_feed_is_sent_without_the_block(shop, live, smtp_sink):
    subscribe(shop)
    shop.post("/v2/cart", {"eventID": "evt-s", "timestamp": ago(2), "customer": AVERY})
    run_workers()
    (mail,) = smtp_sink.messages
    assert "Tea Tin Sampler" not in mail.as_string()
    assert shop.event("evt-s")["cart"]["cartID"] == ""


def test_going_live_mails_no_old_carts(shop, smtp_sink):
    subscribe(shop)
    go_live(shop.merchant, datetime.now(UTC))
    abandon(shop, minutes=5)
    run_workers()
    assert smtp_sink.messages == []
    assert shop.event("evt-1")["decisions"][0]["reason"] == "abandoned_before_live"


def test_what_is_too_late_is_skipped(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop, minutes=24 * 60 + 5)
    run_workers()
    assert smtp_sink.messages == []
    assert shop.event("evt-1")["decisions"][0]["reason"] == "expired"


def test_a_sold_out_line_is_replaced_with_its_reason(shop, live, smtp_sink):
    subscribe(shop)
    mint = {"id": "p-102", "name": "Mint", "category": "Tea", "price": "44.00", "url": "https://shop.example/p-102"}
    stock = lambda quantity: [{"store": "north-loop", "quantity": quantity}]  # noqa: E731
    shop.put(
        "/v2/products",
        {"products": [TEA | {"category": "Tea", "stock": stock(0)}, mint | {"stock": stock(9), "currency": "USD"}]},
    )
    abandon(shop, products=[TEA | {"category": "Tea"}])
    run_workers()
    html = smtp_sink.messages[0].get_body(("html",)).get_content()
    assert "Instead of Tea Tin Sampler (sold out)" in html
    stock_check = next(c for c in Decision.objects.get(kind="step").checks if c["code"] == "stock")
    assert stock_check["saw"].startswith("Tea Tin Sampler: sold out, told by the store 20")
    assert stock_check["saw"].endswith("UTC, replaced by Mint (same category, $1.00 less)")


def test_nothing_buyable_left_holds_the_message_back(shop, live, smtp_sink):
    subscribe(shop)
    shop.put("/v2/products", {"products": [TEA | {"stock": [{"store": "north-loop", "quantity": 0}]}]})
    abandon(shop)
    run_workers()
    assert smtp_sink.messages == []
    assert shop.event("evt-1")["decisions"][0]["reason"] == "sold_out"


def test_a_cart_of_which_only_ids_are_known_is_still_reminded_of(shop, live, smtp_sink):
    subscribe(shop)
    shop.store.url = ""
    shop.store.save()
    shop.post("/v2/cart", {"eventID": "bare", "cartID": "c", "customer": AVERY, "products": [{"id": "p-101"}]})
    run_workers()
    (mail,) = smtp_sink.messages
    assert "An item in your cart" in mail.get_body(("plain",)).get_content()


def test_an_orders_event_tells_of_the_cart_it_closed(shop, live, smtp_sink):
    subscribe(shop)
    abandon(shop)
    run_workers()
    placed = buy(shop, minutes=0)
    run_workers()
    assert shop.event(placed["eventID"])["cart"] == {"cartID": "cart-1", "episode": 1, "status": "ordered"}


def test_two_campaigns_of_one_name_answer_each_for_itself(shop, live, smtp_sink):
    other = go_live(shop.merchant, datetime.now(UTC))
    type(other).objects.update(name="Cart")
    subscribe(shop)
    abandon(shop)
    run_workers()
    answers = [(one["outcome"], one["reason"]) for one in shop.event("evt-1")["decisions"]]
    assert sorted(answers, key=str) == [("not_entered", "abandoned_before_live"), ("sent", None)]
