"""A clock that a test moves, for every sender at once: what is sent and when is decided by the database's
`statement_timestamp()`, so another function of that name goes before it in the search path. The statements stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

MAKE = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (at timestamptz NOT NULL);
INSERT INTO moved.clock VALUES ('{at}');
CREATE FUNCTION moved.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM moved.clock';
"""
BEFORE_THE_REAL_ONE = "SET search_path = moved, public, pg_catalog"


class Clock:
    """Shows the same to all connections of the process, made before or after."""

    def now(self) -> datetime:
        at: datetime = _ask("SELECT at FROM moved.clock")
        return at

    def set(self, at: datetime) -> None:
        """Never back: a sender may have moved it further already."""
        _ask("UPDATE moved.clock SET at = greatest(at, %s) RETURNING at", at)

    def pass_by(self, span: timedelta) -> None:
        _ask("UPDATE moved.clock SET at = at + %s RETURNING at", span)


def _ask(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


@contextmanager
def moved_clock(begin: datetime) -> Iterator[Clock]:
    """Within, it is `begin`, until the clock is moved."""

    def put_before(connection: Any, **_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BEFORE_THE_REAL_ONE)

    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(at=begin.isoformat()))
        cursor.execute(BEFORE_THE_REAL_ONE)
    connection_created.connect(put_before)
    try:
        yield Clock()
    finally:
        connection_created.disconnect(put_before)
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA moved CASCADE")
