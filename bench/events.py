"""Between door and sender: translate, record, match, schedule; beside one process inserting the same rows."""

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.string import TextLoader

from bench.play import Play
from bench.report import Figure, alternating
from integrations import jobs

BATCH = 500
_WRITTEN = "SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE schemaname = 'public'"

Row = tuple[Any, ...]


def measure(play: Play) -> Iterator[Figure]:
    number = play.much(4000, 1500)
    _process(play, number)
    with psycopg.connect(os.environ["DATABASE_URL"]) as line:
        line.adapters.register_loader("jsonb", TextLoader)
        line.autocommit = True
        written = _rows_per_event(play, line)
        copies = [copy for table, times in written.items() for copy in _copies(line, table, round(times), number)]
        rate, floor = alternating(lambda: _process(play, number), lambda: number / _insert(line, copies))
    rows = sum(len(rows) for _, rows in copies) / number
    yield Figure(
        "events", f"{rate:,.0f}/s", f"{floor:,.0f}/s", rate / floor, 0.05, 0.12,
        why=f"{rows:.0f} rows are written per event, by executemany {floor * rows:,.0f} rows/s; what the floor does not "
        "do: read the document, find person and cart, fold episodes, decide entries.",
    )  # fmt: skip


def _process(play: Play, number: int) -> float:
    play.events(number)
    began = time.perf_counter()
    done = 0
    while claimed := jobs.process_batch():
        done += claimed
    assert done == number, f"{done} of {number} events"
    return done / (time.perf_counter() - began)


def _rows_per_event(play: Play, line: psycopg.Connection[Row]) -> dict[str, float]:
    """Rows inserted or updated per event, by table."""
    play.events(BATCH)
    before = _written(line)
    jobs.process_batch()
    after = _written(line)
    per_event = {table: (count - before.get(table, 0)) / BATCH for table, count in after.items()}
    return {table: rows for table, rows in sorted(per_event.items()) if round(rows)}


def _written(line: psycopg.Connection[Row]) -> dict[str, int]:
    """Counted by the server, which our connection tells its counts seldom by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    time.sleep(0.2)
    return {str(table): int(count) for table, count in line.execute(_WRITTEN).fetchall()}


def _copies(line: psycopg.Connection[Row], table: str, times: int, number: int) -> Iterator[tuple[str, list[Row]]]:
    """A copy of the table with its indexes and checks for each time that it is written, and real rows to insert."""
    rows = line.execute(f"SELECT * FROM {table} ORDER BY 1 DESC LIMIT {number}").fetchall()
    line.execute("CREATE SCHEMA IF NOT EXISTS bench_copies")
    for copy in range(times):
        name = f"bench_copies.{table}_{copy}"
        line.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)")
        yield f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows


def _insert(line: psycopg.Connection[Row], copies: Sequence[tuple[str, list[Row]]]) -> float:
    """Seconds to insert all rows into all copies, a commit per 500 events."""
    for statement, _ in copies:
        line.execute(f"TRUNCATE {statement.split()[2]}")
    began = time.perf_counter()
    for at in range(0, len(copies[0][1]), BATCH):
        with line.transaction(), line.cursor() as cursor:
            for statement, rows in copies:
                cursor.executemany(statement, rows[at : at + BATCH])
    return time.perf_counter() - began
