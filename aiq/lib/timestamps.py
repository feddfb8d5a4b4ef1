"""Times from PostgreSQL, read by Python's own reader instead of psycopg's: an event reads ten, a message seven."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created
from django.dispatch import receiver


class UtcLoader(BaseTzLoader):
    """A `timestamptz` of a connection in UTC, as every connection of Django is where USE_TZ is set."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:  # before the year 1 or after 9999, infinity: psycopg says what is wrong with it
            return super().load(data)


@receiver(connection_created)
def _read_with_it(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", UtcLoader)
