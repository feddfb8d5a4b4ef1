"""The doorbell: tells a worker of a queue that rows wait for it. PostgreSQL holds the work; a lost ring loses nothing."""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from rq import Queue
from rq.serializers import JSONSerializer

BELL = "aiq:bell:"
BELL_MS = 2000
THROTTLE_SECONDS = 0.005
AWAY_SECONDS = 1.0
COMPLAIN_SECONDS = 60.0

logger = logging.getLogger(__name__)
_last_ring: dict[str, float] = {}
_last_trouble = {"seen": 0.0, "told": 0.0}


@cache
def connection() -> redis.Redis:
    """This process's client; short time limits, since whoever rings must not wait for a Redis that is away."""
    return redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.25, socket_timeout=0.5)


def ring(queue: str, job: str, *, lingers: float = 2 * THROTTLE_SECONDS) -> None:
    """Wake a worker of `queue` to run the dotted function `job`, unless a wake-up for it already waits there.

    `lingers`: for how many seconds at least the job goes on looking once it found nothing. Within half of that, one ring
    of this process is enough. Never raises for Redis: while it is away, one attempt a second.
    """
    now = time.monotonic()
    if now - _last_ring.get(job, 0.0) < lingers / 2 or now - _last_trouble["seen"] < AWAY_SECONDS:
        return
    _last_ring[job] = now
    try:
        if connection().set(f"{BELL}{job}", 1, nx=True, px=BELL_MS):
            Queue(queue, connection=connection(), serializer=JSONSerializer).enqueue(
                job, result_ttl=0, failure_ttl=86_400
            )
    except redis.RedisError as error:
        _complain(error, now)


def answered(job: str) -> None:
    """The dotted function came to work: from now on a new ring gets through. Never raises for Redis."""
    try:
        connection().delete(f"{BELL}{job}")
    except redis.RedisError as error:
        _complain(error, time.monotonic())


def forget() -> None:
    """Forget when it last rang and when Redis was away: for a process that was given another Redis."""
    connection.cache_clear()
    _last_ring.clear()
    _last_trouble.update(seen=0.0, told=0.0)


def _complain(error: redis.RedisError, now: float) -> None:
    _last_trouble["seen"] = now
    if now - _last_trouble["told"] > COMPLAIN_SECONDS:
        _last_trouble["told"] = now
        logger.warning("Redis is away, the clock will find what waits: %s", error)
