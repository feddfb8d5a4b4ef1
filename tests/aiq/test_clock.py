"""One clock ticks; a second waits; trouble passes."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from aiq import clock
from aiq.clock import Tick
from tests import factories

ticked: Counter[str] = Counter()


def count() -> None:
    ticked[threading.current_thread().name] += 1


def fail() -> None:
    raise ValueError("a tick that fails")


TICKS = (Tick("bad", 0.02, "tests.aiq.test_clock.fail"), Tick("good", 0.02, "tests.aiq.test_clock.count"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    ticked.clear()
    monkeypatch.setattr(clock, "PROVE_LOCK_SECONDS", 0.05)
    monkeypatch.setattr(clock, "WAIT_SECONDS", 0.05)


@contextmanager
def running(name: str) -> Iterator[threading.Event]:
    stop = threading.Event()

    def run() -> None:
        clock.run(stop, TICKS)
        connections.close_all()

    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_a_second_clock_waits_until_the_first_is_gone() -> None:
    with running("first") as stop:
        wait_for(lambda: ticked["first"] > 1)
        with running("second"):
            time.sleep(0.3)
            assert ticked["second"] == 0
            stop.set()
            wait_for(lambda: ticked["second"] > 1)


@pytest.mark.django_db(transaction=True)
def test_a_clock_whose_connection_was_cut_takes_the_lock_again_and_ticks_on() -> None:
    with running("first"):
        wait_for(lambda: ticked["first"] > 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        time.sleep(0.2)
        before = ticked["first"]
        wait_for(lambda: ticked["first"] > before + 2)


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with running("first"):
        wait_for(lambda: ticked["first"] > 3)
    assert "tick bad failed" in caplog.text


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_it_rings_only_where_something_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(clock, "ring", lambda queue, job: rung.append(queue))
    clock.ring_events()
    clock.ring_send()
    assert rung == []
    merchant = factories.merchant()
    factories.event(factories.connection(merchant))
    factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant))
    clock.ring_events()
    clock.ring_send()
    assert rung == ["events", "send"]
