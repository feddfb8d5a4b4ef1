"""What a message and an event cost in statements and commits: immune to a noisy machine, unlike their timings."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bench.counting import counted
from campaigns import handover, sending
from campaigns.gather import gather
from campaigns.models import Delivery
from integrations import jobs
from tests import factories
from tests.pipeline import Shop, go_live

GROUP = 25
EACH = (10, 200)
LINE = {"id": "p-1", "name": "Tea", "price": "12.50", "quantity": 1, "url": "https://shop.example/p-1"}


@pytest.fixture
def shop():
    made = Shop(factories.merchant(name="Fernwood"))
    go_live(made.merchant, datetime.now(UTC) - timedelta(days=1), feed=True)
    return made


@pytest.fixture(autouse=True)
def full_groups(monkeypatch):
    """On a slow machine the sender makes its groups smaller; here they are counted."""
    monkeypatch.setattr(handover, "GROUP_SECONDS", 60)


def arrive(shop, count, first=0):
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    for number in range(first, first + count):
        customer = {"srcID": f"c-{number}", "email": f"s{number}@example.com"}
        body = {"eventID": f"evt-{number}", "timestamp": at, "cartID": f"cart-{number}", "store": "north-loop"}
        shop.post("/v2/cart", body | {"customer": customer, "products": [LINE], "currency": "USD"})


def due(shop, count):
    """So many reminders that are due now."""
    contacts = [
        {"srcID": f"c-{number}", "email": f"s{number}@example.com", "consent": {"email": {"status": "subscribed"}}}
        for number in range(count)
    ]
    for at in range(0, count, 100):
        shop.put("/v2/contacts", {"contacts": contacts[at : at + 100]})
    arrive(shop, count)
    while jobs.process_batch():
        pass


@pytest.mark.django_db(transaction=True)
def test_an_accepted_event_is_one_transaction_that_writes(shop):
    arrive(shop, 5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT key.xmin::text), count(DISTINCT event.xmin::text), bool_and(key.xmin = event.xmin)"
            " FROM integrations_eventkey key JOIN integrations_inboundevent event ON event.key_id = key.id"
        )
        assert cursor.fetchone() == (5, 5, True)


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_events_takes_as_many_statements_whatever_its_size(shop):
    seen = []
    for count in EACH:
        arrive(shop, count, first=1000 * count)
        with counted() as counts:
            assert jobs.process_batch() == count
        seen.append((counts.statements, counts.commits))
    assert seen[0] == seen[1]
    assert seen[0][1] == 1


@pytest.mark.django_db(transaction=True)
def test_gathering_takes_as_many_statements_whatever_the_batch(shop, smtp_sink):
    due(shop, EACH[1])
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    gather(ids[:1], datetime.now(UTC))
    seen = []
    for count in EACH:
        with counted() as counts:
            gather(ids[:count], datetime.now(UTC))
        seen.append(counts.statements)
    assert seen[0] == seen[1]


@pytest.mark.django_db(transaction=True)
def test_sending_adds_statements_by_the_group_and_commits_seldom(shop, smtp_sink):
    due(shop, 10 + sending.BATCH)
    sending.send_batch(1)
    seen = []
    for count in (9, sending.BATCH):
        with counted() as counts:
            assert sending.send_batch(count) == count
        seen.append((counts, -(-count // GROUP)))
    (few, one), (many, four) = seen
    assert many.statements - few.statements == 2 * (four - one)
    assert many.statements / sending.BATCH <= 0.2
    assert many.commits / sending.BATCH <= 0.09
    assert len(smtp_sink.messages) == 10 + sending.BATCH
