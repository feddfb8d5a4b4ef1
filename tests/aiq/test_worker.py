"""The worker of every queue: a lost database connection costs one job, not all after it."""

import pytest
from django.db import connection
from rq import Queue
from rq.serializers import JSONSerializer

from aiq import clock
from aiq.lib import doorbell
from aiq.logs import Nameless
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


def stumble() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'avery@example.com +16125550143'::int")


def test_what_a_job_failed_of_names_nobody_in_redis_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue("events", connection=doorbell.connection(), serializer=JSONSerializer)
    job = queue.enqueue("tests.aiq.test_worker.stumble", result_ttl=0, failure_ttl=60)
    Worker([queue], connection=doorbell.connection(), serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    assert "avery@example.com" in caplog.text
    lines = "".join(Nameless().format(record) for record in caplog.records)
    for told in (lines, str(job.latest_result().exc_string)):
        assert "[address] [phone]" in told
        assert "avery" not in told
        assert "555" not in told


def test_while_the_database_is_away_each_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    sending.drain()
    receiving.process_events()
    clock._tick(clock.TICKS[0])
    assert ["wait" in record.getMessage() and record.exc_info for record in caplog.records] == [None] * 3
