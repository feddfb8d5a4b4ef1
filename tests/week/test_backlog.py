"""A backlog at the end of the hours, over a slow gateway: what was begun in time arrives in time, the rest waits for the morning."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from aiq import environment
from aiq.environment import Env
from campaigns import sending
from campaigns.models import ChannelSettings, Delivery
from tests import factories
from tests.smsgateways import SECRET, JsonStandIn, serving
from tests.week.clock import Clock, moved_clock

DENVER = ZoneInfo("America/Denver")
BEGIN = datetime(2026, 11, 24, 20, 58, 50, tzinfo=DENVER)
TEXTS = 120
# Eight calls at once, each just short of the silence that is called a failure.
EACH = timedelta(seconds=14.5 / 8)


class SlowGateway(JsonStandIn):
    """Takes its time by the moved clock, and writes down when each text was taken."""

    clock: Clock
    taken: list[datetime]

    def take(self, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            self.clock.pass_by(EACH)
            self.taken.append(self.clock.now())
        finally:
            connection.close()
        return super().take(body)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with moved_clock(BEGIN.astimezone(UTC)) as made:
        yield made


@pytest.mark.django_db(transaction=True)
def test_a_backlog_drained_at_20_59_sends_nothing_at_21_00(clock: Clock, settings: Any) -> None:
    merchant = factories.merchant()
    ChannelSettings.objects.create(merchant=merchant, channel="sms", sender="27363", sender_kind="name")
    campaign = factories.live_campaign(merchant, step={"channel": "sms"}, since=BEGIN - timedelta(days=1))
    for number in range(TEXTS):
        shopper = factories.shopper(merchant, subscribed=False, phone=f"+1303555{number:04}")
        factories.consent(shopper, channel="sms")
        episode = factories.abandoned_cart(merchant, shopper, occurred_at=BEGIN - timedelta(hours=1))
        factories.delivery(campaign, episode, send_at=BEGIN, expires_at=BEGIN + timedelta(days=1))
    taken: list[datetime] = []
    slow = type("Slow", (SlowGateway,), {"clock": clock, "taken": taken})
    with serving(slow) as gateway:
        settings.SMS_GATEWAY = environment.sms(f"http+json://:{SECRET}@127.0.0.1:{gateway.port}/", Env())
        while sending.send_batch():
            pass
        clock.set(BEGIN + timedelta(minutes=30))
        assert sending.send_batch() == 0
    assert 0 < len(taken) < TEXTS
    assert {text["validSeconds"] for text in gateway.texts} == {60}
    assert max(taken) < BEGIN.replace(hour=21, minute=0, second=0)
    waiting = Delivery.objects.filter(status="pending")
    assert waiting.count() == TEXTS - len(taken)
    assert set(waiting.values_list("send_at", flat=True)) == {datetime(2026, 11, 25, 8, tzinfo=DENVER)}
