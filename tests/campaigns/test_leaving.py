"""When a due message leaves: quiet hours, decided with the batch and looked at again with the group."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from campaigns import handover, sending
from campaigns.models import ChannelSettings, Content, Decision
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    made = factories.merchant()
    ChannelSettings.objects.create(merchant=made, channel="email", quiet_hours=True)
    return made


def zone_where_it_is(hour):
    """A zone in which it is that hour of the day now. The sign of these names is turned round."""
    east = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def due(merchant, hour, **fields):
    """A reminder due now to a shopper in Germany (9:00 to 20:00) for whom it is that hour."""
    shopper = factories.shopper(merchant, timezone=zone_where_it_is(hour), country="DE")
    campaign = factories.live_campaign(merchant)
    Content.objects.update(quiet_hours=fields.pop("quiet_hours", "hold"))
    return factories.delivery(campaign, factories.abandoned_cart(merchant, shopper), **fields)


def status(delivery):
    delivery.refresh_from_db()
    return delivery.status, delivery.reason


def test_within_the_hours_it_leaves_and_the_decision_says_what_it_saw(merchant, smtp_sink):
    delivery = due(merchant, 12)
    sending.send_batch()
    assert status(delivery) == ("sent", "")
    (seen,) = [check for check in Decision.objects.get().checks if check["code"] == "quiet_hours"]
    assert seen["passed"]
    assert "as the shopper stated; allowed 9:00" in seen["saw"]


def test_outside_them_it_waits_until_they_begin(merchant, smtp_sink):
    delivery = due(merchant, 3)
    sending.send_batch()
    assert (status(delivery), smtp_sink.messages) == (("pending", ""), [])
    opens = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=6)
    assert delivery.send_at == opens
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reason, decision.until) == ("deferred", "quiet_hours", opens)


@pytest.mark.parametrize("fields", [{"quiet_hours": "drop"}, {"quiet_hours": "next"}, {"hours": 5}])
def test_where_the_step_does_not_wait_or_it_would_be_too_late_it_is_left_out(merchant, smtp_sink, fields):
    hours = fields.pop("hours", 24)
    delivery = due(merchant, 3, expires_at=datetime.now(UTC) + timedelta(hours=hours), **fields)
    sending.send_batch()
    assert (status(delivery), smtp_sink.messages) == (("skipped", "quiet_hours"), [])


def test_email_leaves_at_any_time_unless_the_merchant_wants_quiet_hours(merchant, smtp_sink):
    ChannelSettings.objects.update(quiet_hours=False)
    delivery = due(merchant, 3)
    sending.send_batch()
    assert status(delivery) == ("sent", "")


def test_what_the_hours_end_for_while_it_waits_for_its_group_does_not_leave(merchant, smtp_sink):
    delivery = due(merchant, 12)
    claim = sending._claim(100)
    (case,) = sending.gather(claim.ids, claim.now)
    composed = sending.compose(case, claim.now)
    ended = replace(case.facts.quiet, not_after=claim.now)
    late = replace(composed, case=replace(case, facts=replace(case.facts, quiet=ended)))
    assert handover.start(claim, [late]) == []
    assert status(delivery) == ("pending", "")
    assert handover.start(claim, [composed]) == []
