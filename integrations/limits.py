"""How many calls a second one connection may make: generous, so that one shop in a loop does not starve the others.

Each process counts for itself and tells Redis in portions, so that most calls cost no round trip. Redis away: what this
process counts is all that counts.
"""

import time
from dataclasses import dataclass

import redis
from django.conf import settings

from aiq.lib.doorbell import connection

PORTIONS = 20
AWAY_SECONDS = 1.0


@dataclass(slots=True)
class _Second:
    """Calls of one connection in one second: of all processes when last told, and of this one since."""

    number: int
    told: int = 0
    since: int = 0


_seconds: dict[int, _Second] = {}
_redis_back_at = 0.0


def allowed(connection_id: int) -> bool:
    """Count one call; False where the connection has had its share of this second."""
    limit = settings.STORE_CALLS_PER_SECOND
    second = _this_second(connection_id)
    second.since += 1
    if second.since >= max(1, limit // PORTIONS) and time.monotonic() >= _redis_back_at:
        _tell(connection_id, second)
    return second.told + second.since <= limit


def forget() -> None:
    """Start counting anew (tests)."""
    global _redis_back_at
    _seconds.clear()
    _redis_back_at = 0.0


def _this_second(connection_id: int) -> _Second:
    number = int(time.time())
    second = _seconds.get(connection_id)
    if second is None or second.number != number:
        second = _seconds[connection_id] = _Second(number)
    return second


def _tell(connection_id: int, second: _Second) -> None:
    global _redis_back_at
    name = f"aiq:calls:{connection_id}:{second.number}"
    try:
        with connection().pipeline(transaction=False) as pipeline:
            pipeline.incrby(name, second.since)
            pipeline.expire(name, 5)
            total, _ = pipeline.execute()
    except redis.RedisError:
        _redis_back_at = time.monotonic() + AWAY_SECONDS
    else:
        second.told, second.since = total, 0
