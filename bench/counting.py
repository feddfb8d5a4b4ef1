"""Counts of statements and of commits that write: what they cost differs from machine to machine, how many they are does not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection


@dataclass
class Counts:
    """`commits` are those of transactions that wrote; Django's connection is watched, nothing else."""

    statements: int = 0
    alone: int = 0
    transactions: set[int] = field(default_factory=set)

    @property
    def commits(self) -> int:
        return self.alone + len(self.transactions)

    def watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        self.statements += 1
        if connection.in_atomic_block:
            number = _transaction()
            self.transactions |= {number} if number else set()
        elif not sql.lstrip().upper().startswith("SELECT"):
            self.alone += 1
        return result


@contextmanager
def counted() -> Iterator[Counts]:
    """Within this block Django's statements are counted."""
    counts = Counts()
    with connection.execute_wrapper(counts.watch):
        yield counts


def _transaction() -> int | None:
    """The number of the transaction under way, once it has written something."""
    assert connection.connection is not None
    row = connection.connection.execute("SELECT pg_current_xact_id_if_assigned()::text").fetchone()
    return int(row[0]) if row and row[0] else None
