"""A cursor for statements of a fixed text: values travel apart from it, so PostgreSQL plans them once per connection.

Django puts values into the text, and each statement is planned anew; for a join of eight tables that is several times
the cost of running it (docs/decisions/0005-bulk-writes.md).
"""

from typing import Any
from weakref import WeakSet

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """A cursor on the default connection and in its transaction; Django's errors, wrappers and query log as ever."""
    connection.ensure_connection()
    assert connection.connection is not None
    _plan_once(connection.connection)
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(psycopg.Cursor(connection.connection))  # type: ignore[arg-type]


def _plan_once(raw: psycopg.Connection[Any]) -> None:
    """PostgreSQL would plan the first five calls anew and then guess which is better; ours are the same for any values."""
    if raw not in _told:
        raw.execute("SET plan_cache_mode = force_generic_plan")
        _told.add(raw)


_told: WeakSet[psycopg.Connection[Any]] = WeakSet()
