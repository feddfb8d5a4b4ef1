"""A cursor for statements of a fixed text: values travel apart from it, so PostgreSQL plans them once per connection.

Django puts values into the text, and each statement is planned anew; for a join of eight tables that is several times
the cost of running it (docs/decisions/0005-bulk-writes.md).
"""

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """A cursor on the default connection and in its transaction; Django's errors and execute wrappers as ever."""
    connection.ensure_connection()
    assert connection.connection is not None
    return connection.make_cursor(psycopg.Cursor(connection.connection))  # type: ignore[arg-type]
