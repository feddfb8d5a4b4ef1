"""A batch in one transaction, tried again where two workers got into each other's way."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg.errors
from django.db import OperationalError, transaction

from campaigns.identity import Contended

ATTEMPTS = 5
T = TypeVar("T")


def in_transaction(work: Callable[[], T]) -> T:
    """What `work` returns, committed. A deadlock or a person made twice at once is tried again, a few times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except (Contended, OperationalError) as error:
            if attempt == ATTEMPTS or not passing(error):
                raise
        time.sleep(random.uniform(0, 0.01 * attempt))  # noqa: S311
    raise AssertionError("unreachable")


def passing(error: Exception) -> bool:
    """Whether trying again may well succeed: two workers met, and nothing is wrong with the data."""
    clash = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    return isinstance(error, Contended) or isinstance(error.__cause__, clash)
