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


_seconds: dict[object, _Second] = {}
_redis_back_at = 0.0


def allowed(caller: int | str, limit: int = 0) -> bool:
    """Count one call; False where that caller, a connection by its key or another door by a name, has had its share of this second."""
    limit = limit or settings.STORE_CALLS_PER_SECOND
    second = _this_second(caller)
    second.since += 1
    if second.since >= max(1, limit // PORTIONS) and time.monotonic() >= _redis_back_at:
        _tell(caller, second)
    return second.told + second.since <= limit


def forget() -> None:
    """Start counting anew (tests)."""
    global _redis_back_at
    _seconds.clear()
    _redis_back_at = 0.0


def _this_second(caller: int | str) -> _Second:
    number = int(time.time())
    second = _seconds.get(caller)
    if second is None or second.number != number:
        second = _seconds[caller] = _Second(number)
    return second


def _tell(caller: int | str, second: _Second) -> None:
    global _redis_back_at
    name = f"aiq:calls:{caller}:{second.number}"
    try:
        with connection().pipeline(transaction=False) as pipeline:
            pipeline.incrby(name, second.since)
            pipeline.expire(name, 5)
            total, _ = pipeline.execute()
    except redis.RedisError:
        _redis_back_at = time.monotonic() + AWAY_SECONDS
    else:
        second.told, second.since = total, 0
