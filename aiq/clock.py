"""The clock: our own loop over a table of ticks. RQ's cron pickles its jobs, and what is due lives in PostgreSQL anyway."""

import heapq
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import import_string

from aiq import backlog
from aiq.lib.doorbell import ring
from campaigns.consent.opt_ins import opt_ins_wait
from integrations.privacy.redacting import redactions_wait
from products.imports import asking
from products.imports.waiting import imports_wait

LOCK = 4_711_001
PROVE_LOCK_SECONDS = 5.0
WAIT_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """A function without arguments, by its dotted path, called every so many seconds by one clock."""

    name: str
    seconds: float
    call: str


TICKS: tuple[Tick, ...] = (
    Tick("events", 1, "aiq.clock.ring_events"),
    Tick("send", 1, "aiq.clock.ring_send"),
    Tick("imports", 5, "aiq.clock.ring_imports"),
    Tick("figures", 5 if settings.DEMO else 30, "aiq.clock.ring_figures"),
    Tick("orders", 10 if settings.DEMO else 60, "aiq.clock.ring_orders"),
    Tick("opt_ins", 60, "aiq.clock.ring_opt_ins"),
    Tick("redactions", 60, "aiq.clock.ring_redactions"),
    Tick("codes", 600, "aiq.clock.ring_codes"),
    Tick("senders", 3600, "aiq.clock.ring_senders"),
    Tick("retention", 3600, "aiq.clock.ring_retention"),
)


def ring_events() -> None:
    """The net under the doorbell of the `events` queue."""
    if backlog.events_wait():
        ring("events", "integrations.jobs.process_events")


def ring_send() -> None:
    """What comes due, and what a dead sender left, is found by time."""
    if backlog.deliveries_wait():
        ring("send", "campaigns.jobs.drain")


def ring_imports() -> None:
    """Schedules come due by time alone, and a reader that died rings for nobody."""
    if imports_wait():
        ring(asking.QUEUE, asking.JOB)


def ring_figures() -> None:
    """What pages show is rolled up again, by a worker, since many merchants take longer than a tick should."""
    ring("jobs", "campaigns.jobs.keep_up")


def ring_orders() -> None:
    """What was ordered is counted, for what sells and what is bought together."""
    ring("jobs", "campaigns.jobs.count_orders")


def ring_opt_ins() -> None:
    """The net under the bell for shoppers who are to confirm."""
    if opt_ins_wait():
        ring("jobs", "campaigns.jobs.ask_to_confirm")


def ring_redactions() -> None:
    """The net under the bell for shops that are to be erased."""
    if redactions_wait():
        ring("jobs", "integrations.jobs.redact_shops")


def ring_codes() -> None:
    """Owners are told of discounts whose codes run low."""
    ring("jobs", "campaigns.jobs.warn_of_codes")


def ring_senders() -> None:
    """What the DNS says of sender domains is looked up again once a day."""
    ring("jobs", "campaigns.jobs.look_up_senders")


def ring_retention() -> None:
    """What has been kept long enough is deleted."""
    ring("jobs", "campaigns.jobs.forget")
    ring("jobs", "integrations.jobs.forget")


def run(stop: threading.Event, ticks: Sequence[Tick] = TICKS) -> None:
    """Tick until `stop` is set, always under the lock; where it is lost (the database restarted), wait for it again."""
    while not stop.is_set():
        try:
            with _own_connection() as own:
                if _hold_lock(own, stop):
                    logger.info("the clock ticks")
                    _tick_while_held(own, stop, ticks)
        except DatabaseError as error:
            logger.warning("the clock lost its database: %s", str(error).strip())
        stop.wait(WAIT_SECONDS)


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    own = connections.create_connection("default")
    try:
        yield own
    finally:
        own.close()


def _hold_lock(own: BaseDatabaseWrapper, stop: threading.Event) -> bool:
    """Wait for the advisory lock by asking: a blocking wait would be one long statement that holds back vacuum."""
    while not stop.is_set():
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                return True
        stop.wait(WAIT_SECONDS)
    return False


def _tick_while_held(own: BaseDatabaseWrapper, stop: threading.Event, ticks: Sequence[Tick]) -> None:
    """Run each tick when its time comes. Raises DatabaseError once the lock's connection is gone."""
    start = time.monotonic()
    queue = [(start, order) for order in range(len(ticks))]
    proven = start
    while not stop.is_set():
        now = time.monotonic()
        if now - proven >= PROVE_LOCK_SECONDS:
            _prove(own)
            proven = now
        due, order = queue[0]
        if due > now:
            stop.wait(min(due - now, PROVE_LOCK_SECONDS))
            continue
        _tick(ticks[order])
        # Late ticks are not made up for: the next one is counted from now.
        heapq.heapreplace(queue, (max(due + ticks[order].seconds, time.monotonic()), order))


def _prove(own: BaseDatabaseWrapper) -> None:
    with own.cursor() as cursor:
        cursor.execute("SELECT 1")


def _tick(tick: Tick) -> None:
    """One tick failing does not stop the others."""
    close_old_connections()
    try:
        import_string(tick.call)()
    except (OperationalError, InterfaceError) as error:
        logger.warning("tick %s waits for the database: %s", tick.name, str(error).strip())
    except Exception:
        logger.exception("tick %s failed", tick.name)
    close_old_connections()
