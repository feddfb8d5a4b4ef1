"""Any order of arrival, any cut into batches and any repetition ends in the same rows, and each abandonment is
reminded of once: through `intake.record`, with senders at work in between."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from campaigns import intake
from campaigns.facts import CartFact, CartStatus, CustomerFact, LineFact, OrderFact, OrderStatus, Origin
from campaigns.models import Cart, Delivery, Episode
from tests import factories

NOW = datetime(2026, 3, 9, 19, 0, tzinfo=UTC)
START = NOW - timedelta(days=4)
TEA, CUP = LineFact("tea", name="Sencha", price=Decimal("45.00")), LineFact("cup", name="Cup", price=Decimal("9.00"))
AVERY = CustomerFact(email="avery@example.com")
numbers = itertools.count(1)


def cart(minutes, status=CartStatus.OPEN, lines=(TEA,)):
    return CartFact(status, START + timedelta(minutes=minutes), "cart-1", AVERY, lines, "https://shop.example/cart")


def order(minutes):
    at = START + timedelta(minutes=minutes)
    return OrderFact(f"o-{minutes}", OrderStatus.PLACED, at, ("cart-1",), AVERY, (TEA,), "USD", Decimal(45))


def episodes():
    fields = ("number", "started_at", "abandoned_at", "closed_by", "closed_at")
    return list(Episode.objects.order_by("number").values_list(*fields))


minutes = st.integers(0, 60).map(lambda quarter: quarter * 15) | st.integers(0, 5000)
facts = st.lists(
    st.builds(cart, minutes, st.sampled_from(CartStatus), st.sampled_from([(TEA,), (TEA, CUP), (), None]))
    | st.builds(order, minutes),
    min_size=1,
    max_size=6,
    unique_by=lambda fact: (fact.occurred_at, getattr(fact, "status", "")),
)


class AnyOrder(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(facts, st.randoms(use_true_random=False), st.sampled_from([None, 60]))
    def test_any_order_of_arrival_ends_in_the_same_rows(self, facts, random, quiet):
        told = [(fact, f"evt-{number}") for number, fact in enumerate(facts)]
        shuffled = random.sample(told, len(told)) + random.sample(told, random.randint(0, len(told)))
        ends = []
        for arrivals in ([told], [[one] for one in shuffled]):
            merchant = factories.merchant()
            origin = Origin(merchant.pk, uuid.uuid4(), factories.store(merchant).pk, quiet)
            for batch in arrivals:
                connection.check_constraints()
                intake.record(
                    [intake.Arrival(origin, next(numbers), event, NOW, (fact,)) for fact, event in batch], NOW
                )
            ends.append((list(Cart.objects.values_list("status", "lines", "occurred_at")), episodes()))
            Cart.objects.all().delete()
        assert ends[0] == ends[1]


def told(origin, *facts):
    for fact in facts:
        intake.record([intake.Arrival(origin, number := next(numbers), f"evt-{number}", NOW, (fact,))], NOW)
    connection.check_constraints()


def by_silence():
    """A store whose carts are abandoned after an hour of silence, with a live campaign."""
    merchant = factories.merchant()
    factories.live_campaign(merchant, since=START)
    return Origin(merchant.pk, uuid.uuid4(), factories.store(merchant).pk, 60)


@pytest.mark.django_db
def test_a_late_fact_that_joins_two_episodes_leaves_one_with_one_reminder():
    told(by_silence(), cart(0), cart(90), cart(45))
    assert [row[2] for row in episodes()] == [START + timedelta(minutes=150)]
    assert Delivery.objects.get().due_at == START + timedelta(minutes=210)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["sent", "delivered", "unknown", "bounced"])
def test_episodes_that_a_late_fact_joins_are_not_reminded_of_again(status):
    origin = by_silence()
    told(origin, cart(0))
    Delivery.objects.update(status=status)
    told(origin, cart(90), cart(45))
    assert len(episodes()) == 1
    assert Delivery.objects.get().status == status


@pytest.mark.django_db
def test_what_was_sent_for_both_of_two_joined_episodes_stays_on_record():
    origin = by_silence()
    told(origin, cart(0), cart(90))
    Delivery.objects.update(status="sent")
    told(origin, cart(45), cart(46), cart(47))
    assert [(row[0], row[3]) for row in episodes()] == [(1, "superseded"), (2, "")]
    assert list(Delivery.objects.values_list("status", flat=True)) == ["sent", "sent"]
