"""Going live meets what is abandoned from then on, also where no event of the cart comes after it: silence brings none."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import intake, lifecycle, matching
from campaigns.facts import CartFact, CartStatus, CustomerFact, LineFact, Origin
from campaigns.models import CampaignStatus, Decision, Delivery, Episode
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def origin():
    merchant = factories.merchant()
    return Origin(merchant.pk, uuid.uuid4(), factories.store(merchant).pk, 60)


def looked_at(origin, at, key="cart-1"):
    """A cart that somebody looked at; an hour of silence later it is abandoned."""
    customer = CustomerFact(email=f"{key}@example.com")
    fact = CartFact(CartStatus.OPEN, at, key, customer, (LineFact("tea"),), "https://shop.example/cart")
    intake.record([intake.Arrival(origin, 1, f"evt-{key}-{at}", at, (fact,))], at)


def campaign(origin, since, status=CampaignStatus.LIVE):
    made = factories.live_campaign(_merchant(origin), since=since)
    type(made).objects.filter(pk=made.pk).update(status=status)
    made.refresh_from_db()
    return made


def _merchant(origin):
    return factories.Merchant.objects.get(pk=origin.merchant_id)


def test_a_cart_last_touched_before_going_live_and_abandoned_after_it_is_reminded_of(origin, now):
    looked_at(origin, now - HOUR / 2)
    campaign(origin, now)
    matching.meet_again(now)
    assert Decision.objects.get().outcome == "entered"
    assert Delivery.objects.get().due_at == Episode.objects.get().abandoned_at + HOUR


def test_a_cart_abandoned_before_going_live_stays_out(origin, now):
    looked_at(origin, now - 2 * HOUR)
    campaign(origin, now)
    matching.meet_again(now)
    assert not Delivery.objects.exists()


def test_a_cart_last_touched_during_a_pause_is_met_once_the_campaign_goes_on(origin, now):
    paused = campaign(origin, now - HOUR, CampaignStatus.PAUSED)
    looked_at(origin, now - HOUR / 2)
    assert Decision.objects.get().outcome == "not_entered"
    lifecycle.resume(paused, None, now)
    matching.meet_again(now)
    assert Decision.objects.get().outcome == "entered"
    assert Delivery.objects.count() == 1


def test_a_cart_that_was_bought_meanwhile_is_left_alone(origin, now):
    looked_at(origin, now - HOUR / 2)
    Episode.objects.update(closed_at=now, closed_by="ordered", abandoned_at=None)
    campaign(origin, now)
    matching.meet_again(now)
    assert not Decision.objects.exists()


def test_meeting_again_is_harmless_and_ends_some_minutes_after_going_live(origin, now, django_assert_num_queries):
    looked_at(origin, now - HOUR / 2)
    campaign(origin, now)
    assert [matching.meet_again(now), matching.meet_again(now)] == [1, 0]
    with django_assert_num_queries(1):
        matching.meet_again(now + HOUR)
    assert Delivery.objects.count() == 1


def test_what_waits_goes_by_the_delay_and_the_content_of_the_version_that_goes_on(origin, now):
    live = campaign(origin, now - HOUR)
    looked_at(origin, now - HOUR / 2)
    matching.meet_again(now)
    waiting = Delivery.objects.get()
    lifecycle.pause(live, None)
    live.steps.update(delay_minutes=180, subject="Still thinking?")
    with lifecycle.editing(live, None):
        pass
    lifecycle.resume(live, None, now)
    moved = Delivery.objects.select_related("content", "episode").get()
    assert moved.content.subject == "Still thinking?"
    assert (moved.due_at, moved.send_at) == (moved.episode.abandoned_at + 3 * HOUR,) * 2
    assert moved.expires_at - moved.due_at == waiting.expires_at - waiting.due_at
