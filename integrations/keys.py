"""API keys: made, rotated, revoked, and looked up at each call. Only the SHA-256 of a key is kept.

A look-up is cached in the process for less than the 30 s within which a revoked key must stop (contract, section 4).
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Min

from integrations.models import ApiKey, Connection

KEPT_SECONDS = 25.0
UNKNOWN_KEPT_SECONDS = 5.0
CACHE_SIZE = 10_000
PREFIX_CHARS = 12

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is. `connection_id` never leaves the house, `code` may."""

    connection_id: int
    code: UUID
    merchant_id: int
    provider: str
    default_store_id: int | None
    quiet_period_minutes: int | None
    switched_off: bool
    expires_at: datetime | None = None


def create_key(connection: Connection, *, expires_at: datetime | None = None) -> str:
    """A new key of the connection. Its text is returned here and is nowhere else to be had."""
    text = f"aiq_{secrets.token_urlsafe(32)}"
    ApiKey.objects.create(
        connection=connection, digest=_digest(text), prefix=text[:PREFIX_CHARS], expires_at=expires_at
    )
    return text


def rotate_key(connection: Connection, *, overlap: timedelta, now: datetime) -> str:
    """A new key; the others stop when `overlap` has passed."""
    end = now + overlap
    live = ApiKey.objects.filter(connection=connection, revoked_at__isnull=True)
    live.filter(expires_at__isnull=True).update(expires_at=end)
    live.filter(expires_at__gt=end).update(expires_at=end)
    return create_key(connection)


def revoke_keys(connection: Connection, *, now: datetime) -> int:
    """All keys of the connection stop within 30 s. The number of those that were live."""
    return ApiKey.objects.filter(connection=connection, revoked_at__isnull=True).update(revoked_at=now)


def caller_of(text: str, now: datetime) -> Caller | None:
    """Who calls with this key; None where no such key is live. Raises what the database raises where it is away."""
    digest = _digest(text)
    caller = _callers.get(digest, lambda: _read(digest))
    return None if caller is None or (caller.expires_at and caller.expires_at <= now) else caller


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _read(digest: bytes) -> Caller | None:
    row = (
        ApiKey.objects.filter(digest=digest, revoked_at__isnull=True)
        .annotate(default_store=Min("connection__stores"))
        .select_related("connection")
        .first()
    )
    return caller_for(row.connection, row.default_store, row.expires_at) if row else None


def caller_for(connection: Connection, default_store_id: int | None, expires_at: datetime | None = None) -> Caller:
    return Caller(
        connection_id=connection.pk,
        code=connection.code,
        merchant_id=connection.merchant_id,
        provider=connection.provider,
        default_store_id=default_store_id,
        quiet_period_minutes=connection.quiet_period_minutes,
        switched_off=connection.disconnected_at is not None,
        expires_at=expires_at,
    )


class Cache(Generic[V]):
    """Answers by key for a short while, in this process. What was not found is kept shorter: it may come to be."""

    def __init__(self, kept: float = KEPT_SECONDS, unknown_kept: float = UNKNOWN_KEPT_SECONDS) -> None:
        self.kept, self.unknown_kept = kept, unknown_kept
        self._answers: dict[object, tuple[float, V | None]] = {}
        self._lock = Lock()

    def get(self, key: object, read: Callable[[], V | None]) -> V | None:
        kept = self._answers.get(key)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        asked_at = time.monotonic()
        value = read()
        with self._lock:
            if len(self._answers) >= CACHE_SIZE:
                self._answers.clear()
            self._answers[key] = (asked_at + (self.unknown_kept if value is None else self.kept), value)
        return value

    def clear(self) -> None:
        self._answers.clear()


_callers: Cache[Caller] = Cache()


def forget_callers() -> None:
    """Empty this process's cache, so that a change shows at once (tests, and a command that goes on to call itself)."""
    _callers.clear()
