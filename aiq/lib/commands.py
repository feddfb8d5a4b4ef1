"""The base of the commands that support staff type: one way to answer, to ask, and to refuse.

Without `--json` a table for people; with it exactly one JSON document on standard output, everything else on standard
error. Exit code 0 done, 1 refused with a reason, 2 wrong use (argparse's own).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

Row = Mapping[str, object]


class Refused(CommandError):  # noqa: N818 - reads as what happened: `raise Refused("No such merchant.")`
    """The command did nothing, and says why in a sentence. Django turns it into exit code 1 on standard error."""


class SupportCommand(BaseCommand):
    """A command that answers with a table or, under `--json`, one document.

    Subclasses write `run(**options)`, call `done(data, table)` once, and raise `Refused(reason)` to end with exit
    code 1. Set `asks = True` where the command changes what people may miss: it then takes `--yes`, and `confirm(text)`
    asks, or refuses where there is no terminal.
    """

    asks: ClassVar[bool] = False
    requires_system_checks: Any = ()
    json_wanted = False
    yes = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        if self.asks:
            parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        self.json_wanted = options.pop("json")
        self.yes = options.pop("yes", False)
        self.run(**options)

    def run(self, **options: Any) -> None:
        """What the command does. Raises `Refused`."""
        raise NotImplementedError

    def confirm(self, text: str) -> None:
        """Say what will happen and ask. Raises `Refused` for a no, and where there is nobody to ask."""
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise Refused(f"{text} Nobody is here to confirm: run it in a terminal, or add --yes.")
        self.stderr.write(text)
        self.stderr.write("Go on? [y/N] ", ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise Refused("Nothing was changed.")

    def done(self, data: object, table: Sequence[Row] | Row | str) -> None:
        """Answer: `data` as the JSON document, or `table` for people (rows, one record, or a sentence)."""
        if self.json_wanted:
            self.stdout.write(json.dumps(data, default=str, ensure_ascii=False))
        else:
            self.stdout.write(as_text(table))


def as_text(table: Sequence[Row] | Row | str) -> str:
    """A sentence as it is, a record as `name: value` lines, rows as columns with a head."""
    if isinstance(table, str):
        return table
    if isinstance(table, Mapping):
        width = max(map(len, table), default=0)
        return "\n".join(f"{name:<{width}}  {_cell(value)}" for name, value in table.items())
    if not table:
        return "Nothing found."
    grid = [list(table[0]), *([_cell(value) for value in row.values()] for row in table)]
    widths = [max(len(line[column]) for line in grid) for column in range(len(grid[0]))]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip() for line in grid
    )


def _cell(value: object) -> str:
    return "" if value is None else str(value)
