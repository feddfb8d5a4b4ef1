"""An address that opted out gets nothing until its owner says yes again, whoever a store says has it next."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.consent import asking, consents, opt_ins, suppressions
from campaigns.consent.bounces import Means
from campaigns.links import LinkMaker
from campaigns.models import Consent, Delivery, OptInRequest, RefusedAddress, Shopper
from campaigns.tracking import reported
from tests import factories
from tests.conftest import Sink
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW, PHONE = "old@example.com", "new@example.com", "+16125550143"


@pytest.fixture
def shop(smtp_sink: Sink) -> Shop:
    """Its first shopper opted out at an address that the store replaced since."""
    made = Shop(factories.merchant(name="Fernwood"))
    go_live(made.merchant, timezone.now() - timedelta(days=1))
    told(made, "c-1", OLD)
    consents.opt_out(Shopper.objects.get().pk, "email", source="unsubscribe link", now=timezone.now())
    made.put("/v2/contacts", {"contacts": [{"srcID": "c-1", "email": NEW}]})
    return made


def told(shop: Shop, source_id: str, email: str, **said: Any) -> Any:
    consent = {"email": {"status": "subscribed", "source": "checkout box"} | said}
    [row] = shop.put("/v2/contacts", {"contacts": [{"srcID": source_id, "email": email, "consent": consent}]})
    return row


def leave_cart(shop: Shop, source_id: str, email: str) -> None:
    line = {"id": "p-1", "name": "Tea", "price": "9.00"}
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    cart = {"eventID": f"e-{source_id}", "cartID": f"c-{source_id}", "timestamp": at, "products": [line]}
    who = {"srcID": source_id, "email": email, "consent": {"email": {"status": "subscribed"}}}
    shop.post("/v2/cart", cart | {"cartURL": "https://shop.example/cart", "customer": who})
    run_workers()


def standing(email: str) -> list[str]:
    return list(Consent.objects.filter(shopper__email=email, closed_at=None).values_list("status", flat=True))


@pytest.mark.parametrize("by", ["contacts", "cart"])
def test_a_store_that_names_the_address_anew_does_not_bring_its_consent_back(
    shop: Shop, smtp_sink: Sink, by: str
) -> None:
    if by == "contacts":
        assert told(shop, "c-2", OLD)["status"] == "ignored"
    leave_cart(shop, "c-2", OLD)
    assert Shopper.objects.count() == 2
    assert (standing(OLD), standing(NEW)) == (["unsubscribed"], ["unsubscribed"])
    assert Delivery.objects.get().reason == "no_consent"
    assert smtp_sink.messages == []


def test_it_holds_for_a_shopper_who_had_agreed_at_another_address(shop: Shop) -> None:
    assert told(shop, "c-3", "third@example.com")["status"] == "ok"
    assert told(shop, "c-3", OLD)["status"] == "ignored"
    assert standing(OLD) == ["unsubscribed"]


def test_staff_who_write_the_address_into_a_shopper_change_nothing_about_it(shop: Shop) -> None:
    other = factories.shopper(shop.merchant, email="third@example.com")
    browser = Client()
    browser.force_login(factories.user("owner", shop.merchant))
    browser.post(f"/admin/campaigns/shopper/{other.code}/change/", {"email": OLD, "first_name": "Avery"})
    assert standing(OLD) == ["unsubscribed"]


def test_the_owner_may_be_asked_once_they_sign_up_anew_and_their_yes_counts(shop: Shop, smtp_sink: Sink) -> None:
    before = (timezone.now() - timedelta(days=1)).isoformat()
    assert told(shop, "c-2", OLD, doubleOptIn=False, at=before)["status"] == "ignored"
    assert not OptInRequest.objects.exists()
    assert told(shop, "c-2", OLD, doubleOptIn=False, at=timezone.now().isoformat())["status"] == "ok"
    assert asking.send_waiting(timezone.now()) == 1
    assert standing(OLD) == ["unsubscribed"]
    assert opt_ins.confirm(OptInRequest.objects.get(), timezone.now())
    assert standing(OLD) == ["subscribed"]
    leave_cart(shop, "c-2", OLD)
    assert [message["To"] for message in smtp_sink.messages[1:]] == [OLD]


def test_it_goes_with_the_address_however_often_that_moves_and_stays_with_its_merchant(shop: Shop) -> None:
    for source_id in ("c-2", "c-3"):
        told(shop, source_id, OLD)
        assert (standing(OLD), RefusedAddress.objects.count()) == (["unsubscribed"], 0)
        told(shop, source_id, f"{source_id}@example.com")
        assert RefusedAddress.objects.count() == 1
    assert told(Shop(factories.merchant()), "c-2", OLD)["status"] == "ok"


def test_a_number_that_said_stop_is_treated_alike(shop: Shop) -> None:
    one = factories.shopper(shop.merchant, phone=PHONE)
    consents.opt_out(one.pk, "sms", source="text message", now=timezone.now())
    shop.put("/v2/contacts", {"contacts": [{"contactID": str(one.code), "phone": "+16125550144"}]})
    said = {"sms": {"status": "subscribed", "doubleOptIn": True}}
    [row] = shop.put("/v2/contacts", {"contacts": [{"srcID": "c-2", "phone": PHONE, "consent": said}]})
    assert row["status"] == "ignored"
    assert not Consent.objects.filter(channel="sms", status="subscribed").exists()


def test_a_link_in_an_older_message_is_the_word_of_the_address_it_went_to(shop: Shop, smtp_sink: Sink) -> None:
    told(shop, "c-7", "seventh@example.com")
    leave_cart(shop, "c-7", "seventh@example.com")
    shop.put("/v2/contacts", {"contacts": [{"srcID": "c-7", "email": "eighth@example.com"}]})
    one = Delivery.objects.get()
    assert Client().post(LinkMaker("", one.code).unsubscribe_url).status_code == 200
    assert told(shop, "c-9", "seventh@example.com")["status"] == "ignored"
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(("kind", "means"), [("bounced", Means.HARD), ("complained", Means.REFUSED)])
def test_a_report_is_about_the_address_that_the_message_went_to(shop: Shop, kind: str, means: Means) -> None:
    told(shop, "c-7", "seventh@example.com")
    leave_cart(shop, "c-7", "seventh@example.com")
    shop.put("/v2/contacts", {"contacts": [{"srcID": "c-7", "email": "eighth@example.com"}]})
    reported(Delivery.objects.get().code, kind, timezone.now(), means=means)
    addresses = ("seventh@example.com", "eighth@example.com")
    assert [bool(suppressions.reason_for(shop.merchant, one)) for one in addresses] == [True, False]
