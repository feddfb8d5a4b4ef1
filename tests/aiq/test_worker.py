"""The worker of every queue: a lost database connection costs one job, not all after it."""

import pytest
from django.db import connection
from rq import Queue
from rq.serializers import JSONSerializer

from aiq import clock
from aiq.lib import doorbell
from aiq.worker import Worker
from campaigns import jobs as sending
from integrations import jobs as receiving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]
seen: list[int] = []


def look() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        seen.append(cursor.fetchone()[0])


def cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_the_job_after_a_lost_connection_works() -> None:
    seen.clear()
    queue = Queue("events", connection=doorbell.connection(), serializer=JSONSerializer)
    for job in ("look", "cut", "look"):
        queue.enqueue(f"tests.aiq.test_worker.{job}", result_ttl=0, failure_ttl=60)
    Worker([queue], connection=doorbell.connection(), serializer=JSONSerializer).work(
        burst=True, logging_level="CRITICAL"
    )
    assert seen == [1, 1]


def test_while_the_database_is_away_each_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    sending.drain()
    receiving.process_events()
    clock._tick(clock.TICKS[0])
    assert ["wait" in record.getMessage() and record.exc_info for record in caplog.records] == [None] * 3
