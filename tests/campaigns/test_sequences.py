"""Several messages for one abandonment: each by its delay, with the cart as it is then, and none once there is a reason to stop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns import lifecycle, sending
from campaigns.consent import consents
from campaigns.models import Campaign, CampaignVersion, Content, Delivery, Episode, Shopper, Step
from tests import factories
from tests.conftest import Sink
from tests.pipeline import Shop, run_workers

pytestmark = pytest.mark.django_db

BEFORE = datetime.now(UTC) - timedelta(days=1)
TEA = {"id": "p-1", "name": "Tea", "price": "12.50", "quantity": 1, "url": "https://shop.example/p-1"}
POT = {"id": "p-2", "name": "Teapot", "price": "40.00", "quantity": 1, "url": "https://shop.example/p-2"}
AVERY = {"srcID": "c-1", "email": "avery@example.com"}


@pytest.fixture
def shop() -> Shop:
    made = Shop(factories.merchant(name="Fernwood"))
    made.put("/v2/contacts", {"contacts": [AVERY | {"consent": {"email": {"status": "subscribed"}}}]})
    return made


@pytest.fixture
def campaign(shop: Shop) -> Campaign:
    """Three mails: at once, a day and three days after the abandonment; each shows the cart."""
    body = factories.BODY.replace("something behind", "{{ items | map: 'name' | join: ' and ' | default: 'it' }}")
    made = factories.campaign(shop.merchant, name="Cart", step={"delay_minutes": 0, "body": body, "feed": True})
    for number, days in ((2, 1), (3, 3)):
        fields = {"delay_minutes": 1440 * days, "subject": f"Mail {number}", "body": body, "feed": True}
        factories.step(made, **fields)
    lifecycle.set_live(made, None, BEFORE)
    return made


def leave(shop: Shop, event: str = "e-1", *, products: Any = (TEA,), **fields: Any) -> None:
    body = {"eventID": event, "timestamp": datetime.now(UTC).isoformat(), "cartID": "cart-1", "store": "north-loop"}
    shop.post("/v2/cart", body | {"customer": AVERY, "products": list(products), "currency": "USD"} | fields)
    run_workers()


def time_passes(**span: int) -> None:
    """All that is planned comes nearer, as if it were that much later."""
    for delivery in Delivery.objects.filter(status="pending"):
        delivery.send_at -= timedelta(**span)
        delivery.expires_at -= timedelta(**span)
        delivery.save()
    run_workers()


def states() -> list[tuple[int, str, str]]:
    rows = Delivery.objects.order_by("content__position", "content__rank")
    return list(rows.values_list("content__position", "status", "reason"))


def test_each_step_is_sent_by_its_delay(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    assert states() == [(1, "sent", ""), (2, "pending", ""), (3, "pending", "")]
    abandoned = Episode.objects.get().abandoned_at
    assert [row.due_at - abandoned for row in Delivery.objects.order_by("due_at")] == [
        timedelta(0), timedelta(days=1), timedelta(days=3),
    ]  # fmt: skip
    time_passes(days=1)
    time_passes(days=2)
    assert [message["Subject"] for message in smtp_sink.messages] == ["You left something", "Mail 2", "Mail 3"]
    steps = [(one["step"], one["channel"], one["outcome"]) for one in shop.event("e-1")["decisions"]]
    assert steps == [(1, "email", "sent"), (2, "email", "sent"), (3, "email", "sent")]


def test_a_purchase_after_the_first_step_stops_the_others(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    order = {"eventID": "o-1", "orderID": "1043", "timestamp": datetime.now(UTC).isoformat(), "cartID": "cart-1"}
    shop.post("/v2/orders", order | {"customer": AVERY, "store": "north-loop", "total": "12.50", "currency": "USD"})
    run_workers()
    assert states() == [(1, "sent", ""), (2, "skipped", "bought"), (3, "skipped", "bought")]
    assert len(smtp_sink.messages) == 1


def test_an_emptied_cart_stops_the_sequence(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    leave(shop, "e-2", products=())
    assert states()[1:] == [(2, "skipped", "emptied"), (3, "skipped", "emptied")]
    assert len(smtp_sink.messages) == 1


def test_who_comes_back_gets_no_more_of_the_old_sequence(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    leave(shop, "e-2", status="open", products=(TEA, POT))
    assert states()[1:] == [(2, "skipped", "came_back"), (3, "skipped", "came_back")]


def test_an_opt_out_between_two_steps_stops_the_next(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    consents.opt_out(Shopper.objects.get().pk, "email", source="test", now=datetime.now(UTC))
    run_workers()
    assert states()[1:] == [(2, "skipped", "no_consent"), (3, "skipped", "no_consent")]
    assert len(smtp_sink.messages) == 1


def test_a_cart_said_to_be_bought_elsewhere_stops_the_sequence(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    Episode.objects.update(closed_at=datetime.now(UTC), closed_by="elsewhere")
    time_passes(days=1)
    assert states()[1] == (2, "skipped", "bought_elsewhere")


def test_a_step_shows_the_cart_as_it_is_by_then(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    cart = Episode.objects.get().cart
    cart.lines = [*cart.lines, cart.lines[0] | {"key": "p-2", "name": "Teapot"}]
    cart.save()
    time_passes(days=1)
    first, second = (message.get_body(("plain",)).get_content() for message in smtp_sink.messages)
    assert "Tea and Teapot" not in first
    assert "Tea and Teapot" in second


def test_a_step_that_came_to_nothing_does_not_stop_the_next(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    smtp_sink.answer = "550 no such user"
    leave(shop)
    smtp_sink.answer = "250 OK"
    time_passes(days=1)
    assert states()[:2] == [(1, "failed", "refused"), (2, "sent", "")]


def test_a_step_taken_out_is_not_sent_any_more_and_the_others_are(
    shop: Shop, campaign: Campaign, smtp_sink: Sink
) -> None:
    leave(shop)
    lifecycle.pause(campaign, None)
    with lifecycle.editing(campaign, None):
        campaign.steps.filter(position=2).update(removed_at=datetime.now(UTC))
    lifecycle.set_live(campaign, None, datetime.now(UTC))
    run_workers()
    assert states() == [(1, "sent", ""), (2, "skipped", "step_removed"), (3, "pending", "")]
    time_passes(days=3)
    assert states()[2] == (3, "sent", "")
    assert [message["Subject"] for message in smtp_sink.messages] == ["You left something", "Mail 3"]


def test_a_step_that_was_added_reaches_no_cart_left_before_also_where_its_notice_is_repeated(
    shop: Shop, campaign: Campaign, smtp_sink: Sink
) -> None:
    leave(shop)
    lifecycle.pause(campaign, None)
    with lifecycle.editing(campaign, None):
        factories.step(campaign, delay_minutes=0, subject="Another first one")
        campaign.steps.filter(position=1).update(removed_at=datetime.now(UTC))
    lifecycle.set_live(campaign, None, datetime.now(UTC))
    leave(shop, "e-2")
    assert [message["Subject"] for message in smtp_sink.messages] == ["You left something"]
    assert Delivery.objects.count() == 3


def test_a_version_holds_every_step_in_order(shop: Shop, campaign: Campaign) -> None:
    version = CampaignVersion.objects.get()
    assert list(version.contents.order_by("position").values_list("delay_minutes", flat=True)) == [0, 1440, 4320]
    assert {content.step_id for content in Content.objects.all()} == {step.pk for step in Step.objects.all()}


def test_the_same_event_twice_makes_no_second_sequence(shop: Shop, campaign: Campaign, smtp_sink: Sink) -> None:
    leave(shop)
    leave(shop, "e-2")
    while sending.send_batch():
        pass
    assert len(states()) == 3
