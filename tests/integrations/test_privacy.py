"""Export and erasure: what a person asked for is all of it, and afterwards nothing that names them is left anywhere."""

import base64
import hmac
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aiq.lib.commands import Refused
from campaigns.consent import consents, suppressions
from campaigns.models import (
    Cart,
    CartActivity,
    Consent,
    Decision,
    Delivery,
    OptInRequest,
    Order,
    PushSubscription,
    SentMessage,
    Shopper,
    ShopperKey,
    TrackingEvent,
)
from integrations import connecting, jobs, retention
from integrations.models import EventKey, InboundEvent
from integrations.privacy.erasing import erase
from integrations.privacy.mentions import Mentions
from integrations.privacy.redacting import redactions_wait
from integrations.privacy.spellings import spellings
from integrations.signatures import live_secrets, set_secrets
from integrations.views import forget_hooks
from tests import factories
from tests.conftest import Sink
from tests.pipeline import Shop, go_live, run_workers

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL, PHONE, NAME = "zephyrine.quill@example.com", "+13035550142", "Zephyrine"


def command(name: str, *args: str) -> Any:
    out = StringIO()
    call_command(name, *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def rows_naming(*said: str) -> list[str]:
    """Every table and column, of every model, in which one of these stands, whatever its type."""
    found = []
    for model in (one for one in apps.get_models(include_auto_created=True) if one._meta.managed):
        with connection.cursor() as cursor:
            for field in model._meta.concrete_fields:
                where = " OR ".join([f'"{field.column}"::text ILIKE %s'] * len(said))
                table = model._meta.db_table
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {where}', [f"%{one}%" for one in said])
                found += [f"{table}.{field.column}"] if cursor.fetchone()[0] else []
    return found + [
        f"session {key.pk}" for key in Session.objects.all() if any(one in str(key.get_decoded()) for one in said)
    ]


@pytest.fixture
def shop(smtp_sink: Sink) -> Shop:
    """A shop whose one shopper left traces in every table there is."""
    made = Shop(factories.merchant(name="Fernwood"))
    go_live(made.merchant, timezone.now() - timedelta(days=1))
    told = {"srcID": f"cust-{EMAIL}", "email": EMAIL, "phone": PHONE, "firstName": NAME, "lastName": "Quill"}
    made.put(
        "/v2/contacts", {"contacts": [told | {"consent": {"email": {"status": "subscribed", "source": "checkout"}}}]}
    )
    line = {"id": "p-1", "name": f"Mug for {EMAIL}", "price": "9.00", "quantity": 1}
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    cart = {"eventID": f"evt-{EMAIL}", "cartID": f"cart-{EMAIL}", "timestamp": at, "customer": told, "products": [line]}
    made.post("/v2/cart", cart | {"cartURL": f"https://shop.example/cart?who={EMAIL}", "store": "north-loop"})
    run_workers()
    made.post(
        "/v2/orders",
        {"orderID": "1043", "cartID": f"cart-{EMAIL}", "customer": told, "total": "9.00", "products": [line]},
    )
    run_workers()
    shopper = Shopper.objects.get()
    TrackingEvent.objects.create(
        delivery=Delivery.objects.get(), kind="clicked", at=timezone.now(), url=f"https://shop.example/?e={EMAIL}"
    )
    Decision.objects.filter(kind="step").update(
        checks=[{"code": "accepted", "passed": False, "saw": f"550 <{EMAIL}>: {NAME} unknown"}]
    )
    OptInRequest.objects.create(
        shopper=shopper, channel="sms", source=EMAIL, asked_at=timezone.now(), expires_at=timezone.now()
    )
    PushSubscription.objects.create(
        merchant=made.merchant,
        shopper=shopper,
        endpoint=f"https://push.example/{EMAIL}",
        digest=b"d",
        public_key="k",
        secret="s",
    )
    LogEntry.objects.create(
        user=factories.user(),
        content_type=ContentType.objects.get_for_model(Shopper),
        object_id=str(shopper.pk),
        object_repr=f"{NAME} Quill",
        action_flag=CHANGE,
        change_message=f"Changed email to {EMAIL}",
    )
    factories.event(
        made.connection, json.dumps({"broken": EMAIL.upper()}), state="quarantined", reason="invalid_document"
    )
    factories.event(made.connection, json.dumps({"phone": PHONE.lstrip("+")}))
    return made


def test_an_export_holds_what_every_part_knows(shop: Shop) -> None:
    made = command("export_shopper", EMAIL, "--merchant", shop.merchant.slug)
    assert made["shopper"]["first_name"] == NAME
    assert made["consents"][0]["source"] == "checkout"
    assert made["known_to_stores_as"] == [f"cust-{EMAIL}"]
    assert [one["status"] for one in made["messages"]] == ["sent"]
    assert made["messages"][0]["message_context"]["shopper"]["email"] == EMAIL
    assert {one["key_event_id"] for one in made["events_of_stores"]} >= {f"evt-{EMAIL}"}
    for section in ("carts", "orders", "decisions", "browsers", "opt_in_requests", "message_events"):
        assert made[section], section


def test_after_erasure_no_row_of_any_table_names_the_person(shop: Shop) -> None:
    said = (EMAIL, PHONE.lstrip("+"), NAME)
    assert len(rows_naming(*said)) > 12
    command("erase_shopper", EMAIL, "--merchant", shop.merchant.slug, "--yes")
    assert rows_naming(*said) == []
    assert not Shopper.objects.exists()
    assert not ShopperKey.objects.exists()


@pytest.mark.parametrize(
    "written",
    [
        "+1 (303) 555-0142",
        "%2B1%20303%20555%200142",
        "(303) 555-0142",
        "001 303.555.0142",
        "Zephyrine.Quill\\u0040example.com",
        "/?e=zephyrine.quill%40example.com",
    ],
)
def test_a_body_that_nobody_could_read_is_emptied_however_the_address_is_written(shop: Shop, written: str) -> None:
    event = factories.event(shop.connection, f'{{"who": "{written}"}}', state="quarantined", reason="invalid_document")
    erase(Shopper.objects.get(), timezone.now())
    assert InboundEvent.objects.get(pk=event.pk).body == ""


@pytest.mark.parametrize("written", [f"not.{EMAIL}", f"joe{EMAIL}", f"{EMAIL}.au", "+1 303 555 01427", "9303555014"])
def test_events_of_somebody_whose_address_is_longer_stay(shop: Shop, written: str) -> None:
    event = factories.event(shop.connection, f'{{"who": "{written}"}}')
    mine = command("export_shopper", EMAIL, "--merchant", shop.merchant.slug)
    assert written not in str(mine["events_of_stores"])
    erase(Shopper.objects.get(), timezone.now())
    assert written in InboundEvent.objects.get(pk=event.pk).body
    assert EventKey.objects.get(pk=event.pk).state == "received"


def test_links_in_a_cart_lose_the_address_that_is_escaped_in_them(shop: Shop) -> None:
    line = factories.line("p-9", url="https://shop.example/?e=zephyrine.quill%40example.com&p=%2B1303-555-0142")
    Cart.objects.update(lines=[line])
    erase(Shopper.objects.get(), timezone.now())
    assert Cart.objects.get().lines[0]["url"] == "https://shop.example/?e=erased&p=%2Berased"


def test_a_short_name_is_taken_out_as_a_word_and_not_out_of_others(shop: Shop) -> None:
    Shopper.objects.update(first_name="Ed")
    Decision.objects.filter(kind="step").update(checks=[{"code": "consent", "passed": True, "saw": "Ed subscribed"}])
    erase(Shopper.objects.get(), timezone.now())
    assert Decision.objects.filter(kind="step").first().checks[0]["saw"] == "erased subscribed"  # type: ignore[union-attr]


def test_what_must_stay_stays_without_the_person(shop: Shop) -> None:
    order = Order.objects.get()
    command("erase_shopper", EMAIL, "--merchant", shop.merchant.slug, "--yes")
    assert Order.objects.get().total == order.total
    assert Cart.objects.count() == 1
    assert Delivery.objects.get().status == "sent"
    assert Decision.objects.exists()
    assert not SentMessage.objects.exists()
    assert CartActivity.objects.exists()


def test_an_event_not_yet_read_does_not_bring_the_person_back(shop: Shop) -> None:
    waiting = EventKey.objects.get(state="received")
    command("erase_shopper", PHONE, "--merchant", shop.merchant.slug, "--yes")
    while jobs.process_batch():
        pass
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("ignored", "erased")
    assert InboundEvent.objects.get(pk=waiting.pk).body == ""
    assert not Shopper.objects.exists()


def test_an_opt_out_and_a_suppression_outlive_the_person(shop: Shop) -> None:
    shopper = Shopper.objects.get()
    suppressions.suppress(shop.merchant, PHONE, "dead_number")
    consents.opt_out(shopper.pk, "email", source="unsubscribe link", now=timezone.now())
    erase(shopper, timezone.now())
    assert suppressions.reason_for(shop.merchant, f" {EMAIL.upper()}") == "Legal request"
    assert suppressions.reason_for(shop.merchant, PHONE) == "Dead number"


def test_somebody_who_agreed_to_the_end_is_not_suppressed(shop: Shop) -> None:
    erase(Shopper.objects.get(), timezone.now())
    assert suppressions.reason_for(shop.merchant, EMAIL) == ""


def test_what_waited_is_skipped_and_nothing_is_sent(shop: Shop, smtp_sink: Sink) -> None:
    before = len(smtp_sink.messages)
    episode = Cart.objects.get().episodes.get()
    waiting = factories.delivery(factories.live_campaign(shop.merchant), episode)
    erase(Shopper.objects.get(), timezone.now())
    run_workers()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("skipped", "unknown_shopper")
    assert len(smtp_sink.messages) == before


def test_the_same_person_at_another_merchant_stays(shop: Shop) -> None:
    other = factories.shopper(factories.merchant(), email=EMAIL, first_name=NAME)
    command("erase_shopper", EMAIL, "--merchant", shop.merchant.slug, "--yes")
    assert Shopper.objects.get() == other
    with pytest.raises(Refused):
        command("erase_shopper", EMAIL, "--merchant", shop.merchant.slug, "--yes")


def test_without_a_yes_nothing_is_erased(shop: Shop) -> None:
    with pytest.raises(Refused, match="cannot be undone"):
        command("erase_shopper", EMAIL, "--merchant", shop.merchant.slug)
    assert Shopper.objects.exists()


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("avery@example.com", "  Avery@EXAMPLE.com "),
        ("avery@münchen.example", "AVERY@MÜNCHEN.example"),
        ("avery@xn--mnchen-3ya.example", "avery@münchen.example"),
        ("ａｖｅｒｙ@example.com", "avery@example.com"),
        ("+13035550142", " +13035550142"),
    ],
)
def test_an_address_is_suppressed_however_it_is_spelled(one: str, same: str) -> None:
    assert suppressions.digest(one) == suppressions.digest(same)


@pytest.mark.parametrize("other", ["a.very@gmail.com", "avery+shop@gmail.com", "avery@googlemail.com"])
def test_a_suppression_is_for_the_exact_mailbox(other: str) -> None:
    assert suppressions.digest("avery@gmail.com") != suppressions.digest(other)


def test_owners_export_and_erase_from_the_shoppers_page_after_a_question(shop: Shop) -> None:
    shopper, browser = Shopper.objects.get(), Client()
    browser.force_login(factories.user("owner", shop.merchant))
    shown = browser.get(f"/admin/campaigns/shopper/{shopper.code}/change/").content.decode()
    assert "subscribed to cart reminders by email" in shown
    assert "Source: checkout" in shown
    assert f"/admin/shoppers/{shopper.code}/erase/" in shown
    assert browser.get(f"/admin/shoppers/{shopper.code}/export/").json()["shopper"]["email"] == EMAIL
    assert "1 order and 1 cart stay" in browser.get(f"/admin/shoppers/{shopper.code}/erase/").content.decode()
    assert Shopper.objects.exists()
    assert browser.post(f"/admin/shoppers/{shopper.code}/erase/").status_code == 302
    assert not Shopper.objects.exists()


@pytest.mark.parametrize(("role", "mine"), [("staff", True), ("marketing", True), ("owner", False)])
def test_who_may_not_edit_shoppers_finds_nothing_there(shop: Shop, role: str, mine: bool) -> None:
    shopper, browser = Shopper.objects.get(), Client()
    browser.force_login(factories.user(role, shop.merchant if mine else factories.merchant()))
    for part in ("export", "erase"):
        assert browser.get(f"/admin/shoppers/{shopper.code}/{part}/").status_code == 404
        assert browser.post(f"/admin/shoppers/{shopper.code}/{part}/").status_code in {404, 405}
    assert Shopper.objects.exists()


def test_a_contact_names_its_topic_and_the_words_that_were_shown(shop: Shop) -> None:
    said = {"status": "subscribed", "topic": "newsletter", "wording": "Yes, write to me", "source": "footer"}
    shop.put("/v2/contacts", {"contacts": [{"email": EMAIL, "consent": {"email": said}}]})
    made = Consent.objects.get(topic="newsletter")
    assert (made.wording, made.source) == ("Yes, write to me", "footer")
    assert Consent.objects.filter(topic="cart", closed_at=None).count() == 1
    said |= {"topic": "sports"}
    [row] = shop.put("/v2/contacts", {"contacts": [{"email": EMAIL, "consent": {"email": said}}]})
    assert (row["status"], row["errors"][0]["pointer"]) == ("error", "/contacts/0/consent/email/topic")


def called(shop: Shop, topic: str, customer: dict[str, Any] | None = None, event_id: str = "wish-1") -> int:
    """The call as Shopify makes it, and our answer."""
    forget_hooks()
    body = json.dumps({"shop_id": 1, "customer": customer or {}}).encode()
    signature = base64.b64encode(hmac.digest(b"s3cret", body, "sha256")).decode()
    headers = {"X-Shopify-Topic": topic, "X-Shopify-Event-Id": event_id, "X-Shopify-Hmac-Sha256": signature}
    path = f"/webhooks/{shop.connection.code}/"
    return shop.client.post(path, body, content_type="application/json", headers=headers).status_code  # type: ignore[arg-type]


def at_shopify(shop: Shop) -> None:
    shop.connection.provider = "shopify"
    shop.connection.save()
    set_secrets(shop.connection, ["s3cret"])


def wish(shop: Shop, topic: str, customer: dict[str, Any] | None = None, event_id: str = "wish-1") -> str:
    """What became of a call."""
    at_shopify(shop)
    assert called(shop, topic, customer, event_id) == 200
    run_workers()
    key = EventKey.objects.get(event_id=event_id)
    assert (key.state, key.reason) == ("processed", "")
    return key.event.note


@pytest.mark.parametrize("customer", [{"id": f"cust-{EMAIL}"}, {"email": EMAIL.upper()}, {"phone": PHONE}])
def test_a_redaction_erases_whom_it_names_and_may_come_again(shop: Shop, customer: dict[str, Any]) -> None:
    assert wish(shop, "customers/redact", customer) == "Erased: 1."
    assert rows_naming(EMAIL, PHONE.lstrip("+"), NAME) == []
    assert wish(shop, "customers/redact", {"id": 9}, "wish-2") == "Nobody of that name is known."
    assert Order.objects.count() == 1


def test_owners_hear_of_a_data_request_and_the_mail_names_nobody(shop: Shop, smtp_sink: Sink) -> None:
    owner = factories.user("owner", shop.merchant)
    factories.user("marketing", shop.merchant)
    before = len(smtp_sink.messages)
    assert "told by mail" in wish(shop, "customers/data_request", {"email": EMAIL})
    [mail] = smtp_sink.messages[before:]
    assert mail["To"] == owner.email
    text = mail.get_content()
    assert f"/admin/shoppers/{Shopper.objects.get().code}/export/" in text
    assert EMAIL not in text
    assert Shopper.objects.exists()


def test_a_shop_that_leaves_takes_its_shoppers_and_leaves_those_of_others(shop: Shop) -> None:
    other = factories.shopper(shop.merchant, email="bo@example.com")
    ShopperKey.objects.create(source=shop.connection.code, key="bo", shopper=other)
    ShopperKey.objects.create(source=factories.connection(shop.merchant).code, key="bo", shopper=other)
    abroad = factories.shopper(factories.merchant(), email=EMAIL)
    wish(shop, "shop/redact")
    jobs.redact_shops()
    assert set(Shopper.objects.all()) == {other, abroad}
    assert not ShopperKey.objects.filter(source=shop.connection.code).exists()
    assert not InboundEvent.objects.filter(key__connection=shop.connection).exclude(body="").exists()
    assert not redactions_wait()


def test_a_shop_that_was_disconnected_is_erased_when_it_asks_and_heard_of_nothing_else(shop: Shop) -> None:
    at_shopify(shop)
    connecting.disconnect(shop.connection, timezone.now())
    assert called(shop, "orders/create", event_id="order-1") == 403
    assert called(shop, "customers/redact", {"email": EMAIL}) == 200
    assert called(shop, "shop/redact", event_id="wish-2") == 200
    run_workers()
    jobs.redact_shops()
    assert not Shopper.objects.exists()
    assert not EventKey.objects.filter(event_id="order-1").exists()


def test_what_proves_the_calls_of_a_shop_that_left_is_kept_for_90_days(shop: Shop) -> None:
    at_shopify(shop)
    connecting.disconnect(shop.connection, timezone.now())
    retention.forget(timezone.now() + timedelta(days=89))
    shop.connection.refresh_from_db()
    assert live_secrets(shop.connection) == ("s3cret",)
    retention.forget(timezone.now() + timedelta(days=91))
    assert called(shop, "shop/redact") == 403
    shop.connection.refresh_from_db()
    assert shop.connection.secrets_encrypted == ""


def test_a_late_report_about_an_erased_person_writes_nothing_of_them(shop: Shop, settings: Any) -> None:
    code = str(Delivery.objects.get().code)
    erase(Shopper.objects.get(), timezone.now())
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:password"}
    told = {"RecordType": "Bounce", "ID": 7, "Type": "HardBounce", "Email": EMAIL, "Metadata": {"delivery": code}}
    proof = {"Authorization": f"Basic {base64.b64encode(b'name:password').decode()}"}
    answer = Client(headers=proof).post(
        "/anymail/postmark/tracking/", json.dumps(told), content_type="application/json"
    )
    assert answer.status_code == 200
    assert Delivery.objects.get().status == "bounced"
    assert rows_naming(EMAIL, PHONE.lstrip("+"), NAME) == []
    assert suppressions.reason_for(shop.merchant, EMAIL) == ""


def test_a_redaction_with_a_wrong_signature_erases_nobody(shop: Shop) -> None:
    set_secrets(shop.connection, ["s3cret"])
    headers = {"X-Shopify-Topic": "customers/redact", "X-Shopify-Hmac-Sha256": "AAAA"}
    body = json.dumps({"shop_id": 1, "customer": {"email": EMAIL}})
    shop.connection.provider = "shopify"
    shop.connection.save()
    forget_hooks()
    path = f"/webhooks/{shop.connection.code}/"
    assert shop.client.post(path, body, content_type="application/json", headers=headers).status_code == 401  # type: ignore[arg-type]
    run_workers()
    assert Shopper.objects.exists()


def test_a_shop_that_leaves_costs_as_many_statements_however_many_its_shoppers(shop: Shop) -> None:
    other, counts = factories.connection(shop.merchant), []
    for many in (2, 20):
        for number in range(many):
            email = f"{many}-{number}.{EMAIL}"
            told = {"srcID": f"c-{email}", "email": email, "phone": f"+1303555{2000 + number}", "firstName": NAME}
            at = (timezone.now() - timedelta(minutes=1)).isoformat()
            line = {"id": "p-1", "name": f"Mug for {email}", "price": "9.00"}
            cart = {"eventID": f"e-{email}", "cartID": f"cart-{email}", "timestamp": at, "customer": told}
            shop.post("/v2/cart", cart | {"products": [line], "cartURL": f"https://shop.example/?e={email}"})
            factories.event(other, json.dumps({"who": f"(303) 555 {2000 + number}"}))
        while jobs.process_batch():
            pass
        factories.event(other, '{"who": "joe@example.com"}')
        shop.connection.redact_at = timezone.now()
        shop.connection.save()
        with CaptureQueriesContext(connection) as said:
            jobs.redact_shops()
        counts.append(len(said))
        assert rows_naming(EMAIL, "303) 555", "303555", NAME) == []
        assert not Shopper.objects.exists()
        assert InboundEvent.objects.filter(body__contains="joe@example.com").count() == len(counts)
    assert counts[1] <= counts[0]  # the first also takes out the one who left traces everywhere


PEOPLE = {
    1: (EMAIL, PHONE),
    2: ("jürg.o'neil+x@münchen.example", "+4915112345678"),
    3: ("", "+37258123"),
    4: ("a@b.example", ""),
}


@pytest.mark.parametrize(
    "text",
    [
        "+1 (303) 555-0142", "%2B1%20303%20555%200142", "001 303.555.0142", "303-555-0142 and 0151 12345678", "+372 58 123", "58123",
        "Zephyrine.Quill\\u0040example.com", "/?e=zephyrine.quill%40example.com", f"not.{EMAIL}", f"cart-{EMAIL}", f"{EMAIL}.au",
        "50%zephyrine.quill@example.com", "J%C3%BCrg.o%27neil%2Bx%40m%C3%BCnchen.example", "J\\u00fcrg.o'neil+x@m\\u00fcnchen.example",
        "xa@b.example", "%20a@b.example", "\\na@b.example", "2026-11-24 13:03:55 0142", "9303555014", "",
    ],
)  # fmt: skip
def test_many_people_are_found_in_a_text_as_one_is(text: str) -> None:
    named = {pk: spellings(*addresses) for pk, addresses in PEOPLE.items()}
    assert Mentions(PEOPLE, named).whose(text) == {pk for pk, one in named.items() if one.exact.search(text)}
