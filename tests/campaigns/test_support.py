"""What people may do to a delivery by hand: from which state, what it changes, and that the ledger says who did it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import sending, support
from campaigns.models import Campaign, CampaignStatus, Decision, Delivery, SentMessage
from tests import factories

pytestmark = pytest.mark.django_db
NOBODY_AGAIN = ["pending", "sent", "delivered", "bounced", "skipped"]


def delivery(status: str, campaign: Campaign | None = None, **fields: Any) -> Delivery:
    campaign = campaign or factories.live_campaign(factories.merchant())
    if status == "skipped":
        fields["reason"] = "no_consent"
    if status in {"claimed", "sending"}:
        fields |= {"claim_token": campaign.code, "lease_until": timezone.now() + timedelta(minutes=1)}
    return factories.delivery(campaign, factories.abandoned_cart(campaign.merchant), status=status, **fields)


@pytest.mark.parametrize(
    ("status", "reason"), [("failed", "refused"), ("failed", "too_many_attempts"), ("unknown", "")]
)
def test_failed_and_unknown_can_be_sent_again(status: str, reason: str) -> None:
    one, now = delivery(status, reason=reason, attempts=5), timezone.now()
    support.resend(one, "Dana Reyes", now)
    one.refresh_from_db()
    assert (one.status, one.reason, one.attempts, one.send_at) == ("pending", "", 0, now)


def test_sending_again_is_written_into_the_ledger_with_the_persons_name() -> None:
    one, now = delivery("failed", reason="refused"), timezone.now()
    support.resend(one, "Dana Reyes", now)
    decision = Decision.objects.get(delivery=one)
    assert (decision.outcome, decision.reason, decision.at) == ("waiting", "settled_by_support", now)
    assert decision.checks == [{"code": "support", "passed": True, "saw": "Sent again by Dana Reyes"}]


@pytest.mark.parametrize("status", [*NOBODY_AGAIN, "claimed", "sending"])
def test_what_left_or_is_final_or_goes_by_itself_is_not_sent_again(status: str) -> None:
    one = delivery(status)
    with pytest.raises(support.Refused, match=r"\w"):
        support.resend(one, "Dana Reyes", timezone.now())
    assert Delivery.objects.get().status == status
    assert not Decision.objects.exists()


def test_a_reminder_whose_time_has_run_out_is_not_sent_again() -> None:
    one = delivery("failed", due_at=timezone.now() - timedelta(days=2))
    with pytest.raises(support.Refused, match="too late"):
        support.resend(one, "Dana Reyes", timezone.now())
    assert Delivery.objects.get().status == "failed"


@pytest.mark.parametrize(("to", "reason"), [("sent", ""), ("failed", "settled_by_support"), ("pending", "")])
def test_an_unknown_delivery_is_settled_as_told(to: str, reason: str) -> None:
    one = delivery("unknown")
    support.release(one, to, "Dana Reyes", timezone.now())
    one.refresh_from_db()
    assert (one.status, one.reason) == (to, reason)
    assert "Dana Reyes" in Decision.objects.get(delivery=one).checks[0]["saw"]


def test_marked_as_sent_it_was_sent_when_it_was_handed_over() -> None:
    one, handed_over = delivery("unknown"), timezone.now() - timedelta(hours=3)
    SentMessage.objects.create(delivery=one, at=handed_over, context={})
    support.release(one, "sent", "Dana Reyes", timezone.now())
    assert one.sent_at == handed_over


@pytest.mark.parametrize("status", [*NOBODY_AGAIN, "failed", "claimed", "sending"])
@pytest.mark.parametrize("to", ["sent", "failed", "pending"])
def test_only_an_unknown_outcome_is_settled_by_hand(status: str, to: str) -> None:
    with pytest.raises(support.Refused, match="outcome is known"):
        support.release(delivery(status), to, "Dana Reyes", timezone.now())
    assert Delivery.objects.get().status == status


def test_of_two_people_at_once_the_second_is_told_and_changes_nothing() -> None:
    one = delivery("unknown")
    stale = Delivery.objects.get(pk=one.pk)
    support.release(one, "sent", "Dana Reyes", timezone.now())
    with pytest.raises(support.Refused, match="faster"):
        support.release(stale, "failed", "Kim Osei", timezone.now())
    assert Delivery.objects.get().status == "sent"
    assert Decision.objects.count() == 1


def test_sent_again_after_the_shopper_opted_out_it_is_skipped_instead(smtp_sink: Any) -> None:
    one = delivery("failed", reason="refused")
    assert one.shopper
    one.shopper.consents.update(status="unsubscribed")
    support.resend(one, "Dana Reyes", timezone.now())
    sending.send_batch()
    one.refresh_from_db()
    assert (one.status, one.reason) == ("skipped", "no_consent")
    assert smtp_sink.messages == []


def test_stuck_are_the_overdue_the_left_behind_the_unknown_and_the_lately_failed() -> None:
    campaign, now = factories.live_campaign(factories.merchant()), timezone.now()
    long_ago, ended = now - timedelta(hours=1), now - timedelta(minutes=1)
    expected = [
        delivery("pending", campaign, due_at=long_ago - timedelta(minutes=3)),
        delivery("sending", campaign, due_at=long_ago - timedelta(minutes=2)),
        delivery("unknown", campaign, due_at=long_ago - timedelta(minutes=1)),
        delivery("failed", campaign, due_at=long_ago),
    ]
    Delivery.objects.filter(status="sending").update(lease_until=ended)
    delivery("pending", campaign)
    delivery("sending", campaign)
    delivery("sent", campaign, due_at=long_ago)
    delivery("failed", campaign, due_at=now - timedelta(days=30))
    found = support.stuck(now, campaign.merchant)
    assert [one.delivery.pk for one in found] == [one.pk for one in expected]
    assert all(one.problem and one.next_step for one in found)


def test_what_waits_for_a_paused_campaign_is_not_stuck() -> None:
    campaign = factories.live_campaign(factories.merchant())
    delivery("pending", campaign, due_at=timezone.now() - timedelta(hours=1))
    campaign.move(CampaignStatus.PAUSED)
    assert support.stuck(timezone.now()) == []


def test_stuck_deliveries_of_others_are_left_out_where_a_merchant_is_named() -> None:
    delivery("unknown")
    assert support.stuck(timezone.now(), factories.merchant()) == []
    assert len(support.stuck(timezone.now())) == 1
