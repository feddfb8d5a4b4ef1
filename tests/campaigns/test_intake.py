"""Facts in, rows out: through `intake.record`, the door every adapter uses."""

import contextlib
import itertools
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns import identity, intake
from campaigns.consent import consents
from campaigns.facts import (
    CartFact,
    CartStatus,
    ConsentFact,
    ConsentStatus,
    ContactFact,
    CustomerFact,
    LineFact,
    OrderFact,
    OrderStatus,
    Origin,
)
from campaigns.models import Cart, Consent, Decision, Delivery, Episode, Order, Shopper
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 9, 19, 0, tzinfo=UTC)
TEA = LineFact("tea", name="Sencha", price=Decimal("45.00"))
AVERY = CustomerFact(source_id="c-9001", email="avery@example.com")
numbers = itertools.count(1)


@pytest.fixture
def merchant():
    return factories.merchant()


@pytest.fixture
def origin(merchant):
    return Origin(merchant.pk, uuid.uuid4(), factories.store(merchant).pk)


def at(minutes):
    return NOW - timedelta(hours=1) + timedelta(minutes=minutes)


def cart(minutes=0, status=CartStatus.ABANDONED, *, key="cart-1", customer=AVERY, lines=(TEA,)):
    return CartFact(status, at(minutes), key, customer, lines, "https://shop.example/cart", "USD")


def order(minutes, *, key="o-1", cart_keys=("cart-1",), customer=AVERY, status=OrderStatus.PLACED, lines=(TEA,)):
    return OrderFact(key, status, at(minutes), cart_keys, customer, lines, "USD", Decimal("45.00"))


def arrival(origin, *facts, event_id=""):
    number = next(numbers)
    return intake.Arrival(origin, number, event_id or f"evt-{number}", NOW, facts)


def record(origin, *facts):
    return intake.record([arrival(origin, fact) for fact in facts], NOW)


def episodes():
    return list(Episode.objects.order_by("cart__key", "number").values_list("number", "abandoned_at", "closed_by"))


def test_an_abandoned_cart_makes_shopper_cart_and_episode(origin):
    record(origin, cart())
    made = Cart.objects.get()
    assert (made.status, made.trigger, made.shopper.email) == ("abandoned", "dynamic", "avery@example.com")
    assert made.lines[0] | {"price": "45.00", "name": "Sencha"} == made.lines[0]
    assert episodes() == [(1, at(0), "")]


def test_the_same_event_twice_changes_nothing(origin):
    once = arrival(origin, cart())
    intake.record([once], NOW)
    intake.record([once, replace(once, event_key_id=99)], NOW)
    assert episodes() == [(1, at(0), "")]
    assert Cart.objects.get().activities.count() == 1


def test_any_order_of_arrival_ends_in_the_same_rows(merchant):
    store = factories.store(merchant)
    ends = set()
    for number, arrangement in enumerate(itertools.islice(itertools.permutations(range(5)), 0, None, 17)):
        origin = Origin(merchant.pk, uuid.uuid4(), store.pk)
        avery = CustomerFact(email=f"avery-{number}@example.com")
        facts = [
            cart(0, customer=avery),
            cart(5, CartStatus.OPEN, customer=avery),
            cart(8, customer=avery),
            order(6, customer=avery),
            cart(20, customer=avery, lines=(TEA, LineFact("mint"))),
        ]
        for index in arrangement:
            intake.record([arrival(origin, facts[index], event_id=f"e{index}")], NOW)
        rows = Episode.objects.filter(cart__source=origin.source).order_by("number")
        ends.add(tuple(rows.values_list("number", "started_at", "abandoned_at", "closed_at", "closed_by")))
    assert len(ends) == 1


def test_late_identification_joins_the_cart(origin):
    record(origin, cart(0, CartStatus.OPEN, customer=CustomerFact()))
    assert Cart.objects.get().shopper is None
    record(origin, cart(2))
    assert Cart.objects.get().shopper.email == "avery@example.com"


def test_a_simple_event_uses_one_synthetic_cart_per_shopper(origin):
    simple = cart(0, key="", lines=None)
    record(origin, simple, replace(simple, occurred_at=at(30)), replace(simple, occurred_at=at(-90)))
    made = Cart.objects.get()
    assert (made.synthetic, made.trigger) == (True, "simple")
    assert [number for number, _, _ in episodes()] == [1, 2]


def test_any_later_order_of_the_shopper_closes_a_synthetic_cart(origin):
    record(origin, cart(0, key="", lines=None), order(5, cart_keys=(), lines=()))
    assert episodes() == [(1, at(0), "ordered")]


def test_an_order_closes_the_shoppers_older_carts_of_that_store(origin, merchant):
    elsewhere = replace(origin, default_store_id=factories.store(merchant).pk)
    record(origin, cart(0), cart(1, key="cart-2"))
    intake.record([arrival(elsewhere, cart(1, key="cart-3"))], NOW)
    record(origin, order(5))
    closed = dict(Cart.objects.values_list("key", "status"))
    assert closed == {"cart-1": "ordered", "cart-2": "ordered", "cart-3": "abandoned"}


def test_a_merchant_may_keep_carts_with_other_products_open(origin, merchant):
    merchant.order_closes = "same_products"
    merchant.save()
    record(origin, cart(0), cart(1, key="cart-2", lines=(LineFact("soap"),)), order(5, cart_keys=()))
    assert dict(Cart.objects.values_list("key", "status")) == {"cart-1": "ordered", "cart-2": "abandoned"}


def test_a_lower_key_that_contradicts_a_higher_one_is_ignored_and_noted(origin, merchant):
    other = factories.shopper(merchant, email="blake@example.com")
    record(origin, cart(0))
    answer = record(origin, cart(1, customer=CustomerFact(source_id="c-9001", email="blake@example.com")))
    assert [one.note for one in answer.values()] == ["email belongs to another shopper and was ignored"]
    assert Cart.objects.get().shopper.email == "avery@example.com"
    assert not other.carts.exists()


def test_a_refund_subtracts_and_reopens_nothing_in_any_order(origin):
    placed, refunded = order(5), replace(order(9, status=OrderStatus.REFUNDED), total=Decimal("20.00"))
    for facts in ([placed, refunded], [refunded, placed]):
        elsewhere = replace(origin, source=uuid.uuid4())
        intake.record([arrival(elsewhere, cart(0))], NOW)
        for fact in facts:
            intake.record([arrival(elsewhere, fact)], NOW)
        made = Order.objects.get(source=elsewhere.source)
        assert (made.status, made.total, made.refunded) == ("refunded", Decimal("45.00"), Decimal("20.00"))
        assert Cart.objects.get(source=elsewhere.source).status == "ordered"


def test_a_store_never_revives_an_opt_out(origin, merchant):
    shopper = factories.shopper(merchant, email="avery@example.com", subscribed=False)
    factories.consent(shopper, "unsubscribed", at=at(-500))
    fact = ContactFact(replace(AVERY, consents=(ConsentFact("email", ConsentStatus.SUBSCRIBED),)))
    outcome = intake.record_contacts(origin, [fact], NOW)[0]
    assert outcome.status == "ignored"
    assert outcome.errors == ("email: the shopper opted out; only the shopper can opt in again",)
    assert Consent.objects.get().status == "unsubscribed"


def test_a_contact_list_corrects_what_is_known(origin):
    record(origin, cart(0))
    intake.record_contacts(
        origin, [ContactFact(replace(AVERY, email="new@example.com"), timezone="America/Denver")], NOW
    )
    assert Shopper.objects.values_list("email", "timezone").get() == ("new@example.com", "America/Denver")


def test_an_abandonment_enters_the_live_campaign_and_schedules_its_step(origin, merchant):
    campaign = factories.live_campaign(merchant, since=at(-5))
    record(origin, cart(0))
    decision, delivery = Decision.objects.get(), Delivery.objects.get()
    assert (decision.outcome, decision.campaign) == ("entered", campaign)
    assert all(check["passed"] for check in decision.checks)
    assert (delivery.send_at, delivery.status) == (at(60), "pending")


def test_not_entering_is_written_down_with_every_check(origin, merchant):
    factories.live_campaign(merchant, since=at(5))
    record(origin, cart(0))
    decision = Decision.objects.get()
    assert (decision.outcome, decision.reason) == ("not_entered", "abandoned_before_live")
    assert [check["code"] for check in decision.checks if not check["passed"]] == ["abandoned_after_live"]
    assert not Delivery.objects.exists()


def test_each_update_moves_the_moment_of_silence(origin, merchant):
    factories.live_campaign(merchant, since=at(-5))
    quiet = replace(origin, quiet_period_minutes=30)
    record(quiet, cart(0, CartStatus.OPEN))
    assert Delivery.objects.get().send_at == at(0 + 30 + 60)
    record(quiet, cart(10, CartStatus.OPEN))
    assert Delivery.objects.get().send_at == at(10 + 30 + 60)
    assert Decision.objects.get().outcome == "entered"


def test_an_order_makes_the_waiting_reminder_due_so_that_it_is_skipped_at_once(origin, merchant):
    factories.live_campaign(merchant, since=at(-5))
    record(origin, cart(0))
    record(origin, order(5))
    assert Delivery.objects.get().send_at == NOW


def test_a_batch_of_any_size_takes_the_same_number_of_statements(origin, merchant):
    factories.live_campaign(merchant, since=at(-5))

    def statements(count):
        facts = [
            cart(0, key=f"{count}-{i}", customer=CustomerFact(email=f"{count}-{i}@example.com")) for i in range(count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            intake.record([arrival(origin, fact) for fact in facts], NOW)
        return len(captured)

    statements(2)
    assert statements(10) == statements(200)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_opt_out_holds_against_a_stores_grants_in_any_order_of_arrival(merchant, order):
    shopper = factories.shopper(merchant, subscribed=False)
    said = [(0, ConsentStatus.SUBSCRIBED), (5, ConsentStatus.UNSUBSCRIBED), (9, ConsentStatus.SUBSCRIBED)]
    for index in order:
        minutes, status = said[index]
        consents.record([consents.Stated(shopper, ConsentFact("email", status), at(minutes))])
    assert Consent.objects.get(shopper=shopper, closed_at=None).status == "unsubscribed"


def test_who_came_back_by_themselves_stays_though_an_older_opt_out_arrives_late(merchant):
    shopper = factories.shopper(merchant)
    consents.opt_out(shopper.pk, "email", source="unsubscribe link", now=at(1))
    consents.opt_in(shopper.pk, "email", source="preference page", now=at(5))
    consents.record([consents.Stated(shopper, ConsentFact("email", ConsentStatus.UNSUBSCRIBED), at(3))])
    assert Consent.objects.get(shopper=shopper, closed_at=None).status == "subscribed"


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_learn_of_one_shopper_at_once_lose_nothing(monkeypatch):
    merchant = factories.merchant()
    known = factories.shopper(merchant, first_name="", phone=None)
    origin = Origin(merchant.pk, uuid.uuid4())
    together, save = threading.Barrier(2, timeout=1), identity._save

    def meet(directory):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait()
        save(directory)

    def learn(customer):
        with transaction.atomic():
            identity.resolve([identity.Mention(origin, customer)])
        connection.close()

    monkeypatch.setattr(identity, "_save", meet)
    told = [CustomerFact(email=known.email, first_name="Avery"), CustomerFact(email=known.email, phone="+13035550101")]
    workers = [threading.Thread(target=learn, args=(customer,)) for customer in told]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    known.refresh_from_db()
    assert (known.first_name, known.phone) == ("Avery", "+13035550101")
