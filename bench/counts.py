"""Statements and commits per message and per event (tests/test_counts.py holds them)."""

from collections.abc import Iterator

from django.db import connection
from django.test import RequestFactory

from bench import traffic
from bench.counting import counted
from bench.play import Play
from bench.report import Figure
from campaigns import sending
from integrations import api, jobs

_WRITES = """
SELECT count(*), count(DISTINCT key.xmin::text), count(*) FILTER (WHERE key.xmin <> event.xmin)
FROM integrations_eventkey key JOIN integrations_inboundevent event ON event.key_id = key.id
WHERE key.event_id LIKE %s
"""


def measure(play: Play) -> Iterator[Figure]:
    play.due(sending.BATCH)
    with counted() as counts:
        sent = sending.send_batch()
    yield Figure(
        "statements per message", f"{counts.statements} for {sent}", "", counts.statements / sent, 1.0, 0.2, "", False,
        "ten per batch and three per group of 25: mark it as sending, keep what it was rendered from, record it.",
    )  # fmt: skip
    yield Figure(
        "commits per message", f"{counts.commits} for {sent}", "", counts.commits / sent, 0.15, 0.09, "", False
    )
    events, commits = _accepted(play)
    yield Figure("commits per event", f"{commits} for {events}", "", commits / events, 1, 1, "", False)
    play.events(jobs.BATCH)
    with counted() as counts:
        done = jobs.process_batch()
    yield Figure(
        "statements per event", f"{counts.statements} for {done}", "", counts.statements / done, 1.0, 0.2, "", False,
        "in the batch job between door and sender; no target was set, shown for comparison.",
    )  # fmt: skip


def _accepted(play: Play, number: int = 50) -> tuple[int, int]:
    """How many events were accepted, and in how many transactions their rows were written."""
    name = play.name()
    for shopper in range(number):
        body = traffic.cart(f"{name}-{shopper}", shopper, traffic.moments_ago())
        request = RequestFactory().post(
            "/v2/cart", body, content_type="application/json", headers={"X-APIKEY": play.scene.keys[0]}
        )
        assert api.cart(request).status_code == 202
    with connection.cursor() as cursor:
        cursor.execute(_WRITES, [f"evt-{name}-%"])
        events, transactions, apart = cursor.fetchone()
    return events, transactions + apart
