"""What has been kept long enough is deleted, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns import jobs as campaign_jobs
from campaigns.models import Delivery, PushSubscription, SentMessage, TrackingEvent
from integrations import jobs as event_jobs
from integrations.models import EventKey, InboundEvent
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
NOW = datetime.now(UTC)


def arrived(days: int, connection, **fields) -> EventKey:
    event = make.event(connection)
    EventKey.objects.filter(pk=event.pk).update(received_at=NOW - timedelta(days=days), **fields)
    return event


def test_events_go_after_90_days_with_their_bodies() -> None:
    door = make.connection(make.merchant())
    arrived(91, door), (young := arrived(89, door))
    event_jobs.forget()
    assert list(EventKey.objects.all()) == [young]
    assert list(InboundEvent.objects.values_list("key_id", flat=True)) == [young.pk]


def test_the_raw_body_of_a_quarantined_event_goes_after_30_days_and_its_answer_stays() -> None:
    door = make.connection(make.merchant())
    kept = {"state": "quarantined", "reason": "not_json"}
    old, young, fine = arrived(31, door, **kept), arrived(29, door, **kept), arrived(31, door, state="processed")
    event_jobs.forget()
    bodies = dict(InboundEvent.objects.values_list("key_id", "body"))
    assert bodies[old.pk] == ""
    assert bodies[young.pk]
    assert bodies[fine.pk]
    assert EventKey.objects.get(pk=old.pk).reason == "not_json"


def test_tracking_and_the_data_of_messages_go_after_13_months_and_the_delivery_stays() -> None:
    campaign = make.live_campaign(make.merchant())
    old, young = (make.delivery(campaign, make.abandoned_cart(campaign.merchant)) for _ in range(2))
    for delivery, days in ((old, 400), (young, 300)):
        at = NOW - timedelta(days=days)
        SentMessage.objects.create(delivery=delivery, at=at, context={"shopper": {"email": "avery@example.com"}})
        TrackingEvent.objects.create(delivery=delivery, kind="opened", at=at)
    campaign_jobs.forget()
    assert [one.delivery for one in SentMessage.objects.all()] == [young]
    assert [one.delivery for one in TrackingEvent.objects.all()] == [young]
    assert Delivery.objects.count() == 2


def test_a_browser_that_is_gone_goes_after_30_days_and_a_living_one_stays() -> None:
    shopper = make.shopper(make.merchant())
    for name, days in (("old", 31), ("young", 29), ("living", None)):
        gone_at = NOW - timedelta(days=days) if days else None
        PushSubscription.objects.create(
            merchant=shopper.merchant, shopper=shopper, endpoint=name, digest=name.encode(), gone_at=gone_at
        )
    campaign_jobs.forget()
    assert set(PushSubscription.objects.values_list("endpoint", flat=True)) == {"young", "living"}
