"""Many rows in one statement. Values travel as one JSON document: psycopg escapes the elements of a text array one by
one in Python, which is several times slower (docs/decisions/0005-bulk-writes.md)."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, models

from aiq.lib import prepared

Row = dict[str, Any]


def recordset(model: type[models.Model], fields: Sequence[str], alias: str = "v") -> str:
    """`jsonb_to_recordset(%s) AS v(…)` with the column types of the model's fields, for FROM and USING."""
    columns = ", ".join(f'"{name}" {_column_type(model, name)}' for name in fields)
    return f"jsonb_to_recordset(%s::jsonb) AS {alias}({columns})"


def as_json(rows: Sequence[Row]) -> str:
    """Times keep their microseconds, decimals become text, which PostgreSQL reads as exactly as it was written."""
    return msgspec.json.encode(rows, enc_hook=_plain).decode()


def _plain(value: Any) -> str:
    """msgspec takes exact types only; ours derive from times, text and numbers."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (str, Decimal, UUID)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no column's value")


def update(
    model: type[models.Model],
    rows: Sequence[Row],
    fields: Sequence[str],
    where: str = "TRUE",
    values: Sequence[Any] = (),
) -> list[int]:
    """Set `fields` of the rows named by "id", all in one UPDATE; the ids that matched `where` (SQL over alias t, its
    placeholders filled by `values`) come back."""
    if not rows:
        return []
    table = model._meta.db_table
    assignments = ", ".join(f'"{name}" = v."{name}"' for name in fields)
    source = recordset(model, ["id", *fields])
    sql = f"UPDATE {table} AS t SET {assignments} FROM {source} WHERE t.id = v.id AND {where} RETURNING t.id"  # noqa: S608
    with prepared.cursor() as cursor:
        cursor.execute(sql, [as_json(rows), *values])
        return [row[0] for row in cursor.fetchall()]


def insert(model: type[models.Model], rows: Sequence[Row], fields: Sequence[str], conflict: str = "") -> list[Any]:
    """Insert rows in one statement and return their primary keys, in no particular order; columns not named take the
    database's default. `conflict`: an ON CONFLICT clause (what it leaves alone does not come back)."""
    if not rows:
        return []
    names = ", ".join(f'"{name}"' for name in fields)
    values = ", ".join(f'v."{name}"' for name in fields)
    source = recordset(model, fields)
    key = _column(model)
    sql = f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM {source} {conflict} RETURNING {key}"  # noqa: S608
    with prepared.cursor() as cursor:
        cursor.execute(sql, [as_json(rows)])
        return [row[0] for row in cursor.fetchall()]


def _column(model: type[models.Model]) -> str:
    key = model._meta.pk
    assert key is not None
    return f'"{key.column}"'


def _column_type(model: type[models.Model], name: str) -> str:
    """The type to read a value as: that of the column, without the identity or sequence that a primary key has."""
    field = next(field for field in model._meta.concrete_fields if name in (field.name, field.attname))
    return (field.rel_db_type(connection) if field.primary_key else field.db_type(connection)) or "text"
