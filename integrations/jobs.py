"""The job behind the doorbell of the `events` queue: turns waiting events into facts until nothing waits."""

import logging
import time
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from aiq.lib.doorbell import answered, ring
from integrations import retention
from integrations.ingest import JOB, LINGER_SECONDS
from integrations.privacy import redacting
from integrations.retrying import in_transaction, passing
from integrations.settling import settle, write
from integrations.translating import quarantined
from integrations.waiting import Waiting, claim, claim_these

FORGET = "integrations.jobs.forget"
REDACT = "integrations.jobs.redact_shops"
BATCH = 500
DRAIN_SECONDS = 10.0
POLL_SECONDS = 0.005
REST_SECONDS = 0.03

logger = logging.getLogger(__name__)


def process_events() -> None:
    """Settle what waits, for some seconds; linger a moment, since events come in clusters. Harmless to repeat.

    A full batch rings again, so that an idle worker joins in; after a smaller one the worker rests as long as that took,
    so that the next one is larger. The database away: the events wait, the clock rings later.
    """
    answered(JOB)
    start = worked = time.monotonic()
    try:
        while (now := time.monotonic()) - start < DRAIN_SECONDS and now - worked < LINGER_SECONDS:
            count = process_batch()
            if count:
                worked = time.monotonic()
            if count >= BATCH:
                ring("events", JOB)
            else:
                time.sleep(min(max(time.monotonic() - now, POLL_SECONDS), REST_SECONDS))
    except (OperationalError, InterfaceError) as error:
        logger.warning("events wait, the database is away: %s", str(error).strip())
        connection.close()
        return
    if time.monotonic() - start >= DRAIN_SECONDS:
        ring("events", JOB)


def process_batch(limit: int = BATCH) -> int:
    """Claim and settle one batch; the number of events claimed. An event that cannot be recorded is quarantined alone."""
    claimed: list[Waiting] = []

    def work() -> None:
        claimed[:] = claim(limit)
        settle(claimed)

    try:
        in_transaction(work)
    except Exception as error:
        _raise_if_away(error)
        logger.exception("a batch of %s events failed, looking for the culprit", len(claimed))
        _isolate([event.key_id for event in claimed])
    return len(claimed)


def forget() -> None:
    """Delete what has been kept long enough."""
    answered(FORGET)
    retention.forget(timezone.now())


def redact_shops() -> None:
    """Erase what came from shops that asked for it. Goes on where an earlier run was cut off."""
    answered(REDACT)
    redacting.redact_shops(timezone.now())


def _isolate(ids: Sequence[int]) -> None:
    """Settle by halves, so that the neighbours of an event that cannot be recorded go on."""
    if len(ids) == 1:
        in_transaction(lambda: _quarantine(ids))
        return
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        try:
            in_transaction(lambda half=half: settle(claim_these(half)))  # type: ignore[misc]
        except Exception as error:
            _raise_if_away(error)
            _isolate(half)


def _quarantine(ids: Sequence[int]) -> None:
    write([quarantined(event, "recording_failed") for event in claim_these(ids)], {})


def _raise_if_away(error: Exception) -> None:
    """No event is to blame for a database that is away, or for workers in each other's way."""
    if passing(error) or (isinstance(error, (OperationalError, InterfaceError)) and not connection.is_usable()):
        raise error
