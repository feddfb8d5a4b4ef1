"""One message over the first usable channel: what goes on to the next, what does not, and never two for one step."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Merchant, Plan
from campaigns import ledger, lifecycle, sending, support, tracking, waterfall, why
from campaigns.channels.base import CHANNELS
from campaigns.consent import consents
from campaigns.consent.bounces import Means
from campaigns.decide import Check, Verdict
from campaigns.models import (
    Campaign,
    CampaignKind,
    ChannelSettings,
    Content,
    Decision,
    Delivery,
    Episode,
    QuietHours,
    Shopper,
)
from campaigns.story import finding
from tests import factories
from tests.campaigns.paper import Paper
from tests.campaigns.test_leaving import zone_where_it_is
from tests.conftest import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    made = Paper()
    monkeypatch.setitem(CHANNELS._all(), "paper", made)
    return made


@pytest.fixture
def campaign(paper: Paper) -> Campaign:
    """Paper first, then email, at once."""
    return live(factories.merchant())


def live(merchant: Merchant) -> Campaign:
    step = {"delay_minutes": 0, "channel": "paper", "body": "Your cart waits.", "rank": 1}
    made = factories.campaign(merchant, kind=CampaignKind.WATERFALL, step=step)
    factories.step(made, position=1, delay_minutes=0, rank=2, lead=made.steps.get())
    lifecycle.set_live(made, None, datetime.now(UTC) - timedelta(hours=1))
    return made


def left(campaign: Campaign, *, phone: str | None = "+17205550161", consents: Any = ("paper", "email")) -> Episode:
    shopper = factories.shopper(campaign.merchant, phone=phone, subscribed=False)
    for channel in consents:
        factories.consent(shopper, channel=channel)
    return enter(factories.abandoned_cart(campaign.merchant, shopper))


def enter(episode: Episode) -> Episode:
    factories.meet(episode)
    return episode


def send() -> None:
    while sending.send_batch():
        pass


def tried(episode: Episode) -> list[tuple[str, str, str]]:
    return [(one.channel, one.outcome, one.reason) for one in ledger.of_episode(episode)]


def test_the_first_usable_channel_is_the_only_one(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign)
    send()
    assert tried(episode) == [("paper", "sent", "")]
    assert (len(paper.sent), len(smtp_sink.messages)) == (1, 0)


@pytest.mark.parametrize(
    ("shopper", "reason"),
    [({"consents": ("email",)}, "no_consent"), ({"phone": None}, "no_address")],
)
def test_what_is_wrong_with_the_channel_goes_on_to_the_next(
    campaign: Campaign, paper: Paper, smtp_sink: Sink, shopper: Any, reason: str
) -> None:
    episode = left(campaign, **shopper)
    send()
    assert tried(episode) == [("paper", "skipped", reason), ("email", "sent", "")]
    assert (len(paper.sent), len(smtp_sink.messages)) == (0, 1)


def test_a_channel_that_is_switched_off_goes_on_to_the_next(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    ChannelSettings.objects.create(merchant=campaign.merchant, channel="paper", enabled=False)
    episode = left(campaign)
    send()
    assert tried(episode) == [("paper", "skipped", "channel_off"), ("email", "sent", "")]


def test_a_refusal_for_good_goes_on_to_the_next_at_once(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    paper.refuses = True
    episode = left(campaign)
    send()
    assert tried(episode) == [("paper", "failed", "refused"), ("email", "sent", "")]
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(
    ("wish", "outcomes"),
    [
        ("next", [("paper", "skipped", "quiet_hours"), ("email", "sent", "")]),
        ("hold", [("paper", "deferred", "quiet_hours")]),
        ("drop", [("paper", "skipped", "quiet_hours")]),
    ],
)
def test_in_quiet_hours_the_next_channel_is_tried_where_the_step_says_so(
    campaign: Campaign, paper: Paper, smtp_sink: Sink, wish: str, outcomes: Any
) -> None:
    paper.quiet_hours = True
    Content.objects.update(quiet_hours=wish)
    episode = left(campaign)
    Shopper.objects.update(timezone=zone_where_it_is(3))
    send()
    assert tried(episode) == outcomes
    assert (paper.sent, len(smtp_sink.messages)) == ([], 1 if wish == "next" else 0)


def test_what_ends_the_episode_tries_nothing_else(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign)
    Episode.objects.update(closed_at=datetime.now(UTC), closed_by="emptied")
    send()
    assert tried(episode) == [("paper", "skipped", "emptied")]
    assert (paper.sent, smtp_sink.messages) == ([], [])


def test_nobody_known_is_waited_for_on_the_first_channel(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = enter(factories.episode(factories.cart(campaign.merchant)))
    send()
    assert tried(episode) == [("paper", "deferred", "unknown_shopper")]


def test_where_no_channel_is_left_the_last_one_says_why(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign, consents=())
    send()
    assert tried(episode) == [("paper", "skipped", "no_consent"), ("email", "skipped", "no_consent")]
    assert (paper.sent, smtp_sink.messages) == ([], [])


def test_an_opt_out_before_it_is_due_goes_on_to_the_next(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign)
    consents.opt_out(Shopper.objects.get().pk, "paper", source="test", now=datetime.now(UTC))
    send()
    assert tried(episode) == [("paper", "skipped", "no_consent"), ("email", "sent", "")]


def test_a_later_event_makes_no_second_message(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign, consents=("email",))
    send()
    enter(episode)
    send()
    assert len(tried(episode)) == 2
    assert len(smtp_sink.messages) == 1


def test_the_database_refuses_two_channels_on_their_way(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign, consents=("email",))
    send()
    skipped = Delivery.objects.get(channel="paper")
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(pk=skipped.pk).update(status="pending", reason="")
    assert tried(episode)[0] == ("paper", "skipped", "no_consent")


def test_a_failed_channel_is_not_sent_again_where_another_one_reached(
    campaign: Campaign, paper: Paper, smtp_sink: Sink
) -> None:
    paper.refuses = True
    left(campaign)
    send()
    with pytest.raises(support.Refused, match="another channel"):
        support.resend(Delivery.objects.get(channel="paper"), "Owner", datetime.now(UTC))
    assert sending.send_batch() == 0


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_one_message_each_shopper(paper: Paper, smtp_sink: Sink) -> None:
    campaign = live(factories.merchant())
    for number in range(30):
        left(campaign, phone=f"+172055501{number:02}", consents=("email",) if number % 2 else ("paper", "email"))
    paper.refuses = True

    def sender() -> None:
        send()
        connection.close()

    senders = [threading.Thread(target=sender) for _ in range(2)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    send()
    assert len(smtp_sink.messages) == Delivery.objects.filter(status="sent").count() == 30
    assert Delivery.objects.filter(channel="paper").exclude(status__in=["failed", "skipped"]).count() == 0


def test_a_missing_consent_is_not_waited_for_where_hours_or_a_limit_would_be(
    campaign: Campaign, paper: Paper, smtp_sink: Sink
) -> None:
    ChannelSettings.objects.create(
        merchant=campaign.merchant, channel="paper", quiet_hours=True, cap_messages=1, cap_hours=1
    )
    episode = left(campaign, phone=None, consents=("email",))
    send()
    assert tried(episode) == [("paper", "skipped", "no_address"), ("email", "sent", "")]


def test_why_reads_like_a_person(campaign: Campaign, paper: Paper, smtp_sink: Sink) -> None:
    episode = left(campaign, consents=("email",))
    send()
    [subject] = finding.find(episode.cart.key, [campaign.merchant])
    answer = why.story(subject, datetime.now(UTC)).answer
    assert answer.startswith(
        "Paper: not sent: Avery has not subscribed to cart reminders by paper; so email: sent today"
    )


@pytest.mark.parametrize(
    ("kind", "means", "late", "mails"),
    [
        ("bounced", Means.HARD, False, 1),
        ("bounced", Means.REFUSED, False, 1),
        ("bounced", Means.SOFT, False, 0),
        ("rejected", Means.REFUSED, False, 1),
        ("rejected", Means.REFUSED, True, 0),
        ("complained", Means.REFUSED, False, 0),
    ],
)
def test_a_failure_that_is_reported_later_goes_on_to_the_next_once_and_in_time(
    campaign: Campaign, paper: Paper, smtp_sink: Sink, kind: str, means: Means, late: bool, mails: int
) -> None:
    episode = left(campaign)
    send()
    delivery = episode.deliveries.get()
    if late:
        Delivery.objects.update(due_at=datetime.now(UTC) - timedelta(days=3))
    for name in ("r-1", "r-1", "r-2"):
        tracking.reported(delivery.code, kind, datetime.now(UTC), event_id=name, means=means)
        send()
    assert len(smtp_sink.messages) == mails
    assert (len(paper.sent), Delivery.objects.filter(channel="email").count()) == (1, mails or late)


@pytest.mark.parametrize("since", ["bought", "opted out"])
def test_a_failure_that_is_reported_after_a_purchase_or_an_opt_out_sends_nothing(
    campaign: Campaign, paper: Paper, smtp_sink: Sink, since: str
) -> None:
    episode = left(campaign)
    send()
    if since == "bought":
        Episode.objects.update(closed_at=datetime.now(UTC), closed_by="ordered")
    else:
        consents.opt_out(Shopper.objects.get().pk, "email", source="test", now=datetime.now(UTC))
    tracking.reported(episode.deliveries.get().code, "rejected", datetime.now(UTC))
    send()
    assert smtp_sink.messages == []


@pytest.mark.parametrize(
    ("reason", "step", "on"),
    [
        *[(reason, QuietHours.HOLD, True) for reason in ("no_consent", "no_address", "suppressed", "channel_off")],
        *[(reason, QuietHours.HOLD, False) for reason in ("bought", "emptied", "snoozed", "rested", "other_campaign")],
        *[(reason, QuietHours.HOLD, False) for reason in ("quiet_hours", "capped")],
        *[(reason, QuietHours.DROP, False) for reason in ("quiet_hours", "capped")],
        *[(reason, QuietHours.NEXT, True) for reason in ("quiet_hours", "capped")],
    ],
)
def test_only_what_is_wrong_with_the_channel_goes_on_and_limits_as_the_step_says(
    reason: str, step: QuietHours, on: bool
) -> None:
    verdict = Verdict("stop", (), reason)
    assert waterfall.goes_on(SimpleNamespace(has_next=True, quiet_hours=step), verdict) == on
    assert not waterfall.goes_on(SimpleNamespace(has_next=False, quiet_hours=step), verdict)


def test_on_a_plan_without_waterfalls_no_cart_enters_one_any_more(
    campaign: Campaign, paper: Paper, smtp_sink: Sink
) -> None:
    Merchant.objects.update(plan=Plan.STARTER)
    left(campaign)
    send()
    assert [(one.outcome, one.reason) for one in Decision.objects.all()] == [("not_entered", "plan")]
    assert (Delivery.objects.exists(), paper.sent, smtp_sink.messages) == (False, [], [])


@pytest.mark.parametrize("lacking", ["address", "consent", "double_opt_in"])
def test_what_may_still_come_is_not_waited_for_where_another_channel_may_reach(
    campaign: Campaign, lacking: str
) -> None:
    open_yet = Check(lacking, False, "asked", until=datetime.now(UTC) + timedelta(hours=3))
    first, last = campaign.version.contents.order_by("rank")  # type: ignore[union-attr]
    first.has_next, last.has_next = True, False
    for content, action in ((first, "stop"), (last, "wait")):
        verdict = waterfall.onto(content, Verdict("wait", (open_yet,), lacking, open_yet.until))
        assert (verdict.action, waterfall.goes_on(content, verdict)) == (action, action == "stop")
