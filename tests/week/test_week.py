"""A week of 2,000 shoppers under a moved clock, with three senders: lawful hours, no message after a purchase or an opt-out,
no more than the limits allow, a reason for every one who got nothing, and figures that agree with a count of the rows."""

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import Merchant, Store
from campaigns import intake, lifecycle, sending
from campaigns.channels.base import CHANNELS, Outcome, Receipt
from campaigns.channels.email import EmailChannel
from campaigns.channels.sms import SmsChannel
from campaigns.consent import consents
from campaigns.facts import CartFact, CartStatus, CustomerFact, LineFact, OrderFact, OrderStatus, Origin
from campaigns.insight import rolling
from campaigns.models import (
    Campaign,
    CampaignStatus,
    ChannelSettings,
    Consent,
    Decision,
    Delivery,
    Episode,
    Shopper,
    Step,
)
from tests import factories
from tests.week import figures
from tests.week.clock import Clock, moved_clock
from tests.week.world import BEGIN, WEEK, Happening, World, world

SHOPPERS, SENDERS = 2_000, 3
# A drain begins 20 seconds before the last minute of hours that end on the hour, one half a minute before the hour and one after it; the hours
# of Canada end half past one and half past two in UTC.
DRAINS = [timedelta(minutes=minutes) for minutes in (1 / 3, 28 + 2 / 3, 58 + 2 / 3, 59.5)]
A_MESSAGE = timedelta(seconds=3)
A_GROUP = 5 * A_MESSAGE
CAPS = {"email": (3, 72), "sms": (2, 48)}
REST_HOURS = 48
LINE = LineFact("tea", name="Tea")


@dataclass(frozen=True, slots=True)
class Left:
    channel: str
    code: UUID
    at: datetime


class Recorded:
    """A channel whose provider takes three seconds for a message, on the moved clock, which stands still for nobody else."""

    group_size = 5
    clock: Clock
    left: list[Left]

    def send_many(self, messages: Sequence[Any]) -> list[Outcome]:
        began = self.clock.now()
        for place, one in enumerate(messages, 1):
            self.left.append(Left(self.slug, UUID(one.delivery_code), began + place * A_MESSAGE))  # type: ignore[attr-defined]
        self.clock.pass_by(len(messages) * A_MESSAGE)
        return [Receipt() for _ in messages]


class RecordedMail(Recorded, EmailChannel):
    pass


class RecordedTexts(Recorded, SmsChannel):
    pass


@pytest.fixture
def clock() -> Iterator[Clock]:
    with moved_clock(BEGIN) as made:
        yield made


@pytest.fixture
def left(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[Left]:
    left: list[Left] = []
    for channel in (RecordedMail(), RecordedTexts()):
        channel.clock, channel.left = clock, left
        monkeypatch.setitem(CHANNELS._all(), channel.slug, channel)
    return left


@pytest.fixture
def merchant() -> Merchant:
    made = factories.merchant(name="Fernwood", timezone="America/Chicago")
    for channel, (messages, hours) in CAPS.items():
        ChannelSettings.objects.create(
            merchant=made,
            channel=channel,
            sender="27363",
            sender_kind="short_code",
            cap_messages=messages,
            cap_hours=hours,
        )
    return made


@pytest.mark.django_db(transaction=True)
def test_a_week_is_lawful(merchant: Merchant, clock: Clock, left: list[Left]) -> None:
    made = world(SHOPPERS, seed=20261026)
    _live(merchant, "Sequence", [("email", 60), ("sms", 24 * 60)])
    _live(merchant, "Nudge", [("sms", 60)], priority=5, cooldown_hours=REST_HOURS)
    _settle_in(merchant, made)
    told = _live_through(merchant, made, clock)
    sent = _by_shopper(left)

    assert _out_of_hours(made, sent) == []
    assert _after_a_purchase(made, sent, told) == []
    assert _after_an_opt_out(made, sent, told) == []
    assert [key for key in _spans(sent) if _most_within(*key) > CAPS[key[0]][0]] == []
    assert max(Counter(one.code for one in left).values()) == 1
    assert _too_soon_again(sent) == []
    _everybody_has_an_answer(made, left)
    _it_was_a_week(left)
    figures.bounce([one.code for one in left if one.channel == "email"][::40], clock.now())
    figures.agree(clock.now())


def _live(merchant: Merchant, name: str, steps: Sequence[tuple[str, int]], **fields: Any) -> Campaign:
    campaign = Campaign.objects.create(merchant=merchant, name=name, type="abandoned_cart", **fields)
    for channel, delay in steps:
        text = (
            {"subject": "", "body": "Your cart waits: {{ cart.url }} Reply STOP to stop."} if channel == "sms" else {}
        )
        factories.step(campaign, channel=channel, delay_minutes=delay, **text)
    campaign.move(CampaignStatus.LIVE, version=lifecycle.freeze(campaign, None), live_since=BEGIN, edited=False)
    return campaign


def _settle_in(merchant: Merchant, made: World) -> None:
    shoppers = Shopper.objects.bulk_create(
        Shopper(
            merchant=merchant,
            email=one.email or None,
            phone=one.phone or None,
            timezone=one.home.zone if one.zone_stated else "",
            country=one.home.country if one.address_known else "",
            region=one.home.region if one.address_known else "",
        )
        for one in made.people
    )
    for person, shopper in zip(made.people, shoppers, strict=True):
        person.pk = shopper.pk
    status = {True: "subscribed", False: "unsubscribed"}
    Consent.objects.bulk_create(
        Consent(shopper_id=one.pk, channel=channel, status=status[answer], at=BEGIN, double_opt_in=True)
        for one in made.people
        for channel, answer in one.consents.items()
    )


def _live_through(merchant: Merchant, made: World, clock: Clock) -> dict[Happening, datetime]:
    """Tell what happens, let senders send, move on; two days longer than the week, so that everything comes to its end.
    When each happening was told."""
    store = factories.store(merchant, timezone="Europe/London")
    origin = Origin(merchant.pk, uuid4(), store.pk)
    told: dict[Happening, datetime] = {}
    waiting = list(reversed(made.happenings))
    with _senders() as send:
        hours = int((WEEK + timedelta(days=3)) / timedelta(hours=1))
        for at in (BEGIN + timedelta(hours=hour) + drain for hour in range(hours) for drain in DRAINS):
            if at.minute == 28 and at.hour not in (1, 2):
                continue
            clock.set(at)
            now = clock.now()
            news = []
            while waiting and waiting[-1].at <= now:
                news.append(waiting.pop())
            _tell(origin, store, made, news, now)
            told |= dict.fromkeys(news, now)
            if Delivery.objects.filter(status="pending", send_at__lte=now).exists():
                send()
            if at.hour == 0:
                rolling.roll_up(now)
    return told


def _tell(origin: Origin, store: Store, made: World, news: Sequence[Happening], now: datetime) -> None:
    facts = [one for one in news if one.kind != "opt_out"]
    arrivals = [
        intake.Arrival(origin, number, f"{one.about}-{one.kind}-{one.at.isoformat()}", now, (_fact(made, one, store),))
        for number, one in enumerate(facts)
    ]
    if arrivals:
        with transaction.atomic():
            intake.record(arrivals, now)
    for one in news:
        if one.kind == "opt_out":
            consents.opt_out(made.people[one.person].pk, one.about, source="test", now=now)


def _fact(made: World, one: Happening, store: Store) -> CartFact | OrderFact:
    person = made.people[one.person]
    customer = CustomerFact(email=person.email) if person.email else CustomerFact(phone=person.phone)
    if one.kind == "ordered":
        return OrderFact(
            f"order-{one.about}", OrderStatus.PLACED, one.at, (one.about,), customer, (LINE,), "USD", store=store.slug
        )
    status, lines = (CartStatus.OPEN, ()) if one.kind == "emptied" else (CartStatus(one.kind), (LINE,))
    url = f"https://shop.example/{one.about}"
    return CartFact(status, one.at, one.about, customer, lines, url, "USD", store=store.slug)


@contextmanager
def _senders() -> Iterator[Any]:
    """Three senders side by side, each with its own connection."""
    together = threading.Barrier(SENDERS)

    def drain() -> None:
        together.wait(timeout=60)
        while sending.send_batch():
            pass

    def leave() -> None:
        together.wait(timeout=60)
        connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:

        def all_of(work: Any) -> None:
            for done in [pool.submit(work) for _ in range(SENDERS)]:
                done.result(timeout=120)

        try:
            yield lambda: all_of(drain)
        finally:
            all_of(leave)


def _by_shopper(left: Sequence[Left]) -> dict[int, list[tuple[Left, Delivery]]]:
    rows = Delivery.objects.select_related("episode__cart", "campaign").in_bulk(
        [one.code for one in left], field_name="code"
    )
    found: dict[int, list[tuple[Left, Delivery]]] = defaultdict(list)
    for one in sorted(left, key=lambda one: one.at):
        found[rows[one.code].episode.cart.shopper_id or 0].append((one, rows[one.code]))
    return found


Sent = dict[int, list[tuple[Left, Delivery]]]


def _out_of_hours(made: World, sent: Sent) -> list[Any]:
    homes = {person.pk: person.home for person in made.people}
    texts = [(homes[pk], left.at) for pk, ones in sent.items() for left, _ in ones if left.channel == "sms"]
    return [(home.zone, home.region, at.astimezone(ZoneInfo(home.zone))) for home, at in texts if not home.allows(at)]


def _after_a_purchase(made: World, sent: Sent, told: dict[Happening, datetime]) -> list[Any]:
    """An order ends every older cart of the shopper."""
    return [
        (left, one)
        for one, at in told.items()
        if one.kind == "ordered"
        for left, delivery in sent.get(made.people[one.person].pk, ())
        if left.at >= at and delivery.episode.last_activity_at <= one.at
    ]


def _after_an_opt_out(made: World, sent: Sent, told: dict[Happening, datetime]) -> list[Any]:
    return [
        (left, one)
        for one, at in told.items()
        if one.kind == "opt_out"
        for left, _ in sent.get(made.people[one.person].pk, ())
        if left.channel == one.about and left.at >= at
    ]


def _spans(sent: Sent) -> Iterator[tuple[str, tuple[datetime, ...]]]:
    for ones in sent.values():
        for channel in CAPS:
            yield channel, tuple(sorted(left.at for left, _ in ones if left.channel == channel))


def _most_within(channel: str, times: Sequence[datetime]) -> int:
    """The most of these in any span as long as the channel's cap counts, from when a message's group is begun."""
    span = timedelta(hours=CAPS[channel][1]) - A_GROUP
    return max((bisect_left(times, at + span) - place for place, at in enumerate(times)), default=0)


def _too_soon_again(sent: Sent) -> list[Any]:
    nudges = [
        [one.sent_at for _, one in ones if one.campaign.name == "Nudge" and one.sent_at] for ones in sent.values()
    ]
    rest = timedelta(hours=REST_HOURS)
    return [later for times in nudges for early, later in pairwise(sorted(times)) if later - early < rest]


def _everybody_has_an_answer(made: World, left: Sequence[Left]) -> None:
    """Every cart that was left met every campaign; every step of those it entered was sent, or skipped for the reason that its last decision
    gives."""
    rows = list(Delivery.objects.values_list("pk", "code", "status", "reason"))
    assert {status for _, _, status, _ in rows} == {"sent", "skipped"}
    assert {code for _, code, status, _ in rows if status == "sent"} == {one.code for one in left}
    given = dict(Decision.objects.filter(kind="step").order_by("pk").values_list("delivery", "reason"))
    assert [
        pk for pk, _, status, reason in rows if status == "skipped" and not (reason and given.get(pk) == reason)
    ] == []
    abandoned = Episode.objects.filter(abandoned_at__isnull=False)
    assert set(abandoned.values_list("cart__key", flat=True)) == {
        one.about for one in made.happenings if one.kind == "abandoned"
    }
    met = Decision.objects.filter(kind="entry")
    assert not met.filter(outcome="not_entered", reason="").exists()
    both = set(product(abandoned.values_list("pk", flat=True), Campaign.objects.values_list("pk", flat=True)))
    assert set(met.values_list("episode", "campaign")) == both
    entered = set(met.filter(outcome="entered").values_list("episode", "campaign"))
    planned = Counter(Delivery.objects.values_list("episode", "campaign"))
    assert set(planned) == entered
    steps = Counter(Step.objects.values_list("campaign", flat=True))
    assert [key for key, count in planned.items() if count != steps[key[1]]] == []


def _it_was_a_week(left: Sequence[Left]) -> None:
    """That the rules above had something to do."""
    kept = Counter(Decision.objects.exclude(reason="").values_list("reason", flat=True))
    for reason in ("quiet_hours", "bought", "emptied", "came_back", "no_consent", "capped", "rested", "other_campaign"):
        assert kept[reason] > 10, reason
    assert min(Counter(one.channel for one in left).values()) > 300
