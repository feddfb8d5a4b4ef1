"""Times from PostgreSQL, read by Python's own reader instead of psycopg's: an event reads ten, a message seven."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class UtcLoader(BaseTzLoader):
    """A `timestamptz` of a connection in UTC, as every connection of Django is where USE_TZ is set."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:  # before the year 1 or after 9999, infinity: psycopg says what is wrong with it
            return super().load(data)


def take(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection read its times so; a receiver of Django's `connection_created`."""
    if connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", UtcLoader)
