"""Times come out of PostgreSQL as they went in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection
from psycopg import DataError as PsycopgDataError

from aiq.lib.timestamps import UtcLoader


@pytest.mark.parametrize(
    "written",
    [
        datetime(2026, 11, 24, 18, 48, 14, 120_000, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=-7, minutes=-30))),
    ],
)
@pytest.mark.django_db
def test_a_time_comes_back_in_utc_to_the_microsecond(written: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [written])
        read = cursor.fetchone()[0]
        assert connection.connection.adapters.get_loader(1184, 0) is UtcLoader
    assert (read, read.tzinfo) == (written, UTC)


@pytest.mark.parametrize("beyond", ["infinity", "0044-03-15 00:00:00+00 BC", "10000-01-01 00:00:00+00"])
@pytest.mark.django_db
def test_a_time_that_python_does_not_know_is_refused_as_ever(beyond: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [beyond])
        with pytest.raises((DataError, PsycopgDataError)):
            cursor.fetchone()
