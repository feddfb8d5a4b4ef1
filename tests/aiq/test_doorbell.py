"""The doorbell wakes a worker, and never stands in anybody's way."""

from typing import Any

import pytest
from django.conf import settings as real
from rq import Queue
from rq.serializers import JSONSerializer

from aiq.lib import doorbell

pytestmark = pytest.mark.usefixtures("clean_redis")


def waiting(queue: str) -> list[str | None]:
    return [job.func_name for job in Queue(queue, connection=doorbell.connection(), serializer=JSONSerializer).jobs]


def test_a_ring_leaves_one_wake_up_however_often_it_rings() -> None:
    for _ in range(3):
        doorbell.forget()
        doorbell.ring("send", "campaigns.jobs.drain")
    assert waiting("send") == ["campaigns.jobs.drain"]


def test_once_answered_the_next_ring_gets_through() -> None:
    doorbell.ring("send", "campaigns.jobs.drain")
    doorbell.answered("campaigns.jobs.drain")
    doorbell.forget()
    doorbell.ring("send", "campaigns.jobs.drain")
    assert len(waiting("send")) == 2


def test_jobs_have_bells_of_their_own_also_in_one_queue() -> None:
    for job in ("campaigns.jobs.keep_up", "campaigns.jobs.forget", "integrations.jobs.forget"):
        doorbell.ring("jobs", job)
    assert waiting("jobs") == ["campaigns.jobs.keep_up", "campaigns.jobs.forget", "integrations.jobs.forget"]


def test_a_bell_that_nobody_answers_falls_silent_by_itself() -> None:
    doorbell.ring("send", "campaigns.jobs.drain")
    assert 0 < doorbell.connection().pttl("aiq:bell:campaigns.jobs.drain") <= doorbell.BELL_MS


def test_the_job_carries_no_arguments_and_leaves_no_result() -> None:
    doorbell.ring("send", "campaigns.jobs.drain")
    (job,) = Queue("send", connection=doorbell.connection(), serializer=JSONSerializer).jobs
    assert (list(job.args), job.kwargs, job.result_ttl, job.failure_ttl) == ([], {}, 0, 86_400)


def test_without_redis_nothing_is_raised_and_it_is_said_once(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    doorbell.forget()
    for queue in ("send", "events", "jobs"):
        doorbell.ring(queue, "campaigns.jobs.drain")
    doorbell.answered("campaigns.jobs.drain")
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "Redis is away, the clock will find what waits"
    ]
    settings.REDIS_URL = real.REDIS_URL
    doorbell.forget()


def test_a_job_that_goes_on_looking_is_not_rung_for_again_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    rung = []
    for now in (100.0, 100.2, 100.3):
        monkeypatch.setattr(doorbell.time, "monotonic", lambda now=now: now)
        doorbell.answered("campaigns.jobs.drain")
        doorbell.ring("send", "campaigns.jobs.drain", lingers=0.5)
        rung.append(len(waiting("send")))
    assert rung == [1, 1, 2]
