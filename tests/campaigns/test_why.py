"""The story: found by whatever names it, within the merchant, in sentences, with every check; and its pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Merchant, Role
from campaigns import reasons, why
from campaigns.models import Decision, DecisionKind, Delivery, DeliveryStatus, SentMessage, TrackingEvent
from campaigns.story import finding
from campaigns.story.sentences import Ear, because
from campaigns.why import Story
from tests import factories

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
EAR = Ear("Avery", NOW, ZoneInfo("America/Denver"))


def signed_in(merchant: Merchant, role: str = Role.OWNER) -> Client:
    client = Client()
    client.force_login(factories.user(role, merchant))
    return client


def skipped(merchant: Merchant, *, saw: str = "order 1043, 2026-11-24 21:02 UTC", **fields: Any) -> Delivery:
    """A delivery that was not sent since the shopper had bought."""
    episode = factories.abandoned_cart(merchant)
    campaign = factories.live_campaign(merchant, name="Cart")
    delivery = factories.delivery(campaign, episode, status="skipped", reason="bought", **fields)
    entered(delivery)
    checks = [
        {"code": "not_bought", "passed": False, "saw": saw},
        {"code": "consent", "passed": True, "saw": "subscribed 2026-11-01 10:00 UTC"},
    ]
    decided(delivery, "skipped", reason="bought", checks=checks)
    return delivery


def entered(delivery: Delivery) -> None:
    Decision.objects.create(
        merchant=delivery.merchant,
        episode=delivery.episode,
        campaign=delivery.campaign,
        kind=DecisionKind.ENTRY,
        outcome="entered",
        at=timezone.now(),
    )


def decided(delivery: Delivery, outcome: str, **fields: Any) -> Decision:
    return Decision.objects.create(
        merchant=delivery.merchant,
        episode=delivery.episode,
        campaign=delivery.campaign,
        delivery=delivery,
        kind=DecisionKind.STEP,
        outcome=outcome,
        at=timezone.now(),
        **fields,
    )


def story_of(asked: str, merchant: Merchant) -> Story:
    (subject,) = finding.find(asked, [merchant])
    return why.story(subject, timezone.now())


@pytest.mark.parametrize(
    ("reason", "saw", "clause"),
    [
        ("bought", "order 1043, 2026-11-24 21:02 UTC", "Avery bought on Tuesday at 14:02 (order 1043)"),
        ("bought", "order A, B 7, 2026-11-26 15:00 UTC", "Avery bought today at 08:00 (order A, B 7)"),
        ("bought", "bought 2026-11-25 21:02 UTC", "Avery bought yesterday at 14:02"),
        ("came_back", "came back 2026-11-02 21:02 UTC", "Avery came back on 2 November at 14:02"),
        ("emptied", "emptied 2025-11-02 21:02 UTC", "the cart was emptied on 2 November 2025 at 14:02"),
        ("no_consent", "never asked", "Avery has not subscribed to cart reminders on this channel"),
        ("no_consent", "opted out 2026-11-26 15:00 UTC", "Avery opted out today at 08:00"),
        (
            "expired",
            "to be sent before 2026-11-26 15:00 UTC",
            "it was too late: it had to be sent before today at 08:00",
        ),
        (
            "abandoned_before_live",
            "abandoned 2026-11-26 15:00 UTC, live since 2026-11-26 16:00 UTC",
            "the cart was left today at 08:00, and the campaign went live today at 09:00",
        ),
        (
            "abandoned_before_live",
            "abandoned 2026-11-26 15:00 UTC, live since never",
            "the cart was left today at 08:00, and the campaign has never been live",
        ),
        ("other_store", "North Loop", "the campaign is not for North Loop"),
        ("plan", "Marketing Starter", "the plan Marketing Starter does not include all of this campaign"),
        ("campaign_not_live", "paused", "the campaign was paused"),
        ("suppressed", "Hard bounce", "the address is suppressed (Hard bounce)"),
        (
            "sold_out",
            "Sencha: sold out, told by the store 2026-11-26 15:00 UTC\nPot: called back",
            "nothing in the cart can be bought any more (Sencha: sold out, told by the store today at 08:00; Pot: called back)",
        ),
        ("sold_out_line", "sold out: Sencha, Pot", "the campaign holds back what has sold out (Sencha, Pot)"),
        (
            "price_rose",
            "Pot: now $32.00 instead of $30.00",
            "the campaign holds back what costs more now (Pot: now $32.00 instead of $30.00)",
        ),
        ("refused", "550 no such user", "the mail server said “550 no such user”"),
        ("no_address", "none yet", "there is no address for this channel (none yet)"),
        ("bought", "order order-98, 2026-11-26 15:00 UTC", "Avery bought today at 08:00 (order-98)"),
        ("not_known_to_us", "", "Not known to us"),
    ],
)
def test_a_reason_reads_like_a_colleague(reason: str, saw: str, clause: str) -> None:
    assert because(reason, saw, EAR) == clause


@pytest.mark.django_db
def test_a_skipped_reminder_is_explained_with_its_checks_and_what_would_change_it() -> None:
    merchant = factories.merchant(timezone="America/Denver")
    delivery = skipped(merchant)
    story = story_of(delivery.shopper.email, merchant)
    assert story.answer.startswith("Not sent: Avery bought ")
    assert story.answer.endswith("(order 1043).")
    (meeting,) = story.meetings
    assert [(check.code, check.passed) for check in meeting.checks] == [("not_bought", False), ("consent", True)]
    assert story.changes == ("Nothing: a reminder after a purchase is never sent",)


@pytest.mark.django_db
def test_every_name_of_a_cart_leads_to_its_story() -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant, phone="+13035550111")
    episode = factories.abandoned_cart(merchant, shopper, key="cart-5512")
    order = factories.order(merchant, shopper, key="1043", cart_keys=["cart-5512"])
    delivery = factories.delivery(factories.live_campaign(merchant), episode)
    for asked in (f" {shopper.email.upper()} ", "+1 303 555 0111", "cart-5512", "1043", str(delivery.code)):
        (subject,) = finding.find(asked, [merchant])
        assert any(moment.kind == "abandoned" for moment in why.story(subject, timezone.now()).moments), asked
    assert any(moment.kind == "order" for moment in story_of("1043", merchant).moments)
    assert finding.find(str(order.code), [merchant])[0].title == "Order 1043"


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["", "   ", "\x00", "nobody@example.com", "+1", "x" * 4000, "'; --", "%"])
def test_what_names_nothing_finds_nothing(asked: str) -> None:
    merchant = factories.merchant()
    factories.abandoned_cart(merchant)
    assert finding.find(asked, [merchant]) == []


@pytest.mark.django_db
def test_another_merchants_shopper_is_never_found() -> None:
    shopper = factories.shopper(factories.merchant())
    assert finding.find(shopper.email, [factories.merchant()]) == []


@pytest.mark.django_db
def test_a_live_campaign_that_decided_nothing_is_explained_all_the_same() -> None:
    merchant = factories.merchant()
    episode = factories.abandoned_cart(merchant)
    factories.live_campaign(merchant, name="Late", since=timezone.now() + timedelta(minutes=5))
    (meeting,) = story_of(episode.cart.key, merchant).meetings
    assert meeting.reason == "abandoned_before_live"
    assert not Decision.objects.exists()
    assert meeting.said.startswith("Not met: the cart was left today")


@pytest.mark.django_db
def test_without_a_live_campaign_the_story_says_so() -> None:
    merchant = factories.merchant()
    episode = factories.abandoned_cart(merchant)
    assert "No campaign is live" in story_of(episode.cart.key, merchant).answer


@pytest.mark.django_db
def test_what_became_of_a_sent_reminder_is_told_and_machines_are_told_apart() -> None:
    merchant = factories.merchant()
    delivery = skipped(merchant)
    Delivery.objects.filter(pk=delivery.pk).update(status="sent", reason="", sent_at=timezone.now())
    TrackingEvent.objects.create(delivery=delivery, kind="opened", at=timezone.now(), machine=True)
    TrackingEvent.objects.create(delivery=delivery, kind="clicked", at=timezone.now(), url="https://shop.example/")
    story = story_of(str(delivery.code), merchant)
    assert story.answer.startswith("Sent today at ")
    assert story.answer.endswith(", clicked.")
    assert {moment.title for moment in story.moments} >= {
        "A machine fetched the pictures of the mail",
        "Avery clicked in the mail",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "fields", "answer"),
    [
        ("unknown", {}, "Nobody can say whether it left"),
        ("failed", {"reason": "too_many_attempts"}, "Not sent: the mail server put the message off too often."),
        ("pending", {"due_at": timezone.now() + timedelta(minutes=30)}, "Goes out "),
        ("pending", {"due_at": timezone.now() - timedelta(minutes=1)}, "Due now."),
        ("bounced", {}, "Sent at an unknown time, and the address refused it."),
    ],
)
def test_each_state_of_a_delivery_has_a_sentence(status: str, fields: dict[str, Any], answer: str) -> None:
    merchant = factories.merchant()
    delivery = factories.delivery(
        factories.live_campaign(merchant), factories.abandoned_cart(merchant), status=status, **fields
    )
    entered(delivery)
    assert story_of(str(delivery.code), merchant).answer.startswith(answer)


@pytest.mark.django_db
def test_a_waiting_reminder_says_what_it_waits_for() -> None:
    merchant = factories.merchant()
    delivery = factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant))
    entered(delivery)
    decided(delivery, "deferred", reason="unknown_shopper", checks=[{"code": "identity", "passed": False, "saw": ""}])
    assert story_of(str(delivery.code), merchant).answer.startswith("Waits: nobody knows yet whose cart this is.")


@pytest.mark.django_db
def test_a_story_takes_the_same_number_of_queries_whatever_its_length(django_assert_max_num_queries: Any) -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant)
    campaign = factories.live_campaign(merchant)
    for _ in range(8):
        entered(factories.delivery(campaign, factories.abandoned_cart(merchant, shopper)))
        factories.order(merchant, shopper)
    with django_assert_max_num_queries(14):
        assert len(story_of(shopper.email, merchant).meetings) == 8


@pytest.mark.django_db
def test_the_page_answers_what_is_typed() -> None:
    merchant = factories.merchant()
    delivery = skipped(merchant)
    page = signed_in(merchant, Role.ANALYST).get("/admin/why/", {"q": delivery.shopper.email}).content.decode()
    assert "Not sent: Avery bought" in page
    assert "What would change this" in page
    assert "Has not bought" in page


@pytest.mark.django_db
def test_the_page_asks_where_a_name_fits_several() -> None:
    merchant = factories.merchant()
    order = factories.order(merchant, key="1043")
    factories.abandoned_cart(merchant, key="1043")
    client = signed_in(merchant)
    assert "names 2 things" in client.get("/admin/why/?q=1043").content.decode()
    picked = client.get(f"/admin/why/?q=1043&pick={order.code}").content.decode()
    assert "Order 1043" in picked
    assert "names 2 things" not in picked


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["nobody@example.com", "<script>", "' OR 1=1", "\x00", "x" * 3000, "💥"])
def test_the_page_says_what_it_looked_for_where_nothing_is_found(asked: str) -> None:
    answer = signed_in(factories.merchant()).get("/admin/why/", {"q": asked})
    assert answer.status_code == 200
    assert "<script>”" not in answer.content.decode()
    assert "knows nothing of" in answer.content.decode()


@pytest.mark.django_db
def test_the_page_explains_itself_before_anything_is_asked() -> None:
    assert "Every event has an answer" in signed_in(factories.merchant()).get("/admin/why/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/why/", "/admin/deliveries/"])
def test_insights_are_closed_to_roles_that_see_no_reports(path: str) -> None:
    merchant = factories.merchant()
    assert signed_in(merchant, Role.STAFF).get(path).status_code == 404
    assert Client().get(path).status_code == 302


@pytest.mark.django_db
def test_what_a_shopper_typed_into_a_name_is_text_on_every_page() -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant, first_name="<img src=x onerror=alert(1)>")
    delivery = factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant, shopper))
    entered(delivery)
    client = signed_in(merchant)
    for path in (f"/admin/why/?q={shopper.email}", "/admin/deliveries/", f"/admin/deliveries/{delivery.code}/"):
        page = client.get(path).content.decode()
        assert "<img src=x" not in page, path
        assert "&lt;img src=x" in page, path


@pytest.mark.django_db
def test_the_list_narrows_pages_and_costs_the_same(django_assert_max_num_queries: Any) -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    made = [factories.delivery(campaign, factories.abandoned_cart(merchant)) for _ in range(53)]
    Delivery.objects.filter(pk=made[0].pk).update(status="unknown")
    client = signed_in(merchant)
    client.get("/admin/deliveries/")
    with django_assert_max_num_queries(20):
        first = client.get("/admin/deliveries/")
    assert len(first.context["rows"]) == 50
    assert first.context["older"] == made[3].code
    assert "Step 1, email" in first.content.decode()
    older = client.get("/admin/deliveries/", {"before": made[3].code})
    assert [row.delivery.pk for row in older.context["rows"]] == [made[2].pk, made[1].pk, made[0].pk]
    unknown = client.get("/admin/deliveries/", {"status": "unknown", "campaign": campaign.code})
    assert [row.delivery.pk for row in unknown.context["rows"]] == [made[0].pk]
    strange = client.get("/admin/deliveries/?status=%00&campaign=x&before=y")
    assert strange.status_code == 200
    assert len(strange.context["rows"]) == 50


@pytest.mark.django_db
def test_a_delivery_shows_the_message_as_it_left_without_reporting_back() -> None:
    merchant = factories.merchant()
    delivery = factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant), status="sent")
    SentMessage.objects.create(delivery=delivery, at=timezone.now(), context={"shopper": {"email": "a@example.com"}})
    client = signed_in(merchant, Role.ANALYST)
    page = client.get(f"/admin/deliveries/{delivery.code}/").content.decode()
    assert "a@example.com" in page
    assert "/u/" in page
    assert "Unsubscribe:" in page
    frame = client.get(f"/admin/deliveries/{delivery.code}/message/")
    assert "You left something behind." in frame.content.decode()
    assert "/u/" not in frame.content.decode()
    assert "/o/" not in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["", "message/", "send-again/", "settle/sent/"])
def test_another_merchants_delivery_does_not_exist(part: str) -> None:
    delivery = skipped(factories.merchant())
    assert signed_in(factories.merchant()).get(f"/admin/deliveries/{delivery.code}/{part}").status_code == 404


@pytest.mark.django_db
def test_send_again_asks_and_then_does_it() -> None:
    merchant = factories.merchant()
    episode = factories.abandoned_cart(merchant)
    delivery = factories.delivery(factories.live_campaign(merchant), episode, status="failed", reason="refused")
    client, path = signed_in(merchant), f"/admin/deliveries/{delivery.code}/send-again/"
    assert "goes back to the queue" in client.get(path).content.decode()
    assert Delivery.objects.get().status == DeliveryStatus.FAILED
    assert client.post(path).status_code == 302
    assert Delivery.objects.get().status == DeliveryStatus.PENDING


@pytest.mark.django_db
def test_who_may_not_set_live_may_not_send_again() -> None:
    merchant = factories.merchant()
    delivery = factories.delivery(
        factories.live_campaign(merchant), factories.abandoned_cart(merchant), status="unknown"
    )
    client = signed_in(merchant, Role.ANALYST)
    for part in ("send-again/", "settle/sent/"):
        assert client.post(f"/admin/deliveries/{delivery.code}/{part}").status_code == 404
    assert Delivery.objects.get().status == DeliveryStatus.UNKNOWN
    assert client.get(f"/admin/deliveries/{delivery.code}/").status_code == 200


def test_the_published_table_of_reasons_is_the_list_in_the_code() -> None:
    table = Path(__file__).parents[2].joinpath("docs/reasons.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{one.code}` | {one.label} | `{one.reason}` | {one.blocked} | {one.would_change} |"
        for one in reasons.published()
    ]
