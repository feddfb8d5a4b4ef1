"""When a due message leaves: quiet hours, decided with the batch and looked at again with the group."""

import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from campaigns import handover, sending
from campaigns.drafting.review import checks
from campaigns.models import Campaign, ChannelSettings, Content, Decision, Delivery, SentMessage
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


@pytest.mark.parametrize("wish", ["hold", "next"])
def test_outside_them_it_waits_until_they_begin_also_where_there_is_no_next_channel(merchant, smtp_sink, wish):
    delivery = due(merchant, 3, quiet_hours=wish)
    sending.send_batch()
    assert (status(delivery), smtp_sink.messages) == (("pending", ""), [])
    opens = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=6)
    assert delivery.send_at == opens
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reason, decision.until) == ("deferred", "quiet_hours", opens)


@pytest.mark.parametrize("fields", [{"quiet_hours": "drop"}, {"hours": 5}])
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


def test_what_became_too_late_while_it_waited_for_its_group_does_not_leave(merchant, smtp_sink):
    delivery = due(merchant, 12)
    claim = sending._claim(100)
    (case,) = sending.gather(claim.ids, claim.now)
    Delivery.objects.update(expires_at=claim.now)
    assert handover.start(claim, [sending.compose(case, claim.now)]) == []
    sending.send_batch()
    assert (status(delivery), smtp_sink.messages) == (("skipped", "expired"), [])


def test_what_left_counts_from_when_its_group_was_handed_over(merchant, smtp_sink):
    delivery = due(merchant, 12)
    claim = sending._claim(100)
    composed = [sending.compose(case, claim.now) for case in sending.gather(claim.ids, claim.now)]
    between = datetime.now(UTC)
    sending._record_and_start(claim, started := handover.start(claim, composed), handover.hand_over(started), [])
    delivery.refresh_from_db()
    assert delivery.sent_at == delivery.message.at > between


def another_cart(delivery, **fields):
    """A reminder due now about another cart of the same shopper, of the same campaign unless told otherwise."""
    campaign = fields.pop("campaign", delivery.campaign)
    return factories.delivery(campaign, factories.abandoned_cart(campaign.merchant, delivery.shopper), **fields)


def capped(merchant, messages=1, hours=24):
    ChannelSettings.objects.filter(merchant=merchant).update(cap_messages=messages, cap_hours=hours)


def test_who_got_as_many_as_the_limit_allows_waits_until_one_no_longer_counts(merchant, smtp_sink):
    capped(merchant, hours=6)
    first = due(merchant, 12)
    sending.send_batch()
    second = another_cart(first, expires_at=datetime.now(UTC) + timedelta(days=1))
    sending.send_batch()
    first.refresh_from_db()
    assert (status(second), second.send_at) == (("pending", ""), first.sent_at + timedelta(hours=6))
    assert Decision.objects.latest("pk").reason == "capped"
    assert len(smtp_sink.messages) == 1


def test_who_would_wait_too_long_for_the_limit_gets_nothing(merchant, smtp_sink):
    capped(merchant, messages=2, hours=48)
    deliveries = [first := due(merchant, 12), another_cart(first), another_cart(first)]
    while sending.send_batch():
        pass
    assert sorted(status(one) for one in deliveries) == [("sent", ""), ("sent", ""), ("skipped", "capped")]
    assert len(smtp_sink.messages) == 2
    assert "2 of 2 in 48 hours" in str(Decision.objects.latest("pk").checks)


def test_a_message_on_another_channel_or_long_ago_does_not_count(merchant, smtp_sink):
    capped(merchant)
    first = due(merchant, 12)
    sent = {"status": "sent", "sent_at": datetime.now(UTC)}
    another_cart(first, channel="sms", **sent)
    another_cart(first, **sent | {"sent_at": datetime.now(UTC) - timedelta(hours=25)})
    sending.send_batch()
    assert status(first) == ("sent", "")


def test_what_may_have_left_counts(merchant, smtp_sink):
    capped(merchant, hours=48)
    first = due(merchant, 12, status="unknown")
    SentMessage.objects.create(delivery=first, at=datetime.now(UTC), context={})
    second = another_cart(first)
    sending.send_batch()
    assert (status(second), smtp_sink.messages) == (("skipped", "capped"), [])


def test_a_campaign_leaves_who_it_wrote_to_alone_for_its_rest(merchant, smtp_sink):
    first = due(merchant, 12)
    Campaign.objects.update(cooldown_hours=72)
    second = another_cart(first)
    while sending.send_batch():
        pass
    assert sorted([status(first), status(second)]) == [("sent", ""), ("skipped", "rested")]
    assert len(smtp_sink.messages) == 1


def test_a_later_step_for_the_same_cart_is_no_new_turn_of_the_campaign(merchant, smtp_sink):
    first = due(merchant, 12)
    Campaign.objects.update(cooldown_hours=72)
    sending.send_batch()
    step = factories.campaign(merchant).steps.get()
    later = factories.delivery(first.campaign, first.episode, step=step)
    sending.send_batch()
    assert status(later) == ("sent", "")


@pytest.mark.parametrize(("priorities", "winner"), [((0, 0), 0), ((0, 5), 1), ((5, 0), 0)])
def test_of_two_campaigns_at_once_one_goes_and_the_other_names_it(merchant, smtp_sink, priorities, winner):
    first = due(merchant, 12)
    other = factories.delivery(factories.live_campaign(merchant), first.episode)
    both = [first, other]
    for one, priority in zip(both, priorities, strict=True):
        Campaign.objects.filter(pk=one.campaign_id).update(priority=priority)
    sending.send_batch()
    Delivery.objects.filter(status="pending").update(send_at=datetime.now(UTC))
    sending.send_batch()
    loser = both[1 - winner]
    assert (status(both[winner]), status(loser)) == (("sent", ""), ("skipped", "other_campaign"))
    assert f"“{both[winner].campaign.name}” went first" in str(
        Decision.objects.filter(delivery=loser).latest("pk").checks
    )
    assert len(smtp_sink.messages) == 1


def test_where_the_first_campaign_does_not_write_the_other_does(merchant, smtp_sink):
    first = due(merchant, 12)
    other = factories.delivery(factories.live_campaign(merchant), first.episode)
    Delivery.objects.filter(pk=first.pk).update(expires_at=datetime.now(UTC))
    sending.send_batch()
    assert (status(first), status(other)) == (("skipped", "expired"), ("pending", ""))
    Delivery.objects.filter(status="pending").update(send_at=datetime.now(UTC))
    sending.send_batch()
    assert status(other) == ("sent", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["cap", "cooldown"])
def test_two_senders_at_once_cannot_both_pass_a_limit(merchant, smtp_sink, limit):
    first = due(merchant, 12)
    if limit == "cap":
        capped(merchant)
        second = another_cart(first, campaign=factories.live_campaign(merchant))
    else:
        Campaign.objects.update(cooldown_hours=24)
        second = another_cart(Delivery.objects.select_related("campaign").get(pk=first.pk))
    assert started_side_by_side(first, second) == ([first.pk], [])
    assert status(second) == ("pending", "")


def started_side_by_side(first, second):
    """Two senders, each on its own connection: one has marked its message as sending and not committed yet when the other comes."""
    claims = [_claimed([one]) for one in (first, second)]
    groups = [[sending.compose(case, claim.now) for case in sending.gather(claim.ids, claim.now)] for claim in claims]
    started = [[], []]

    def start(side):
        with transaction.atomic():
            started[side] = [one.case.delivery.pk for one in handover.start(claims[side], groups[side])]

    def other_sender():
        try:
            start(1)
        finally:
            connection.close()

    other = threading.Thread(target=other_sender)
    with transaction.atomic():
        start(0)
        other.start()
        _until_it_waits(other)
    other.join(timeout=30)
    return tuple(started)


def _until_it_waits(thread):
    """Until another connection waits for a lock of ours, or its work is done."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with connection.cursor() as cursor:
        while thread.is_alive():
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            thread.join(timeout=0.02)


def _claimed(deliveries):
    token, now = uuid.uuid4(), datetime.now(UTC)
    ids = tuple(one.pk for one in deliveries)
    lease = now + timedelta(minutes=2)
    Delivery.objects.filter(pk__in=ids).update(status="claimed", claim_token=token, lease_until=lease)
    return handover.Claim(token, now, ids)


def said_at_review(campaign):
    return [(one.level, one.text) for one in checks(campaign, datetime.now(UTC)) if one.code == "quiet_hours"]


def test_review_says_which_hours_and_limits_hold(merchant):
    capped(merchant, messages=3)
    campaign = factories.campaign(merchant)
    ((level, text),) = said_at_review(campaign)
    assert level == "ok"
    assert text.startswith("Mails leave between 8:00 and 21:00 where the shopper is")
    assert text.endswith("A shopper gets at most 3 in 24 hours on this channel.")
    ChannelSettings.objects.all().delete()
    assert said_at_review(campaign) == []


def test_review_warns_of_a_step_that_a_night_makes_too_late(merchant):
    campaign = factories.campaign(merchant, step={"expires_after_minutes": 6 * 60})
    warned, _ = said_at_review(campaign)
    assert warned[0] == "warn"
    assert "too late after 6 hours" in warned[1]
    campaign.steps.update(quiet_hours="drop")
    assert [level for level, _ in said_at_review(campaign)] == ["ok"]
