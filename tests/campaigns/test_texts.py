"""Texts end to end: from a cart to the phone, the click, the reports, the answers, and STOP."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from aiq import environment
from aiq.environment import Env
from campaigns import lifecycle
from campaigns.channels.gateways.http_json import HEADER, sign
from campaigns.consent.suppressions import digest
from campaigns.models import (
    ChannelSettings,
    Consent,
    Delivery,
    InboundText,
    OptInRequest,
    Shopper,
    Suppression,
    TrackingEvent,
)  # fmt: skip
from tests import factories
from tests.pipeline import Shop, run_workers
from tests.smsgateways import ACCOUNT, SECRET, TOKEN, TwilioStandIn, serving

pytestmark = pytest.mark.django_db
PHONE = "+16125550188"
WORDS = "{{ store.name }}: your cart waits. {{ cart.url }} Out: {{ unsubscribe_url }} Reply STOP to opt out"
SITE = "https://cart.example.com"


@pytest.fixture
def shop(settings: Any, tmp_path: Any) -> Shop:
    settings.CATCHER_DIR = tmp_path / "inbox"
    made = Shop(factories.merchant(name="Fernwood", sender_email="help@fernwood.example"))
    ChannelSettings.objects.create(
        merchant=made.merchant, channel="sms", sender="+16125550100", sender_kind="short_code"
    )
    campaign = factories.campaign(
        made.merchant, step={"channel": "sms", "subject": "", "body": WORDS, "delay_minutes": 0}
    )
    lifecycle.set_live(campaign, None, datetime.now(UTC) - timedelta(days=1))
    return made


def early_afternoon() -> str:
    """A zone where it is between one and two now, outside of any quiet hours."""
    west = datetime.now(UTC).hour - 13
    return f"Etc/GMT{west:+d}" if west else "Etc/GMT"


def caught(settings: Any) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(settings.CATCHER_DIR.glob("*.json"))]


def leave_cart(shop: Shop, number: int = 1, **consent: Any) -> None:
    customer = {"srcID": "c-1", "phone": PHONE, "timezone": early_afternoon()}
    if consent:
        shop.put("/v2/contacts", {"contacts": [customer | {"consent": {"sms": consent}}]})
    at = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    body = {"eventID": f"evt-{number}", "timestamp": at, "cartID": f"cart-{number}", "store": "north-loop"}
    line = {"id": "p-1", "name": "Tea", "price": "12.50", "quantity": 1}
    shop.post(
        "/v2/cart",
        body
        | {
            "customer": {"srcID": "c-1", "phone": PHONE},
            "products": [line],
            "cartURL": "https://shop.example/cart/1",
            "currency": "USD",
        },
    )
    run_workers()


def subscribed(shop: Shop) -> None:
    leave_cart(shop, status="subscribed", doubleOptIn=True)


@pytest.fixture
def twilio(settings: Any) -> None:
    settings.SMS_GATEWAY = environment.sms(f"twilio://{ACCOUNT}:{TOKEN}@/", Env())
    settings.PUBLIC_URL = SITE


def own() -> ChannelSettings:
    return ChannelSettings.objects.get(channel="sms")


def from_twilio(end: str = "", token: str = TOKEN, **form: str) -> Any:
    path = f"/callbacks/sms/{own().code}/{end}"
    signature = RequestValidator(token).compute_signature(f"{SITE}{path}", form)
    return Client().post(path, form, headers={"X-Twilio-Signature": signature})


def says(text: str, sid: str = "SM1") -> str:
    answer = from_twilio("inbound", From=PHONE, To="+16125550100", Body=text, MessageSid=sid)
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_a_cart_to_the_phone_the_click_and_stop(shop: Shop, settings: Any, client: Client) -> None:
    subscribed(shop)
    (text,) = caught(settings)
    delivery = Delivery.objects.get()
    assert (text["recipient"], text["sender"], text["delivery"]) == (PHONE, "+16125550100", str(delivery.code))
    cart, out = re.findall(r"http://\S+/i/(\w{10})(?=\s|$)", text["text"])
    Delivery.objects.update(sent_at=datetime.now(UTC) - timedelta(minutes=1))
    answer = client.get(f"/i/{cart}", headers={"User-Agent": "Mozilla/5.0 (iPhone)"})
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/cart/1")
    assert TrackingEvent.objects.get().kind == "clicked"
    assert re.search(r"/u/[\w-]{30,}$", client.get(f"/i/{out}")["Location"])
    assert TrackingEvent.objects.count() == 1


def test_the_page_of_a_text_shows_its_words_and_no_frame(shop: Shop, settings: Any, client: Client) -> None:
    subscribed(shop)
    client.force_login(factories.user("owner", shop.merchant))
    page = client.get(f"/admin/deliveries/{Delivery.objects.get().code}/").content.decode()
    assert "your cart waits." in page
    assert "+16125550188" in page
    assert "<iframe" not in page


def test_after_stop_the_next_cart_sends_nothing(shop: Shop, settings: Any, twilio: None) -> None:
    settings.SMS_GATEWAY = {}
    subscribed(shop)
    settings.SMS_GATEWAY = environment.sms(f"twilio://{ACCOUNT}:{TOKEN}@/", Env())
    assert "Fernwood: you are unsubscribed" in says("Stop please")
    settings.SMS_GATEWAY = {}
    leave_cart(shop, 2, status="subscribed")
    assert len(caught(settings)) == 1
    assert Delivery.objects.get(status="skipped").reason == "no_consent"
    assert Consent.objects.get(closed_at=None, topic="cart").source == "text message"
    assert TrackingEvent.objects.get().kind == "unsubscribed"


def test_start_brings_back_who_had_stopped_and_nobody_else(shop: Shop, twilio: None) -> None:
    shopper = factories.shopper(shop.merchant, phone=PHONE, subscribed=False)
    assert "<Message>" not in says("START", "SM0")
    assert not Consent.objects.exists()
    factories.consent(shopper, channel="sms")
    says("STOP", "SM1")
    assert "you get cart reminders" in says("start", "SM2")
    now = Consent.objects.get(shopper=shopper, closed_at=None, topic="cart")
    assert (now.status, now.double_opt_in) == ("subscribed", True)


def test_yes_confirms_what_was_asked_and_only_that(shop: Shop, twilio: None) -> None:
    shopper = factories.shopper(shop.merchant, phone=PHONE, subscribed=False)
    assert "<Message>" not in says("YES", "SM0")
    at = datetime.now(UTC)
    asked = OptInRequest.objects.create(
        shopper=shopper, channel="sms", asked_at=at, expires_at=at - timedelta(seconds=1), wording="W"
    )
    assert "<Message>" not in says("YES", "SM1")
    OptInRequest.objects.update(expires_at=at + timedelta(days=1))
    factories.consent(shopper, channel="sms")
    assert "you get cart reminders" in says(" Y. ", "SM2")
    asked.refresh_from_db()
    now = Consent.objects.get(shopper=shopper, closed_at=None)
    assert (now.double_opt_in, now.wording, bool(asked.confirmed_at)) == (True, "W", True)


def test_help_names_the_merchant_and_the_way_out(shop: Shop, twilio: None) -> None:
    assert "Fernwood: texts about carts you left. Help: help@fernwood.example." in says("help")
    assert "<Message>" not in says("when do you open?", "SM2")


def test_answers_are_in_the_shoppers_language_and_a_strangers_in_the_merchants(shop: Shop, twilio: None) -> None:
    shopper = factories.shopper(shop.merchant, phone=PHONE, subscribed=False, locale="es-MX")
    factories.consent(shopper, channel="sms")
    assert "Ayuda: help@fernwood.example." in says("ayuda", "SM0")
    assert "Fernwood: te has dado de baja" in says("alto", "SM1")
    assert "Fernwood: recibes recordatorios" in says("Start", "SM2")
    Shopper.objects.all().delete()
    shop.merchant.locale = "es"
    shop.merchant.save()
    assert "Fernwood: te has dado de baja" in says("STOP", "SM3")


def test_stop_from_an_unknown_number_outlasts_a_later_import(shop: Shop, settings: Any, twilio: None) -> None:
    says("STOP")
    settings.SMS_GATEWAY = {}
    subscribed(shop)
    assert caught(settings) == []
    assert Shopper.objects.get().phone == PHONE


@pytest.mark.parametrize("written", [PHONE.lstrip("+"), f"00{PHONE[1:]}", f" {PHONE}"])
def test_stop_counts_however_the_gateway_writes_the_number(shop: Shop, twilio: None, written: str) -> None:
    shopper = factories.shopper(shop.merchant, phone=PHONE)
    from_twilio("inbound", From=written, To="+16125550100", Body="STOP", MessageSid="SM1")
    assert Consent.objects.get(shopper=shopper, channel="sms", topic="cart", closed_at=None).status == "unsubscribed"


def test_a_repeated_text_answers_and_changes_nothing(shop: Shop, twilio: None) -> None:
    says("STOP")
    says("START", "SM2")
    assert "<Message>" not in says("STOP")
    assert InboundText.objects.count() == 2
    assert set(InboundText.objects.values_list("meaning", flat=True)) == {"stop", "start"}


def test_a_stop_that_comes_again_is_kept_and_answered_once_a_day(sent: Delivery) -> None:
    answers = ["<Message>" in says(text, f"SM{at}") for at, text in enumerate(["STOP", "stop", "help", "STOP ALL"])]
    assert answers == [True, False, True, False]
    assert (InboundText.objects.count(), Consent.objects.filter(closed_at=None, topic="cart").count()) == (4, 1)
    assert TrackingEvent.objects.filter(kind="unsubscribed").count() == 1
    says("START", "SM5")
    assert "<Message>" in says("STOP", "SM6")
    InboundText.objects.update(at=datetime.now(UTC) - timedelta(hours=25))
    assert "<Message>" in says("STOP", "SM7")


@pytest.fixture
def sent(shop: Shop, settings: Any, twilio: None) -> Delivery:
    gateway, settings.SMS_GATEWAY = settings.SMS_GATEWAY, {}
    subscribed(shop)
    settings.SMS_GATEWAY = gateway
    return Delivery.objects.get()


@pytest.mark.parametrize(
    ("status", "error", "state", "kind", "suppressed"),
    [
        ("queued", "", "sent", "", ""),
        ("sent", "", "sent", "", ""),
        ("delivered", "", "delivered", "delivered", ""),
        ("undelivered", "30003", "bounced", "bounced", ""),
        ("undelivered", "30005", "bounced", "bounced", "dead_number"),
        ("undelivered", "30006", "bounced", "bounced", "dead_number"),
        ("failed", "30007", "bounced", "rejected", ""),
    ],
)
def test_reports_are_kept_once_in_anymails_words(
    sent: Delivery, status: str, error: str, state: str, kind: str, suppressed: str
) -> None:
    for _ in range(2):
        form = {"MessageSid": "SM9", "MessageStatus": status} | ({"ErrorCode": error} if error else {})
        assert from_twilio(f"?delivery={sent.code}", **form).status_code == 204
    sent.refresh_from_db()
    assert sent.status == state
    assert list(TrackingEvent.objects.values_list("kind", flat=True)) == ([kind] if kind else [])
    assert list(Suppression.objects.values_list("reason", flat=True)) == ([suppressed] if suppressed else [])


def test_an_opt_out_at_the_provider_closes_the_consent(sent: Delivery) -> None:
    from_twilio(f"?delivery={sent.code}", MessageSid="SM9", MessageStatus="failed", ErrorCode="21610")
    assert Consent.objects.get(closed_at=None).status == "unsubscribed"


def test_what_twilio_did_not_sign_changes_nothing(sent: Delivery) -> None:
    assert from_twilio("inbound", token="guessed", From=PHONE, Body="STOP", MessageSid="SM1").status_code == 403
    assert (
        from_twilio(f"?delivery={sent.code}", token="guessed", MessageSid="SM9", MessageStatus="delivered").status_code
        == 403
    )
    assert Client().post(f"/callbacks/sms/{own().code}/inbound", {"Body": "STOP"}).status_code == 403
    sent.refresh_from_db()
    assert sent.status == "sent"
    assert not InboundText.objects.exists()


def test_strange_calls_are_refused_not_failed_on(sent: Delivery) -> None:
    assert from_twilio("inbound", From="\0", Body="STOP\0", MessageSid="SM\0").status_code == 200
    assert from_twilio("inbound", From=PHONE, Body="x" * 70_000, MessageSid="SM2").status_code == 413
    assert from_twilio("?delivery=nobody", MessageSid="SM\0", MessageStatus="delivered").status_code == 204
    assert from_twilio(f"?delivery={sent.code}", MessageSid="SM\0", MessageStatus="delivered").status_code == 204
    assert Client().get(f"/callbacks/sms/{own().code}/").status_code == 405
    assert Client().post("/callbacks/sms/0b6f8a52-0000-4000-8000-000000000000/", {}).status_code == 404


def test_a_report_on_another_merchants_delivery_changes_nothing(sent: Delivery) -> None:
    other = factories.merchant()
    ChannelSettings.objects.filter(channel="sms").update(merchant=other)
    assert from_twilio(f"?delivery={sent.code}", MessageSid="SM9", MessageStatus="delivered").status_code == 204
    sent.refresh_from_db()
    assert sent.status == "sent"


def test_the_plain_gateway_reports_and_asks_with_its_signature(sent: Delivery, settings: Any, client: Client) -> None:
    settings.SMS_GATEWAY = environment.sms(f"https+json://:{SECRET}@gw.example/", Env())
    now = int(datetime.now(UTC).timestamp())

    def call(end: str, at: int = now, **told: str) -> Any:
        body = json.dumps(told).encode()
        headers = {HEADER: sign(SECRET, body, at)}
        return client.post(f"/callbacks/sms/{own().code}/{end}", body, content_type="application/json", headers=headers)

    assert call("", id=str(sent.code), status="delivered", event="e1").status_code == 204
    sent.refresh_from_db()
    assert sent.status == "delivered"
    assert (
        call("inbound", **{"id": "in-1", "from": PHONE, "text": "stop"})
        .json()["reply"]
        .startswith("Fernwood: you are unsub")
    )
    assert call("inbound", now - 400, **{"id": "in-2", "from": PHONE, "text": "start"}).status_code == 403
    assert Consent.objects.get(closed_at=None, topic="cart").status == "unsubscribed"


def test_a_dead_number_at_hand_over_is_remembered(shop: Shop, settings: Any) -> None:
    with serving(TwilioStandIn) as stand_in:
        settings.SMS_GATEWAY = environment.sms(f"twilio://{ACCOUNT}:{TOKEN}@127.0.0.1:{stand_in.port}/", Env())
        stand_in.answer = 400, {"code": 21614, "message": "not a mobile number", "status": 400}
        subscribed(shop)
        assert Delivery.objects.get().status == "failed"
        assert Suppression.objects.get().reason == "dead_number"
        leave_cart(shop, 2)
        assert stand_in.texts == []
    assert Delivery.objects.get(status="skipped").reason == "suppressed"


@pytest.mark.parametrize("token", ["0123456789", "x", "zzzzzzzzzz"])
def test_a_link_we_did_not_make_leads_nowhere(shop: Shop, client: Client, token: str) -> None:
    assert client.get(f"/i/{token}").status_code == 404


def test_a_dead_number_is_the_one_that_the_text_went_to(sent: Delivery) -> None:
    Shopper.objects.update(phone="+16125550143")
    from_twilio(f"?delivery={sent.code}", MessageSid="SM9", MessageStatus="undelivered", ErrorCode="30005")
    assert bytes(Suppression.objects.get().digest) == digest(PHONE)
