"""Deleting what has been kept long enough: the oldest rows first, a batch a transaction, so that nobody waits for it."""

from datetime import datetime
from time import monotonic

from django.db import connection, models

BATCH = 2000
RUN_SECONDS = 20.0


def forget(
    model: type[models.Model], time_field: str, before: datetime, *, first: type[models.Model] | None = None
) -> int:
    """Delete rows whose `time_field` lies before `before`; how many. Stops after `RUN_SECONDS`: the next run goes on.

    Rows are looked at in the order of their primary key, which follows time closely enough, so that a run that finds
    nothing costs one look at the oldest batch. `first`: a table with the same primary key, deleted from before.
    """
    began, done = monotonic(), 0
    while monotonic() - began < RUN_SECONDS and (count := _batch(model, time_field, before, first)):
        done += count
    return done


def _batch(model: type[models.Model], time_field: str, before: datetime, first: type[models.Model] | None) -> int:
    table, key = _names(model)
    old = f"SELECT o.key FROM (SELECT {key} AS key, {time_field} AS at FROM {table} ORDER BY {key} LIMIT {BATCH}) o WHERE o.at < %s"  # noqa: S608
    with connection.cursor() as cursor:
        if first is None:
            cursor.execute(f"DELETE FROM {table} WHERE {key} IN ({old})", [before])  # noqa: S608
            return cursor.rowcount
        also, its_key = _names(first)
        cursor.execute(
            f"WITH old AS MATERIALIZED ({old}), gone AS (DELETE FROM {also} WHERE {its_key} IN (SELECT key FROM old))"  # noqa: S608
            f" DELETE FROM {table} WHERE {key} IN (SELECT key FROM old)",
            [before],
        )
        return cursor.rowcount


def _names(model: type[models.Model]) -> tuple[str, str]:
    key = model._meta.pk
    assert key is not None
    return model._meta.db_table, str(key.column)
