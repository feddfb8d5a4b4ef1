"""Reads rows from separated text: commas, semicolons or tabs, whichever the head of the file uses."""

import csv
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from products.imports.rows import MAX_TEXT, SourceRow, UnreadableSource, column_name

MAX_COLUMNS = 300
MAX_LINE = 1_000_000
DELIMITERS = "\t;,"


def delimiter_of(head: str) -> str:
    """The delimiter that the first line holds most often outside quotes."""
    outside = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def read_csv(file: TextIO) -> Iterator[SourceRow]:
    """Rows below the head; blank lines are none. Raises `UnreadableSource` where there is no head."""
    head = file.readline(MAX_LINE)
    columns = _columns(head)
    lines = iter(partial(file.readline, MAX_LINE), "")
    reader, before = csv.reader(lines, delimiter=delimiter_of(head)), 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield SourceRow(before + 1, {}, "A value is far too long: a quotation mark may be missing.")
        else:
            if any(cell.strip() for cell in cells):
                yield _row(before + 1, columns, cells)
        before = reader.line_num + 1


def _columns(head: str) -> list[str]:
    columns = [column_name(cell) for cell in next(csv.reader([head], delimiter=delimiter_of(head)), [])]
    if len(columns) > MAX_COLUMNS:
        raise UnreadableSource(f"The first line names more than {MAX_COLUMNS} columns.")
    if len(columns) < 2:
        raise UnreadableSource("The first line must name the columns, parted by commas, semicolons or tabs.")
    return columns


def _row(line: int, columns: list[str], cells: list[str]) -> SourceRow:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        problem = f"It has {len(cells)} values for {len(columns)} columns: one may need quotation marks."
        return SourceRow(line, {}, problem)
    values: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if text := cell.strip()[:MAX_TEXT]:
            values.setdefault(name, text)
    return SourceRow(line, values)
