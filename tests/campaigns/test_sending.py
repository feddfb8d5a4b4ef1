"""At most once, whatever breaks: each test stops the sender somewhere and looks at what is left."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import handover, sending
from campaigns.channels.email import EmailChannel
from campaigns.consent import consents, suppressions
from campaigns.models import Decision, Delivery, SentMessage, Shopper
from tests import factories

pytestmark = pytest.mark.django_db


def due(merchant, count=1, campaign=None):
    campaign = campaign or factories.live_campaign(merchant)
    return [factories.delivery(campaign, factories.abandoned_cart(merchant)) for _ in range(count)]


def status(delivery):
    delivery.refresh_from_db()
    return delivery.status, delivery.reason


@pytest.fixture
def merchant():
    return factories.merchant()


def lease_ends(delivery):
    Delivery.objects.filter(pk=delivery.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def test_a_due_delivery_is_sent_once_however_often_the_job_runs(merchant, smtp_sink):
    (delivery,) = due(merchant)
    assert (sending.send_batch(), sending.send_batch()) == (1, 0)
    assert status(delivery) == ("sent", "")
    assert len(smtp_sink.messages) == 1
    assert SentMessage.objects.get().context["shopper"]["first_name"] == "Avery"


def test_what_is_not_due_yet_is_left_alone(merchant, smtp_sink):
    (delivery,) = due(merchant)
    Delivery.objects.update(send_at=datetime.now(UTC) + timedelta(minutes=1))
    assert sending.send_batch() == 0
    assert status(delivery) == ("pending", "")
    assert smtp_sink.messages == []


def test_a_sender_that_dies_before_hand_over_costs_nothing(merchant, smtp_sink):
    (delivery,) = due(merchant)
    sending._claim(100)
    assert sending.send_batch() == 0
    lease_ends(delivery)
    sending.sweep()
    assert sending.send_batch() == 1
    assert len(smtp_sink.messages) == 1


def test_a_sender_that_dies_while_handing_over_leaves_unknown_and_nothing_is_sent_again(
    merchant, smtp_sink, monkeypatch
):
    (delivery,) = due(merchant)

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(handover, "hand_over", die)
    with pytest.raises(KeyboardInterrupt):
        sending.send_batch()
    monkeypatch.undo()
    assert status(delivery) == ("sending", "")
    lease_ends(delivery)
    sending.sweep()
    assert status(delivery) == ("unknown", "")
    assert sending.send_batch() == 0
    assert smtp_sink.messages == []


def test_a_late_sender_whose_lease_ended_cannot_move_the_row(merchant, smtp_sink):
    (delivery,) = due(merchant)
    late = sending._claim(100)
    lease_ends(delivery)
    sending.sweep()
    sending.send_batch()
    assert handover.start(late, [composed(delivery, late)]) == []
    assert status(delivery) == ("sent", "")


def composed(delivery, claim):
    (case,) = sending.gather([delivery.pk], claim.now)
    return sending.compose(case, claim.now)


@pytest.mark.parametrize("what", ["order", "opt_out", "suppression", "pause"])
def test_what_happens_between_deciding_and_handing_over_stops_the_message(merchant, smtp_sink, what, monkeypatch):
    (delivery,) = due(merchant)
    cart = delivery.episode.cart
    happens = {
        "order": lambda: factories.order(merchant, cart.shopper, source=cart.source, cart_keys=[cart.key]),
        "opt_out": lambda: consents.opt_out(cart.shopper_id, "email", source="test", now=datetime.now(UTC)),
        "suppression": lambda: suppressions.suppress(merchant, cart.shopper.email, "staff"),
        "pause": lambda: delivery.campaign.move("paused"),
    }[what]
    settle = sending._settle
    monkeypatch.setattr(sending, "_settle", lambda *args: (settle(*args), happens()))
    sending.send_batch()
    monkeypatch.undo()
    assert smtp_sink.messages == []
    sending.send_batch()
    assert smtp_sink.messages == []
    reasons = {"order": "bought", "opt_out": "no_consent", "suppression": "suppressed", "pause": "campaign_not_live"}
    assert Decision.objects.latest("pk").reason == reasons[what]


def test_a_refusal_for_good_fails_with_the_servers_answer(merchant, smtp_sink):
    (delivery,) = due(merchant)
    smtp_sink.answer = "550 No such user"
    sending.send_batch()
    assert status(delivery) == ("failed", "refused")
    assert "550" in Decision.objects.latest("pk").checks[0]["saw"]


def test_a_refusal_for_now_is_tried_again_later_and_not_for_ever(merchant, smtp_sink):
    (delivery,) = due(merchant)
    smtp_sink.answer = "451 Try again later"
    for _ in range(len(handover.BACK_OFF)):
        sending.send_batch()
        assert status(delivery) == ("pending", "")
        assert delivery.send_at > datetime.now(UTC)
        Delivery.objects.update(send_at=datetime.now(UTC))
    sending.send_batch()
    assert status(delivery) == ("failed", "too_many_attempts")


def test_a_channel_that_raises_leaves_every_outcome_unknown(merchant, smtp_sink, monkeypatch):
    deliveries = due(merchant, 3)

    def broken(self, messages):
        raise RuntimeError("half way")

    monkeypatch.setattr(EmailChannel, "send_many", broken)
    sending.send_batch()
    assert {status(one) for one in deliveries} == {("unknown", "")}


def test_one_message_that_cannot_be_made_does_not_keep_its_neighbours(merchant, smtp_sink):
    campaign = factories.live_campaign(merchant, step={"subject": "{{ shopper.first_name }}, you left something"})
    good, bad = due(merchant, 2, campaign)
    Shopper.objects.filter(pk=bad.shopper_id).update(first_name="")
    sending.send_batch()
    assert status(good) == ("sent", "")
    assert status(bad) == ("skipped", "missing_data")


def test_the_number_of_statements_does_not_grow_with_the_batch(merchant, smtp_sink, monkeypatch):
    monkeypatch.setattr(handover, "GROUP_SECONDS", 60)
    campaign = factories.live_campaign(merchant)

    def statements(count):
        due(merchant, count, campaign)
        with CaptureQueriesContext(connection) as captured:
            sending.send_batch(limit=count)
        return len(captured)

    statements(2)
    assert statements(10) == statements(25)


@pytest.mark.django_db(transaction=True)
def test_two_senders_share_the_work_and_send_nothing_twice(smtp_sink):
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    deliveries = due(merchant, 60, campaign)

    def work():
        while sending.send_batch(limit=7):
            pass
        connection.close()

    senders = [threading.Thread(target=work) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    codes = [message["X-AIQ-Delivery"] for message in smtp_sink.messages]
    assert sorted(codes) == sorted(str(one.code) for one in deliveries)


def test_a_message_that_breaks_its_making_is_skipped_and_its_neighbours_go(merchant, smtp_sink, monkeypatch):
    broken, good = due(merchant, 2)
    compose = sending.compose

    def fragile(case, now, incentive):
        if case.delivery.pk == broken.pk:
            raise KeyError("nobody thought of this")
        return compose(case, now, incentive)

    monkeypatch.setattr(sending, "compose", fragile)
    sending.send_batch()
    assert (status(broken), status(good)) == (("skipped", "content_invalid"), ("sent", ""))


@pytest.mark.parametrize(
    ("answer", "expected"), [("250 OK", ("sent", "")), ("550 No such user", ("failed", "refused"))]
)
def test_an_answer_after_the_lease_ended_is_still_taken(merchant, smtp_sink, monkeypatch, answer, expected):
    (delivery,) = due(merchant)
    smtp_sink.answer = answer
    hand_over = handover.hand_over

    def slowly(group):
        outcomes = hand_over(group)
        lease_ends(delivery)
        sending.sweep()
        assert status(delivery) == ("unknown", "")
        return outcomes

    monkeypatch.setattr(handover, "hand_over", slowly)
    sending.send_batch()
    assert status(delivery) == expected


def test_an_answer_after_support_has_settled_it_changes_nothing(merchant, smtp_sink, monkeypatch):
    (delivery,) = due(merchant)
    hand_over = handover.hand_over

    def slowly(group):
        outcomes = hand_over(group)
        Delivery.objects.update(status="failed", reason="settled_by_support", lease_until=None)
        return outcomes

    monkeypatch.setattr(handover, "hand_over", slowly)
    sending.send_batch()
    assert status(delivery) == ("failed", "settled_by_support")


def test_a_cart_that_becomes_somebody_elses_meanwhile_is_decided_anew(merchant, smtp_sink, monkeypatch):
    (delivery,) = due(merchant)
    before, other = delivery.shopper, factories.shopper(merchant)
    start = handover.start

    def handed_on(claim, group):
        delivery.episode.cart.__class__.objects.update(shopper=other)
        return start(claim, group)

    monkeypatch.setattr(handover, "start", handed_on)
    sending.send_batch()
    sending.send_batch()
    assert [len(smtp_sink.to(one.email)) for one in (before, other)] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_what_left_is_recorded_though_the_database_breaks_off_meanwhile(smtp_sink, monkeypatch):
    first, second = due(factories.merchant(), 2)
    monkeypatch.setattr(handover.pace, "size", lambda most: 1)
    hand_over = handover.hand_over

    def cut_off(group):
        outcomes = hand_over(group)
        connection.connection.close()
        return outcomes

    monkeypatch.setattr(handover, "hand_over", cut_off)
    sending.send_batch()
    assert (status(first), status(second)) == (("sent", ""), ("sent", ""))
    assert len(smtp_sink.messages) == 2


def test_one_whose_facts_cannot_be_put_together_is_put_off_and_its_neighbours_go(merchant, smtp_sink):
    good, broken, other = due(merchant, 3)
    Shopper.objects.filter(pk=broken.episode.cart.shopper_id).update(attributes=["no names"])
    assert sending.send_batch() == 3
    assert [status(one)[0] for one in (good, broken, other)] == ["sent", "pending", "sent"]
    assert broken.send_at > datetime.now(UTC) + timedelta(minutes=4)
    assert (broken.claim_token, broken.attempts, len(smtp_sink.messages)) == (None, 0, 2)
