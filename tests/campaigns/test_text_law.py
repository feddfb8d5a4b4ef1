"""Carriers' rules for texts about a cart: confirmed, one about each, none after 48 hours; and what Review says of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import lifecycle, sending
from campaigns.drafting import review
from campaigns.models import ChannelSettings, Decision, Delivery, Step
from campaigns.texts.law import double_opt_in, in_time, one_text
from tests import factories
from tests.campaigns.test_leaving import started_side_by_side
from tests.campaigns.test_texts import early_afternoon

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "confirmed", "free"),
    [
        ("long_code", False, False),
        ("long_code", True, True),
        ("toll_free", False, False),
        ("toll_free", True, True),
        ("short_code", False, False),
        ("short_code", True, True),
        ("name", False, True),
        (None, False, False),
    ],
)
def test_every_number_but_no_name_needs_a_confirmed_consent(kind: str | None, confirmed: bool, free: bool) -> None:
    own = ChannelSettings(sender_kind=kind) if kind else None
    assert double_opt_in(own, confirmed=confirmed).free == free


def test_one_text_about_each_cart() -> None:
    assert one_text(None).free
    assert not one_text(NOON).free


@pytest.mark.parametrize(("minutes", "free"), [(0, True), (48 * 60 - 1, True), (48 * 60, False), (72 * 60, False)])
def test_no_text_after_48_hours(minutes: int, free: bool) -> None:
    assert in_time(NOON, NOON + timedelta(minutes=minutes)).free == free


@pytest.fixture
def merchant(settings: Any, tmp_path: Any, db: None):
    settings.CATCHER_DIR = tmp_path / "inbox"
    made = factories.merchant()
    ChannelSettings.objects.create(merchant=made, channel="sms", sender="+16125550100")
    return made


def due_text(merchant, *, double: bool = True, ago: timedelta = timedelta(0), **step: Any) -> Delivery:
    shopper = factories.shopper(merchant, subscribed=False, phone="+16125550188", timezone=early_afternoon())
    factories.consent(shopper, channel="sms", double_opt_in=double)
    campaign = factories.live_campaign(
        merchant, step={"channel": "sms"} | step, since=timezone.now() - timedelta(days=9)
    )
    episode = factories.abandoned_cart(merchant, shopper, occurred_at=timezone.now() - ago)
    return factories.delivery(campaign, episode)


def outcome(delivery: Delivery) -> tuple[str, str]:
    delivery.refresh_from_db()
    return delivery.status, delivery.reason


def caught(settings: Any) -> int:
    return len(list(settings.CATCHER_DIR.glob("*.json")))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("sent", "")),
        ({"double": False}, ("skipped", "not_confirmed")),
        ({"ago": timedelta(hours=48, minutes=1)}, ("skipped", "after_48_hours")),
        ({"ago": timedelta(hours=47, minutes=50)}, ("sent", "")),
    ],
)
def test_the_decision_keeps_them(merchant, settings: Any, given: dict, expected: tuple[str, str]) -> None:
    delivery = due_text(merchant, **given)
    sending.send_batch()
    assert outcome(delivery) == expected
    assert caught(settings) == (expected[0] == "sent")
    codes = {check["code"] for check in Decision.objects.get().checks}
    assert {"double_opt_in", "one_text_per_episode", "within_48_hours"} <= codes


def test_of_two_texts_about_a_cart_that_are_due_at_once_one_leaves(merchant, settings: Any) -> None:
    first = due_text(merchant)
    other = factories.live_campaign(merchant, step={"channel": "sms"}, since=timezone.now() - timedelta(days=9))
    second = factories.delivery(other, first.episode)
    while sending.send_batch():
        Delivery.objects.filter(status="pending").update(send_at=timezone.now())
    assert sorted([outcome(first)[0], outcome(second)[0]]) == ["sent", "skipped"]
    assert caught(settings) == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_cannot_both_text_about_a_cart(merchant, settings: Any) -> None:
    first = due_text(merchant)
    other = factories.live_campaign(merchant, step={"channel": "sms"}, since=timezone.now() - timedelta(days=9))
    second = factories.delivery(other, first.episode)
    assert started_side_by_side(first, second) == ([first.pk], [])
    assert outcome(second) == ("pending", "")


def test_nobody_gets_a_fourth_text_within_a_day(merchant, settings: Any) -> None:
    first = due_text(merchant)
    carts = [factories.abandoned_cart(merchant, first.shopper) for _ in range(3)]
    last = [factories.delivery(first.campaign, cart) for cart in carts][-1]
    while sending.send_batch():
        pass
    assert caught(settings) == 3
    held = Delivery.objects.exclude(status="sent").get()
    assert held.reason == "capped" or held.send_at > timezone.now() + timedelta(hours=23)
    assert "3 of 3 in 24 hours, all that the law allows" in str(
        Decision.objects.filter(delivery=held).latest("pk").checks
    )
    Delivery.objects.filter(status="sent").update(sent_at=timezone.now() - timedelta(hours=24))
    Delivery.objects.filter(pk=held.pk).update(status="pending", reason="", send_at=timezone.now())
    sending.send_batch()
    assert (caught(settings), outcome(last)[0]) == (4, "sent")


def test_a_decision_on_a_mail_says_nothing_of_texts(merchant, smtp_sink: Any) -> None:
    shopper = factories.shopper(merchant)
    factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant, shopper))
    sending.send_batch()
    assert "double_opt_in" not in {check["code"] for check in Decision.objects.get().checks}
    assert len(smtp_sink.messages) == 1


WORDS = {"channel": "sms", "subject": "", "body": "{{ store.name }}: {{ cart.url }} Reply STOP to opt out"}


def levels(campaign) -> dict[str, str]:
    return {check.code: check.level for check in review.checks(campaign, timezone.now())}


@pytest.mark.parametrize(("hours", "level"), [(1, None), (47, None), (48, "stop"), (72, "stop")])
def test_review_refuses_a_text_after_48_hours(merchant, hours: int, level: str | None) -> None:
    campaign = factories.campaign(merchant, step=WORDS | {"delay_minutes": hours * 60})
    assert levels(campaign).get("within_48_hours") == level
    if level:
        with pytest.raises(lifecycle.Refused, match="48 hours"):
            lifecycle.set_live(campaign, None, timezone.now())


def test_review_refuses_a_second_text_and_names_who_has_not_confirmed(merchant) -> None:
    campaign = factories.campaign(merchant, step=WORDS)
    Step.objects.create(campaign=campaign, position=2, delay_minutes=600, **WORDS)
    shopper = factories.shopper(merchant, subscribed=False, phone="+16125550188")
    factories.consent(shopper, channel="sms")
    found = levels(campaign)
    assert (found["one_text_per_episode"], found["double_opt_in"]) == ("stop", "warn")
    ChannelSettings.objects.update(sender_kind="name")
    assert "double_opt_in" not in levels(campaign)


def test_texts_are_off_for_regulated_goods_until_somebody_switches_them_on(merchant, settings: Any) -> None:
    ChannelSettings.objects.all().delete()
    merchant.regulated_goods = True
    merchant.save()
    campaign = factories.campaign(merchant, step=WORDS)
    assert levels(campaign)["channel"] == "stop"
    delivery = due_text(merchant)
    sending.send_batch()
    assert outcome(delivery) == ("skipped", "channel_off")
    ChannelSettings.objects.create(merchant=merchant, channel="sms", sender="+16125550100")
    assert "channel" not in levels(campaign)
