"""How often one name may do something: counted in Redis, so that all processes count together. Redis away: nothing is refused."""

import logging
import time

import redis

from aiq.lib.doorbell import connection

logger = logging.getLogger(__name__)


def allowed(name: str, most: int, seconds: int) -> bool:
    """Count one go under this name; False where it had `most` in the present stretch of so many seconds."""
    key = f"aiq:limit:{name}:{int(time.time()) // seconds}"
    try:
        with connection().pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, seconds)
            count, _ = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("not limited, Redis is away: %s", error)
        return True
    return bool(count <= most)
