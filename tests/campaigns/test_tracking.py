"""What shoppers and mail providers call, over HTTP: links of messages, one-click unsubscribe, reports."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from aiq.lib.signing import sign
from campaigns import sending
from campaigns.consent import consents, suppressions
from campaigns.consent.bounces import Means
from campaigns.insight import figures
from campaigns.links import CLICK, OPEN, UNSUBSCRIBE, LinkMaker
from campaigns.models import Cart, Consent, DailyFigure, Delivery, Shopper, SoftBounce, Suppression, TrackingEvent
from campaigns.tracking import is_machine, reported
from tests import factories

pytestmark = pytest.mark.django_db
PERSON = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
SHOP = "https://shop.example/cart?a=1&b=%20"
ONE_CLICK = "List-Unsubscribe=One-Click"


def delivery(status: str = "sent", **fields: Any) -> Delivery:
    merchant = factories.merchant()
    fields.setdefault("sent_at", timezone.now() - timedelta(hours=1) if status == "sent" else None)
    return factories.delivery(
        factories.live_campaign(merchant), factories.abandoned_cart(merchant), status=status, **fields
    )


def links(one: Delivery) -> LinkMaker:
    return LinkMaker("", one.code)


def standing(shopper: Shopper | None) -> str:
    return Consent.objects.get(shopper=shopper, closed_at=None).status


def person() -> Client:
    return Client(headers={"User-Agent": PERSON}, enforce_csrf_checks=True)


def test_looking_at_the_unsubscribe_page_changes_nothing() -> None:
    one = delivery()
    for method in (person().get, person().head):
        assert method(links(one).unsubscribe_url).status_code == 200
    assert standing(one.shopper) == "subscribed"
    assert not TrackingEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_click_unsubscribe_is_committed_before_the_answer() -> None:
    one = delivery()
    answer = person().post(links(one).unsubscribe_url, ONE_CLICK, content_type="application/x-www-form-urlencoded")
    connection.close()  # what was not committed is gone
    assert answer.status_code == 200
    assert not answer.cookies
    assert standing(one.shopper) == "unsubscribed"
    assert TrackingEvent.objects.get().kind == "unsubscribed"


def test_a_second_unsubscribe_answers_alike_and_writes_nothing() -> None:
    one = delivery()
    for _ in range(2):
        assert person().post(links(one).unsubscribe_url, ONE_CLICK, content_type="text/plain").status_code == 200
    assert Consent.objects.count() == 2
    assert TrackingEvent.objects.count() == 1


def test_an_opt_out_skips_at_once_what_waits_with_its_decision() -> None:
    one = delivery("pending", due_at=timezone.now() + timedelta(hours=1))
    person().post(links(one).unsubscribe_url, ONE_CLICK, content_type="text/plain")
    one.refresh_from_db()
    assert (one.status, one.reason) == ("skipped", "no_consent")
    decision = one.decisions.get()
    assert (decision.outcome, decision.reason) == ("skipped", "no_consent")
    assert decision.checks[0]["saw"].startswith("opted out")


def test_the_shopper_alone_may_come_back() -> None:
    one = delivery()
    person().post(links(one).unsubscribe_url)
    person().post(links(one).unsubscribe_url, {"action": "subscribe"})
    assert standing(one.shopper) == "subscribed"


def test_an_unsubscribe_of_a_shopper_since_erased_is_no_error() -> None:
    one = delivery()
    assert one.shopper
    one.shopper.delete()
    assert person().post(links(one).unsubscribe_url).status_code == 200


def test_a_click_is_noted_and_goes_to_the_signed_address() -> None:
    one = delivery()
    answer = person().get(links(one).track(SHOP))
    assert (answer.status_code, answer["Location"]) == (302, SHOP)
    event = TrackingEvent.objects.get()
    assert (event.kind, event.url, event.machine, event.delivery) == ("clicked", SHOP, False, one)


@pytest.mark.parametrize("change", ["?url=https://evil.example", "?next=//evil.example"])
def test_nothing_beside_the_token_moves_a_click_elsewhere(change: str) -> None:
    assert person().get(links(delivery()).track(SHOP) + change)["Location"] == SHOP


def test_a_changed_token_is_nowhere() -> None:
    token = links(delivery()).track(SHOP)
    for wrong in (token[:-1], token + "A", token.replace("/c/", "/c/A"), "/c/x", "/c/" + "A" * 9000):
        answer = person().get(wrong)
        assert answer.status_code == 404
        assert "Location" not in answer
    assert not TrackingEvent.objects.exists()


def test_a_token_of_another_purpose_is_nowhere() -> None:
    code = delivery().code
    payload = code.bytes
    for purpose in (CLICK, OPEN, UNSUBSCRIBE):
        for path, right in (("/u/{}", UNSUBSCRIBE), ("/o/{}.gif", OPEN), ("/c/{}", CLICK)):
            expected = 200 if purpose == right else 404
            if right == CLICK == purpose:
                continue
            assert person().get(path.format(sign(purpose, payload))).status_code == expected, (purpose, path)
    assert person().post(f"/u/{sign(CLICK, payload)}").status_code == 404
    assert Consent.objects.get().status == "subscribed"


def test_a_token_signed_with_an_earlier_secret_still_works(settings: Any) -> None:
    one = delivery()
    url = links(one).unsubscribe_url
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret for this test"
    assert person().post(url).status_code == 200
    assert standing(one.shopper) == "unsubscribed"


def test_an_opening_is_noted_and_answered_with_a_picture_nobody_keeps() -> None:
    answer = person().get(links(delivery()).open_url)
    assert answer["Content-Type"] == "image/gif"
    assert answer["Cache-Control"] == "no-store"
    assert TrackingEvent.objects.get().kind == "opened"


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mimecast",
    ],
)
def test_what_a_machine_opens_or_follows_counts_for_nothing(agent: str) -> None:
    one, machine = delivery(), Client(headers={"User-Agent": agent})
    machine.get(links(one).open_url)
    machine.get(links(one).track(SHOP))
    assert [event.machine for event in TrackingEvent.objects.all()] == [True, True]


def test_nobody_opens_within_two_seconds() -> None:
    assert is_machine(PERSON, 1.0)
    assert not is_machine(PERSON, 3.0)
    assert not is_machine(PERSON, None)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("bounced", "bounced"),
        ("rejected", "failed"),
        ("opened", "unknown"),
        ("deferred", "unknown"),
    ],
)
def test_a_late_report_resolves_what_was_unknown(kind: str, status: str) -> None:
    one = delivery("unknown")
    assert reported(one.code, kind, timezone.now())
    one.refresh_from_db()
    assert one.status == status


def test_delivered_gives_an_unknown_delivery_the_time_it_was_sent() -> None:
    one, at = delivery("unknown"), timezone.now()
    reported(one.code, "delivered", at)
    one.refresh_from_db()
    assert one.sent_at == at


def test_a_hard_bounce_suppresses_the_address_and_a_soft_one_does_not() -> None:
    soft, hard = delivery(), delivery()
    reported(soft.code, "bounced", timezone.now(), means=Means.SOFT)
    assert not Suppression.objects.exists()
    reported(hard.code, "bounced", timezone.now(), means=Means.HARD)
    assert hard.shopper
    assert suppressions.reason_for(hard.merchant, hard.shopper.email or "") == "Hard bounce"


S, H = Means.SOFT, Means.HARD


@pytest.mark.parametrize(
    ("said", "status", "counted"),
    [
        ([("bounced", 1, S), ("delivered", 2, S)], "delivered", 0),
        ([("delivered", 2, S), ("bounced", 1, S)], "delivered", 0),
        ([("delivered", 1, S), ("bounced", 2, S)], "bounced", 1),
        ([("bounced", 2, S), ("delivered", 1, S)], "bounced", 1),
        ([("bounced", 1, H), ("delivered", 2, S)], "bounced", 1),
        ([("bounced", 1, S), ("bounced", 2, H), ("bounced", 1, S), ("delivered", 3, S)], "bounced", 1),
        ([("bounced", 1, S), ("rejected", 2, Means.REFUSED), ("delivered", 3, S)], "bounced", 1),
    ],
)
def test_the_providers_last_word_counts_unless_the_address_is_dead(
    said: list[tuple[str, int, Means]], status: str, counted: int
) -> None:
    one, now = delivery(), timezone.now()
    for kind, minutes, means in said:
        reported(one.code, kind, now - timedelta(minutes=30 - minutes), means=means)
    one.refresh_from_db()
    assert one.status == status
    assert status == "bounced" or not SoftBounce.objects.exists()
    figures.roll_up(now)
    assert DailyFigure.objects.filter(campaign=None).aggregate(Sum("bounced"), Sum("sent")) == {
        "bounced__sum": counted,
        "sent__sum": 1,
    }


def test_three_soft_bounces_of_different_messages_within_a_month_suppress_the_address() -> None:
    first, now = delivery(), timezone.now()
    campaign, shopper = first.campaign, first.shopper
    assert shopper
    others = [
        factories.delivery(campaign, factories.abandoned_cart(first.merchant, shopper), status="sent", shopper=shopper)
        for _ in range(3)
    ]
    for days, one in [(45, first), (20, others[0]), (19, others[0]), (10, others[1])]:
        reported(one.code, "bounced", now - timedelta(days=days), event_id=f"r-{days}", means=Means.SOFT)
        assert not Suppression.objects.exists()
    reported(others[2].code, "bounced", now, means=Means.SOFT)
    assert suppressions.reason_for(first.merchant, shopper.email or "") == "Bounced again and again"
    assert suppressions.unsuppress(first.merchant, shopper.email or "")
    reported(others[2].code, "bounced", now, means=Means.SOFT)
    assert not Suppression.objects.exists()


def test_a_late_report_about_an_erased_shopper_is_about_nobody() -> None:
    one = delivery()
    assert one.shopper
    one.shopper.delete()
    other = factories.shopper(one.merchant)
    Cart.objects.update(shopper=other)
    for kind in ("bounced", "complained", "unsubscribed"):
        assert reported(one.code, kind, timezone.now(), means=Means.HARD)
    assert not Suppression.objects.exists()
    assert standing(other) == "subscribed"


def test_a_complaint_suppresses_the_address() -> None:
    one = delivery()
    reported(one.code, "complained", timezone.now())
    assert one.shopper
    assert suppressions.reason_for(one.merchant, one.shopper.email or "") == "Marked as spam"


def test_an_unsubscribe_at_the_provider_opts_out() -> None:
    one = delivery()
    reported(one.code, "unsubscribed", timezone.now())
    assert standing(one.shopper) == "unsubscribed"


def test_the_same_report_twice_has_one_effect() -> None:
    one = delivery()
    assert reported(one.code, "bounced", timezone.now(), event_id="r-1", means=Means.HARD)
    assert not reported(one.code, "bounced", timezone.now(), event_id="r-1", means=Means.HARD)
    assert TrackingEvent.objects.count() == 1


@pytest.mark.parametrize(("code", "kind"), [(uuid4(), "delivered"), (None, "queued"), (None, "something")])
def test_a_report_of_nothing_known_changes_nothing(code: UUID | None, kind: str) -> None:
    one = delivery()
    assert not reported(code or one.code, kind, timezone.now())
    assert not TrackingEvent.objects.exists()


def signal(one: Delivery | None, event_type: str, **fields: Any) -> None:
    metadata = {"delivery": str(one.code)} if one else fields.pop("metadata", None)
    event = AnymailTrackingEvent(event_type=event_type, timestamp=timezone.now(), metadata=metadata, **fields)
    tracking.send(sender=SimpleNamespace, event=event, esp_name="Postmark")


def test_anymails_signal_reaches_the_delivery_by_our_code() -> None:
    one = delivery("unknown")
    signal(one, "delivered", event_id="pm-1", reject_reason=None)
    one.refresh_from_db()
    assert one.status == "delivered"


def test_a_bounce_through_anymail_suppresses_the_address() -> None:
    one = delivery()
    signal(one, "bounced", event_id="pm-2", reject_reason="bounced", esp_event={"Type": "HardBounce"})
    one.refresh_from_db()
    assert one.status == "bounced"
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("metadata", [None, {}, {"delivery": "not a code"}, {"delivery": str(uuid4())}])
def test_a_report_without_our_code_is_left_alone(metadata: Any) -> None:
    delivery()
    signal(None, "delivered", metadata=metadata, event_id="x", reject_reason=None)
    assert not TrackingEvent.objects.exists()


def test_a_store_cannot_reopen_what_the_shopper_closed() -> None:
    one = delivery()
    person().post(links(one).unsubscribe_url)
    assert one.shopper_id
    assert not consents.opt_out(one.shopper_id, "email", source="store", now=timezone.now())
    assert standing(one.shopper) == "unsubscribed"


def test_a_report_that_comes_before_the_senders_own_word_counts() -> None:
    one = delivery("sending", claim_token=uuid4(), lease_until=timezone.now())
    reported(one.code, "delivered", timezone.now())
    sending.sweep()
    one.refresh_from_db()
    assert one.status == "delivered"


@pytest.mark.parametrize("status", ["pending", "skipped", "failed"])
def test_a_report_about_what_did_not_leave_leaves_no_time_of_sending(status: str) -> None:
    one = delivery(status, **({"reason": "bought"} if status == "skipped" else {}))
    reported(one.code, "delivered", timezone.now())
    one.refresh_from_db()
    assert (one.status, one.sent_at) == (status, None)


def test_what_the_provider_dropped_after_taking_it_reached_nobody() -> None:
    one = delivery("sent")
    reported(one.code, "rejected", timezone.now(), means=Means.HARD)
    one.refresh_from_db()
    assert one.status == "bounced"
    assert Suppression.objects.count() == 1


def test_a_report_is_about_whom_the_message_went_to_not_who_has_the_cart_now() -> None:
    one = delivery("sent")
    other = factories.shopper(one.merchant)
    Cart.objects.update(shopper=other)
    reported(one.code, "unsubscribed", timezone.now())
    assert Consent.objects.get(closed_at=None, status="unsubscribed").shopper == one.shopper
