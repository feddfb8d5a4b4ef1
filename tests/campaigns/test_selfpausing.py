"""Campaigns that do harm pause themselves, and nothing else does."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns import lifecycle, selfpausing, sending, tracking
from campaigns.insight import figures
from campaigns.models import Campaign, Delivery
from campaigns.reputation import Reputation, surely
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("mailed", "bounced", "complained", "bounces", "complaints"),
    [
        (20, 1, 1, "few", "few"),
        (100, 1, 0, "good", "good"),
        (100, 5, 0, "watch", "good"),
        (100, 20, 0, "over", "good"),
        (2000, 39, 1, "good", "good"),
        (2000, 40, 2, "watch", "watch"),
        (2000, 100, 6, "watch", "watch"),
        (2000, 150, 12, "over", "over"),
    ],
)
def test_a_rate_is_over_its_limit_only_where_chance_does_not_explain_it(
    mailed: int, bounced: int, complained: int, bounces: str, complaints: str
) -> None:
    assert [rate.level for rate in Reputation(mailed, bounced, complained).rates] == [bounces, complaints]


def test_wilsons_bound_is_below_the_share_and_nears_it() -> None:
    assert surely(0, 0) == surely(0, 50) == 0
    assert 0.008 < surely(1, 20) < 0.01
    assert 0.045 < surely(500, 10_000) < 0.05


@pytest.fixture
def campaign() -> Campaign:
    merchant = factories.merchant()
    for role in (Role.OWNER, Role.OPERATOR, Role.MARKETING):
        factories.user(role, merchant, email=f"{role}@shop.example")
    return factories.live_campaign(merchant, since=timezone.now() - 2 * HOUR)


def mailed(campaign: Campaign, count: int, *, reports: int = 0, kind: str = "bounced", **fields: Any) -> None:
    episode = factories.abandoned_cart(campaign.merchant)
    made = []
    for number in range(count):
        cart = factories.cart(campaign.merchant, episode.cart.shopper)
        fields = {"status": "sent", "sent_at": timezone.now() - HOUR} | fields
        made.append(factories.delivery(campaign, factories.episode(cart), **fields))
        if number < reports:
            tracking.reported(made[-1].code, kind, timezone.now(), event_id=f"e-{made[-1].pk}")


def look(campaign: Campaign) -> str:
    now = timezone.now()
    figures.roll_up(now)
    selfpausing.look(now)
    campaign.refresh_from_db()
    return campaign.status


@pytest.mark.parametrize(("kind", "count", "words"), [("bounced", 14, "bounced (14.0 %)"), ("complained", 3, "spam")])
def test_a_campaign_over_a_limit_pauses_itself_and_tells_owners_and_operators(
    campaign: Campaign, django_capture_on_commit_callbacks: Any, kind: str, count: int, words: str
) -> None:
    mailed(campaign, 100, reports=count, kind=kind)
    with django_capture_on_commit_callbacks(execute=True):
        assert look(campaign) == "paused"
    assert words in campaign.paused_why
    assert campaign.log.get().action == "paused itself"
    assert {message.to[0] for message in mail.outbox} == {"owner@shop.example", "operator@shop.example"}
    assert words in mail.outbox[0].body


def test_few_or_harmless_reports_pause_nothing(campaign: Campaign) -> None:
    mailed(campaign, 20, reports=1)
    assert look(campaign) == "live"
    mailed(campaign, 100, reports=2)
    assert look(campaign) == "live"
    assert not campaign.log.exists()
    assert mail.outbox == []


def test_what_a_person_resumed_is_judged_by_what_follows(campaign: Campaign) -> None:
    mailed(campaign, 100, reports=20)
    look(campaign)
    lifecycle.resume(campaign, None, timezone.now())
    assert (look(campaign), campaign.paused_why) == ("live", "")
    mailed(campaign, 100, reports=20, sent_at=timezone.now())
    assert look(campaign) == "paused"


def test_twenty_refusals_in_a_row_pause_the_campaign_and_the_rest_waits(campaign: Campaign, smtp_sink: Any) -> None:
    smtp_sink.answer = "550 not from you"
    due = [factories.delivery(campaign, factories.abandoned_cart(campaign.merchant)) for _ in range(selfpausing.RUN)]
    sending.send_batch(selfpausing.RUN - 1)
    assert look(campaign) == "live"
    sending.send_batch()
    assert look(campaign) == "paused"
    assert "refused or lost" in campaign.paused_why
    assert Delivery.objects.filter(status="failed").count() == len(due)
    factories.delivery(campaign, factories.abandoned_cart(campaign.merchant))
    smtp_sink.answer = "250 OK"
    sending.send_batch()
    assert smtp_sink.messages == []


def test_refusals_between_messages_that_leave_pause_it_only_where_they_are_most(
    campaign: Campaign, smtp_sink: Any
) -> None:
    smtp_sink.answer = "550 no such user"
    for _ in range(selfpausing.RUN):
        factories.delivery(campaign, factories.abandoned_cart(campaign.merchant))
    sending.send_batch()
    mailed(campaign, selfpausing.RUN, sent_at=timezone.now())
    assert look(campaign) == "live"
    factories.delivery(campaign, factories.abandoned_cart(campaign.merchant))
    sending.send_batch()
    assert look(campaign) == "paused"
    assert "21 of 41 messages" in campaign.paused_why


def test_a_server_that_puts_mail_off_pauses_nothing(campaign: Campaign, smtp_sink: Any) -> None:
    smtp_sink.answer = "451 later"
    for _ in range(selfpausing.RUN):
        factories.delivery(campaign, factories.abandoned_cart(campaign.merchant))
    sending.send_batch()
    assert look(campaign) == "live"


def test_pages_show_the_rates_and_why_it_paused(campaign: Campaign) -> None:
    mailed(campaign, 100, reports=20)
    look(campaign)
    client = Client()
    client.force_login(factories.user(Role.OWNER, campaign.merchant))
    for path in ("/admin/", f"/admin/campaigns/{campaign.code}/", f"/admin/campaigns/{campaign.code}/history/"):
        text = client.get(path).content.decode()
        assert "20 of 100 mails bounced (20.0 %)" in text
        assert "aused itself" in text
