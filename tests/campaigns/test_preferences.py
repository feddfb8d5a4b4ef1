"""The page behind every message, over HTTP as a shopper uses it: what each button does, and what it leaves alone."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from aiq.lib import doorbell
from campaigns import intake, refolding, sending
from campaigns.consent import consents
from campaigns.facts import CartFact, CartStatus, ConsentFact, ConsentStatus, ContactFact, CustomerFact, Origin
from campaigns.links import LinkMaker
from campaigns.models import (
    Cart,
    CartActivity,
    Consent,
    Delivery,
    Episode,
    OptInRequest,
    SentMessage,
    Shopper,
    TrackingEvent,
)
from tests import factories
from tests.conftest import Sink

pytestmark = pytest.mark.django_db
TEA = factories.line("tea", name="Sencha")
TIN = factories.line("tin", name="Tin")


def delivery(status: str = "sent", *, lines: Any = (TEA, TIN), shopper: Any = None, **fields: Any) -> Delivery:
    """A reminder of two products. With `status` pending it is due now."""
    merchant = fields.pop("merchant", None) or factories.merchant()
    fields.setdefault("sent_at", timezone.now() - timedelta(hours=1) if status == "sent" else None)
    made = factories.cart(merchant, shopper or factories.shopper(merchant), lines=list(lines))
    at = timezone.now() - timedelta(minutes=30)
    CartActivity.objects.create(
        cart=made, occurred_at=at, status="abandoned", event_id="a", shopper=made.shopper, lines=made.lines
    )
    refolding.refold({made.pk})
    return factories.delivery(factories.live_campaign(merchant), made.episodes.get(), status=status, **fields)


def page(one: Delivery) -> str:
    return LinkMaker("", one.code).preferences_url


def press(one: Delivery, action: str, **form: Any) -> HttpResponse:
    answer = Client(enforce_csrf_checks=True).post(page(one), {"action": action} | form)
    assert answer.status_code == 303
    assert not answer.cookies
    return Client().get(answer["Location"])  # type: ignore[return-value]


def standing(shopper: Shopper | None) -> dict[str, str]:
    return {f"{c.channel}.{c.topic}": c.status for c in Consent.objects.filter(shopper=shopper, closed_at=None)}


def send(sink: Sink) -> list[str]:
    sending.send_batch()
    return [message["To"] for message in sink.messages]


def test_the_page_is_the_merchants_strict_and_sets_no_cookie() -> None:
    one = delivery(merchant=factories.merchant(brand_color="#112233", name="Fernwood"))
    answer = Client().get(page(one))
    assert "--brand: #112233" in answer.content.decode()
    assert "Fernwood" in answer.content.decode()
    assert "script" not in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.parametrize(
    ("locale", "said"), [("es_MX", "Tus preferencias"), ("en", "Your preferences"), ("", "Your pref")]
)
def test_it_speaks_the_shoppers_language(locale: str, said: str) -> None:
    merchant = factories.merchant()
    one = delivery(merchant=merchant, shopper=factories.shopper(merchant, locale=locale))
    assert said in Client().get(page(one)).content.decode()


def test_switches_say_channel_and_topic_and_keep_what_was_shown_as_wording() -> None:
    one = delivery()
    factories.consent(one.shopper, topic="newsletter")
    press(one, "save", shown=["email.cart", "email.newsletter"], on=["email.cart"])
    assert standing(one.shopper) == {"email.cart": "subscribed", "email.newsletter": "unsubscribed"}
    made = Consent.objects.get(closed_at=None, topic="newsletter")
    assert (made.source, made.wording) == ("preference page", "Newsletters by email")


def test_what_was_not_shown_stays_as_it_is() -> None:
    one = delivery()
    press(one, "save", shown=["sms.cart", "email.wrong"], on=["sms.cart"])
    assert standing(one.shopper) == {"email.cart": "subscribed"}


def test_stop_everything_closes_every_topic_and_skips_what_waits() -> None:
    one = delivery("pending", due_at=timezone.now() + timedelta(hours=1))
    said = press(one, "stop").content.decode()
    assert set(standing(one.shopper).values()) == {"unsubscribed"}
    assert {"email.cart", "email.newsletter"} <= standing(one.shopper).keys()
    one.refresh_from_db()
    assert (one.status, one.reason) == ("skipped", "no_consent")
    assert "Stop everything" not in said
    assert TrackingEvent.objects.get().kind == "unsubscribed"


def test_a_store_cannot_revive_what_was_stopped_for_any_topic() -> None:
    one = delivery()
    press(one, "stop")
    assert one.shopper
    for topic in ("cart", "newsletter"):
        fact = ConsentFact("email", ConsentStatus.SUBSCRIBED, topic=topic)
        assert consents.record([consents.Stated(one.shopper, fact, timezone.now())]) == [consents.OPTED_OUT]
    assert set(standing(one.shopper).values()) == {"unsubscribed"}


def test_coming_back_sends_nothing_before_its_time(smtp_sink: Sink) -> None:
    one = delivery()
    press(one, "unsubscribe")
    later = delivery("pending", merchant=one.merchant, shopper=one.shopper, due_at=timezone.now() + timedelta(hours=1))
    press(one, "subscribe")
    assert send(smtp_sink) == []
    assert Delivery.objects.get(pk=later.pk).status == "pending"


def test_a_break_keeps_a_message_back_until_it_is_over_or_too_late(smtp_sink: Sink) -> None:
    one = delivery("pending")
    assert "break until" in press(one, "snooze", length="week").content.decode()
    assert send(smtp_sink) == []
    one.refresh_from_db()
    assert (one.status, one.reason) == ("skipped", "snoozed")


def test_a_break_that_ends_lets_go_what_waited(smtp_sink: Sink) -> None:
    one = delivery("pending", due_at=timezone.now())
    Shopper.objects.update(snoozed_until=timezone.now() + timedelta(hours=1))
    assert send(smtp_sink) == []
    assert Delivery.objects.get().status == "pending"
    press(one, "resume")
    assert len(send(smtp_sink)) == 1


def test_a_break_that_begins_while_a_group_is_handed_over_stops_it(smtp_sink: Sink, monkeypatch: Any) -> None:
    delivery("pending")
    compose = sending.compose
    monkeypatch.setattr(
        sending,
        "compose",
        lambda *args: (Shopper.objects.update(snoozed_until=timezone.now() + timedelta(days=7)), compose(*args))[1],
    )
    assert send(smtp_sink) == []


def test_bought_elsewhere_ends_the_cart_for_good(smtp_sink: Sink) -> None:
    first = delivery()
    waiting = factories.delivery(factories.live_campaign(first.merchant), first.episode)
    for _ in range(2):
        press(first, "elsewhere")
    episode = Episode.objects.get()
    assert (episode.closed_by, Cart.objects.get().status) == ("elsewhere", "abandoned")
    assert send(smtp_sink) == []
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("skipped", "bought_elsewhere")


def test_another_notice_of_a_cart_settled_elsewhere_begins_nothing_but_a_new_product_does() -> None:
    one = delivery()
    press(one, "elsewhere")
    cart = one.episode.cart
    again = {"cart": cart, "status": "abandoned", "occurred_at": timezone.now() + timedelta(minutes=1)}
    CartActivity.objects.create(**again, event_id="b", lines=cart.lines)
    refolding.refold({cart.pk})
    assert cart.episodes.count() == 1
    CartActivity.objects.create(**again, event_id="c", lines=[TEA])
    refolding.refold({cart.pk})
    assert cart.episodes.count() == 2


def test_a_refused_product_is_left_out_and_the_rest_goes(smtp_sink: Sink) -> None:
    one = delivery()
    said = press(one, "refuse", product="tea").content.decode()
    assert "Show Sencha again" in said
    assert Shopper.objects.get().not_interested == ["tea"]
    delivery("pending", merchant=one.merchant, shopper=one.shopper)
    assert len(send(smtp_sink)) == 1
    press(one, "want", product="tea")
    assert Shopper.objects.get().not_interested == []


def test_nothing_is_sent_when_nothing_is_left_that_interests(smtp_sink: Sink) -> None:
    one = delivery()
    for key in ("tea", "tin", "tin"):
        press(one, "refuse", product=key)
    assert Shopper.objects.get().not_interested == ["tea", "tin"]
    later = delivery("pending", merchant=one.merchant, shopper=one.shopper)
    assert send(smtp_sink) == []
    later.refresh_from_db()
    assert (later.status, later.reason) == ("skipped", "not_interested")


def test_only_products_of_the_message_can_be_refused() -> None:
    one = delivery()
    SentMessage.objects.create(
        delivery=one, at=timezone.now(), context={"items": [], "feeds": {"on_sale": [{"key": "pot", "name": "Pot"}]}}
    )
    press(one, "refuse", product="tea")
    press(one, "refuse", product="pot")
    assert Shopper.objects.get().not_interested == ["pot"]


@pytest.mark.parametrize("action", ["stop", "snooze", "elsewhere", "refuse", "save", "resume", "want"])
def test_whoever_was_erased_changes_nothing_and_sees_no_error(action: str) -> None:
    one = delivery()
    Shopper.objects.all().delete()
    assert "Nothing is kept about you" in press(one, action, length="week", product="tea").content.decode()


def test_one_person_at_two_merchants_is_two() -> None:
    mine, other = delivery(), factories.merchant()
    assert mine.shopper
    same = factories.shopper(other, email=mine.shopper.email)
    press(mine, "stop")
    press(mine, "snooze", length="month")
    assert standing(same) == {"email.cart": "subscribed"}
    assert Shopper.objects.get(pk=same.pk).snoozed_until is None


def test_too_many_posts_are_refused_and_change_nothing(clean_redis: None) -> None:
    one = delivery()
    doorbell.forget()
    # Counted by the minute: however the posts fall, one minute sees more than its share.
    codes = iter(Client().post(page(one), {"action": "snooze"}).status_code for _ in range(122))
    assert sum(1 for _ in takewhile(lambda code: code == 303, codes)) >= 60
    assert Client().post(page(one), {"action": "snooze", "length": "month"}).status_code == 429
    assert Shopper.objects.get().snoozed_until is None


WHEN = datetime(2026, 11, 20, tzinfo=UTC)
YES, NO = ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("door", "before", "after"),
    [
        ("contacts", YES, YES),
        ("contacts", NO, NO),
        ("contacts", None, YES),
        ("cart", NO, NO),
        ("cart", None, YES),
        ("page", NO, YES),
        ("page", None, YES),
    ],
)
def test_who_may_reopen_what(door: str, before: str | None, after: str) -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant, subscribed=False)
    if before:
        consents.choose(shopper.pk, [consents.Choice("email", before == YES)], source="page", now=WHEN)
    said = CustomerFact(email=shopper.email or "", consents=(ConsentFact("email", YES),))
    origin = Origin(merchant.pk, merchant.code)
    if door == "contacts":
        intake.record_contacts(origin, [ContactFact(said)], timezone.now())
    elif door == "cart":
        fact = CartFact(CartStatus.ABANDONED, timezone.now(), "c-1", said)
        intake.record([intake.Arrival(origin, 1, "e-1", timezone.now(), (fact,))], timezone.now())
    else:
        consents.choose(shopper.pk, [consents.Choice("email", True)], source="preference page", now=timezone.now())
    assert standing(shopper) == {"email.cart": after}


def test_texts_are_turned_on_from_the_phone_itself_not_from_a_mail() -> None:
    merchant = factories.merchant()
    one = delivery(merchant=merchant, shopper=factories.shopper(merchant, phone="+13035550142"))
    said = press(one, "save", shown=["email.cart", "sms.cart"], on=["email.cart", "sms.cart"])
    assert standing(one.shopper) == {"email.cart": "subscribed"}
    assert OptInRequest.objects.get().channel == "sms"
    assert "Waiting for you to confirm" in said.content.decode()
