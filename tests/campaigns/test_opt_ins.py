"""Double opt-in, from what a store says to the yes: nobody is subscribed, nothing is sent, before that."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import jobs
from campaigns.consent import asking, consents, opt_ins, suppressions
from campaigns.links import confirm_url
from campaigns.models import Consent, Delivery, OptInRequest, Shopper
from tests import factories
from tests.campaigns.test_leaving import zone_where_it_is
from tests.conftest import Sink
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "avery@example.com"


@pytest.fixture
def shop(smtp_sink: Sink) -> Shop:
    return Shop(factories.merchant(name="Fernwood", double_opt_in=True))


def subscribe(shop: Shop, **said: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"status": "subscribed", "source": "checkout box"}
    [row] = shop.put("/v2/contacts", {"contacts": [{"email": EMAIL, "consent": {"email": status | said}}]})
    return row


def mails(sink: Sink) -> list[str]:
    asking.send_waiting(timezone.now())
    return [message.get_body(("plain",)).get_content() for message in sink.to(EMAIL)]


def standing() -> list[str]:
    return list(Consent.objects.filter(closed_at=None, topic="cart").values_list("status", flat=True))


def leave_a_cart(shop: Shop) -> None:
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    line = {"id": "p-1", "name": "Tea", "price": "9.00"}
    cart = {"eventID": "e-1", "cartID": "c-1", "timestamp": at, "customer": {"email": EMAIL}, "products": [line]}
    shop.post("/v2/cart", cart | {"cartURL": "https://shop.example/cart"})
    run_workers()


def test_a_subscription_is_asked_for_and_the_button_of_the_mail_confirms_it(shop: Shop, smtp_sink: Sink) -> None:
    assert subscribe(shop, wording="Remind me")["status"] == "ok"
    assert standing() == []
    [text] = mails(smtp_sink)
    [path] = re.findall(r"(/u/confirm/\S+)", text)
    assert smtp_sink.messages[0].get_body(("html",)).get_content().count("href=") == 1
    browser = Client(enforce_csrf_checks=True)
    for method in (browser.get, browser.head):
        assert method(path).status_code == 200
    assert standing() == []
    said = browser.post(path)
    assert "Thank you, you are subscribed" in said.content.decode()
    assert not said.cookies
    consent = Consent.objects.get(closed_at=None)
    assert (consent.status, consent.double_opt_in, consent.source, consent.wording) == (
        "subscribed",
        True,
        "checkout box",
        "Remind me",
    )
    assert mails(smtp_sink) == [text]


def test_until_then_the_decision_says_so_and_the_yes_lets_the_message_go(shop: Shop, smtp_sink: Sink) -> None:
    go_live(shop.merchant, timezone.now() - timedelta(days=1))
    subscribe(shop)
    leave_a_cart(shop)
    assert smtp_sink.messages == []
    one = Delivery.objects.get()
    assert one.status == "pending"
    [check] = [one for one in one.decisions.get().checks if one["code"] == "consent"]
    assert re.fullmatch(r"asked on \d{4}-\d\d-\d\d \d\d:\d\d UTC, not confirmed yet", check["saw"])
    assert opt_ins.confirm(OptInRequest.objects.get(), timezone.now())
    run_workers()
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(
    ("setting", "said", "asked"),
    [
        (True, {}, True),
        (True, {"doubleOptIn": True}, False),
        (False, {}, False),
        (False, {"doubleOptIn": False}, True),
        (False, {"doubleOptIn": True}, False),
    ],
)
def test_the_merchants_setting_or_the_stores_word_decides(
    smtp_sink: Sink, setting: bool, said: dict[str, bool], asked: bool
) -> None:
    shop = Shop(factories.merchant(double_opt_in=setting))
    subscribe(shop, **said)
    assert (OptInRequest.objects.exists(), standing() == ["subscribed"]) == (asked, not asked)


def test_asking_has_limits(shop: Shop, smtp_sink: Sink) -> None:
    subscribe(shop)
    subscribe(shop)
    assert len(mails(smtp_sink)) == 1
    for _ in range(4):
        OptInRequest.objects.update(asked_at=timezone.now() - timedelta(days=2))
        subscribe(shop)
        mails(smtp_sink)
    assert len(mails(smtp_sink)) == 3


def test_a_link_is_good_for_a_week_and_once(shop: Shop) -> None:
    subscribe(shop)
    request = OptInRequest.objects.get()
    late = request.asked_at + timedelta(days=7)
    assert not opt_ins.confirm(request, late)
    assert standing() == []
    assert opt_ins.confirm(request, late - timedelta(seconds=1))
    assert not opt_ins.confirm(request, late - timedelta(seconds=1))
    OptInRequest.objects.update(confirmed_at=None, expires_at=timezone.now())
    said = Client().get(confirm_url("", request.code)).content.decode()
    assert "This link is no longer good" in said
    assert Client().post("/u/confirm/AAAA").status_code == 404


def test_an_opt_out_after_the_yes_is_not_undone_by_the_old_link(shop: Shop) -> None:
    subscribe(shop)
    request = OptInRequest.objects.get()
    opt_ins.confirm(request, timezone.now())
    consents.opt_out(request.shopper_id, "email", source="unsubscribe link", now=timezone.now())
    Client().post(confirm_url("", request.code))
    assert standing() == ["unsubscribed"]


@pytest.mark.parametrize(
    ("said", "status", "asked"),
    [
        ({}, "ignored", False),
        ({"doubleOptIn": False}, "ignored", False),
        ({"doubleOptIn": True}, "ignored", False),
        ({"doubleOptIn": False, "at": "before"}, "ignored", False),
        ({"doubleOptIn": False, "at": "since"}, "ok", True),
    ],
)
def test_who_opted_out_is_asked_only_when_they_subscribed_anew(
    shop: Shop, smtp_sink: Sink, said: dict[str, Any], status: str, asked: bool
) -> None:
    shopper = factories.shopper(shop.merchant, subscribed=False, email=EMAIL)
    out: datetime = timezone.now() - timedelta(hours=1)
    consents.opt_out(shopper.pk, "email", source="unsubscribe link", now=out)
    if "at" in said:
        said = said | {"at": (out + timedelta(minutes=1 if said["at"] == "since" else -1)).isoformat()}
    assert subscribe(shop, **said)["status"] == status
    assert (len(mails(smtp_sink)), standing()) == (int(asked), ["unsubscribed"])


def test_a_suppressed_address_is_not_asked(shop: Shop, smtp_sink: Sink) -> None:
    suppressions.suppress(shop.merchant, EMAIL, "bounce")
    subscribe(shop)
    assert mails(smtp_sink) == []


@pytest.mark.parametrize(
    ("hour", "ago", "leaves"), [(12, None, True), (3, None, False), (3, 1, True), (3, 20, False), (12, 20, True)]
)
def test_a_text_asks_at_once_who_is_signing_up_and_within_hours_who_did_before(
    shop: Shop, settings: Any, tmp_path: Path, hour: int, ago: int | None, leaves: bool
) -> None:
    settings.CATCHER_DIR = tmp_path
    at = {} if ago is None else {"at": (timezone.now() - timedelta(minutes=ago)).isoformat()}
    person = {"phone": "+13035550142", "timezone": zone_where_it_is(hour)}
    shop.put("/v2/contacts", {"contacts": [person | {"consent": {"sms": {"status": "subscribed"} | at}}]})
    jobs.ask_to_confirm()
    request = OptInRequest.objects.get()
    assert (len(list(tmp_path.glob("*.json"))), bool(request.sent_at)) == (leaves, leaves)
    assert not opt_ins.opt_ins_wait()
    if request.not_before:
        assert asking.send_waiting(request.not_before - timedelta(seconds=1)) == 0
        assert asking.send_waiting(request.not_before) == 1
    (file,) = tmp_path.glob("*.json")
    for words in ("reply YES", "cart reminders", "one for each cart", "HELP", "STOP", "rates may apply"):
        assert words in json.loads(file.read_text())["text"]
    assert standing() == []


@pytest.mark.parametrize("by", ["the store", "staff"])
def test_a_confirmation_and_a_question_are_for_the_address_they_went_to(shop: Shop, by: str) -> None:
    known = {"srcID": "c-1", "email": EMAIL, "phone": "+16125550143", "consent": {"email": {"status": "subscribed"}}}
    known["consent"]["sms"] = {"status": "subscribed", "doubleOptIn": True}  # type: ignore[index]
    shop.put("/v2/contacts", {"contacts": [known]})
    [asked], shopper = OptInRequest.objects.all(), Shopper.objects.get()
    assert standing() == ["subscribed"]
    moved = {"email": "other@example.com", "phone": "+16125550144"}
    if by == "the store":
        shop.put("/v2/contacts", {"contacts": [{"srcID": "c-1"} | moved]})
    else:
        browser = Client()
        browser.force_login(factories.user("owner", shop.merchant))
        browser.post(f"/admin/campaigns/shopper/{shopper.code}/change/", moved | {"first_name": "Avery"})
    assert Shopper.objects.get().phone == "+16125550144"
    assert standing() == []
    assert Client().post(confirm_url("", asked.code)).status_code == 404


def test_who_is_asked_once_more_is_asked_within_hours(shop: Shop, settings: Any, tmp_path: Path) -> None:
    settings.CATCHER_DIR = tmp_path
    for _ in range(2):
        person = {"phone": "+13035550142", "timezone": zone_where_it_is(3)}
        said = {"status": "subscribed", "at": timezone.now().isoformat()}
        shop.put("/v2/contacts", {"contacts": [person | {"consent": {"sms": said}}]})
        jobs.ask_to_confirm()
        OptInRequest.objects.update(asked_at=timezone.now() - timedelta(days=2))
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert OptInRequest.objects.get().not_before


def test_the_mail_is_in_the_shoppers_language(shop: Shop, smtp_sink: Sink) -> None:
    factories.shopper(shop.merchant, subscribed=False, email=EMAIL, locale="es")
    subscribe(shop)
    assert "Sí, recuérdamelo" in mails(smtp_sink)[0]
    assert Shopper.objects.count() == 1
