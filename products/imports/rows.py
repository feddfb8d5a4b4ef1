"""What a source is made of: rows of text, each with the line it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_TEXT = 5000


class UnreadableSource(ValueError):  # noqa: N818
    """From here on nothing can be read, and why, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`values` by the name of their column, as written. `problem`: the line as a whole cannot be read, and why."""

    line: int
    values: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value of a row. `kept`: the row was recorded without it; else the row was left out."""

    line: int
    field: str
    detail: str
    value: str = ""
    kept: bool = False


def column_name(text: str) -> str:
    """How a column is called, whatever its spelling: "Image Link" and "g:image_link" are image_link."""
    return text.strip().lower().removeprefix("g:").replace(" ", "_").replace("-", "_")
