"""Keeps an event: one statement writes its idempotency key and its body, its commit is what a 2xx stands for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from django.db import InterfaceError, OperationalError, connection

from aiq.lib.doorbell import ring
from integrations.models import EventKey, InboundEvent

JOB = "integrations.jobs.process_events"
LINGER_SECONDS = 0.5
WINDOW_SECONDS = 600

_KEYS, _EVENTS = EventKey._meta.db_table, InboundEvent._meta.db_table
_KEEP = f"""
WITH kept AS (
    INSERT INTO {_KEYS} (code, connection_id, event_id, body_hash) VALUES (%s, %s, %s, %s)
    ON CONFLICT (connection_id, event_id) DO NOTHING RETURNING id, received_at
)
INSERT INTO {_EVENTS} (key_id, received_at, topic, body) SELECT id, received_at, %s, %s FROM kept RETURNING key_id
"""  # noqa: S608
_KNOWN = f"SELECT code, body_hash FROM {_KEYS} WHERE connection_id = %s AND event_id = %s"  # noqa: S608
_LATELY = f"""
SELECT code FROM {_KEYS}
WHERE connection_id = %s AND event_id = %s AND received_at > now() - make_interval(secs => {WINDOW_SECONDS})
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event at the door. `body_hash` tells a repeat from another event under the same id."""

    connection_id: int
    event_id: str
    topic: str
    body: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is committed to PostgreSQL, by this call or (`duplicate`) by an earlier one."""

    code: UUID
    event_id: str
    duplicate: bool


class EventConflictError(Exception):
    """The event id is taken by an event with another body."""


def accept(event: Incoming) -> Accepted:
    """Keep the event and ring for a worker; a repeat writes nothing. Raises `EventConflictError`, or Django's
    `OperationalError` where the database is away."""
    code = uuid4()
    kept = _one(_KEEP, (code, event.connection_id, event.event_id, event.body_hash, event.topic, event.body))
    if kept:
        ring("events", JOB, lingers=LINGER_SECONDS)
        return Accepted(code, event.event_id, duplicate=False)
    known = _one(_KNOWN, (event.connection_id, event.event_id))
    if known is None:
        return accept(event)  # erased between the two statements
    if bytes(known[1]) != event.body_hash:
        raise EventConflictError(event.event_id)
    # Our own code: the first attempt was committed, only its answer was lost with the connection.
    return Accepted(known[0], event.event_id, duplicate=known[0] != code)


def accept_timeless(event: Incoming, now: datetime) -> Accepted:
    """An event that says neither which nor when it is: an identical body within ten minutes is a repeat.

    Ten minutes slide, a unique key cannot: the id carries the number of its stretch of ten minutes, and the stretch
    before is looked at as well.
    """
    stretch = int(now.timestamp()) // WINDOW_SECONDS
    before = f"{event.event_id}-{stretch - 1}"
    if lately := _one(_LATELY, (event.connection_id, before)):
        return Accepted(lately[0], before, duplicate=True)
    return accept(replace(event, event_id=f"{event.event_id}-{stretch}"))


def document_hash(topic: str, document: Any) -> bytes:
    """SHA-256 over what the document says, not how it is spelled: a retry may order its members differently."""
    return hashlib.sha256(topic.encode() + b"\n" + msgspec.json.encode(document, order="sorted")).digest()


def _one(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row. psycopg's own cursor: prepared on the kept connection, without a health check before each call.

    A connection that died since its last use is opened anew, once.
    """
    try:
        return _execute(statement, values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _execute(statement, values)


def _execute(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), values, prepare=True)
        return cursor.fetchone()
