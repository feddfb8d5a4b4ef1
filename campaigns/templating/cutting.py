"""Cutting Liquid out of markup before MJML sees it, and putting it back after.

MRML fails on `{% if a < 5 %}`, on quotes within attributes and on tags within a start tag, and names no line. So every
piece of Liquid becomes a token of plain letters around a number, which no tool touches (MRML writes anything
unprintable in an attribute as a Rust escape).
"""

import re
from dataclasses import dataclass, field

from campaigns.templating.macros import Problem, line_at

OPEN, CLOSE = "LqZ", "ZqL"
TOKEN = re.compile(f"{OPEN}(\\d+){CLOSE}")
_START = re.compile(r"\{[{%]")
_TAG_NAME = re.compile(r"\{%-?\s*(\w+|#)")
_BLOCKS = frozenset({"if", "unless", "case", "for", "capture"})
_BRANCHES = frozenset({"else", "elsif", "when"})
_COMMENT_END = re.compile(r"\{%-?\s*endcomment\s*-?%\}")


class TemplateProblems(Exception):  # noqa: N818
    """A template is refused; `problems` says where and why, in the order of the lines."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.field, problem.line))
        super().__init__("; ".join(f"{problem.field}:{problem.line} {problem.message}" for problem in self.problems))


@dataclass(slots=True)
class Cut:
    """Markup whose Liquid was replaced by tokens; `pieces[n]` is what token n stood for."""

    source: str
    text: str = ""
    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def token(self, piece: str, start: int) -> str:
        self.pieces.append(piece)
        self.starts.append(start)
        return f"{OPEN}{len(self.pieces) - 1}{CLOSE}"

    def line(self, offset: int) -> int:
        """The line in the source of an offset in `text`."""
        before = None
        for match in TOKEN.finditer(self.text, 0, max(offset, 0)):
            before = match
        if before is None:
            return line_at(self.text, offset)
        number = int(before[1])
        line = line_at(self.source, self.starts[number] + len(self.pieces[number]))
        return line + self.text.count("\n", before.end(), max(offset, before.end()))

    def restore(self, text: str) -> str:
        return TOKEN.sub(lambda match: self.pieces[int(match[1])], text)


def cut(source: str, *, name: str = "body") -> Cut:
    """Cut the Liquid out. Comments vanish. Raises `TemplateProblems` for what is opened and never closed."""
    result = Cut(source)
    parts: list[str] = []
    at = 0
    while match := _START.search(source, at):
        start = match.start()
        end = _end_of(source, start, name)
        piece = source[start:end]
        parts.append(source[at:start])
        if tag_name(piece) == "comment":
            end = _comment_end(source, start, name)
            parts.append("\n" * source.count("\n", start, end))
        elif tag_name(piece) != "#":
            parts.append(result.token(piece, start))
        at = end
    result.text = "".join([*parts, source[at:]])
    _require_closed(result, name)
    return result


def tag_name(piece: str) -> str:
    """`for` of `{% for … %}`; empty for `{{ … }}`."""
    match = _TAG_NAME.match(piece)
    return match[1] if match else ""


class Nesting:
    """Liquid blocks must open, branch and close within one element: otherwise the message would fall apart."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []

    def meet(self, piece: str, place: int) -> str:
        """Take the next tag, found in the element numbered `place`. Returns what is wrong, or nothing."""
        name = tag_name(piece)
        if name in _BLOCKS:
            self._open.append((name, place))
        elif name in _BRANCHES and self._open and self._open[-1][1] != place:
            return f"{{% {name} %}} must stand in the same element as its {{% {self._open[-1][0]} %}}."
        elif name.startswith("end") and self._open:
            opened, where = self._open.pop()
            if where != place:
                return f"{{% {name} %}} must stand in the same element as its {{% {opened} %}}."
        return ""


def _end_of(source: str, start: int, name: str) -> int:
    closing = "}}" if source[start + 1] == "{" else "%}"
    end = source.find(closing, start + 2)
    next_start = _START.search(source, start + 2)
    if end < 0 or (next_start and next_start.start() < end):
        message = f"“{source[start : start + 2]}” is never closed with “{closing}”."
        raise TemplateProblems([Problem(line_at(source, start), "liquid_syntax", message, name)])
    return end + 2


def _comment_end(source: str, start: int, name: str) -> int:
    match = _COMMENT_END.search(source, start)
    if not match:
        raise TemplateProblems([_unclosed("comment", line_at(source, start), name)])
    return match.end()


def _require_closed(result: Cut, name: str) -> None:
    opened: list[tuple[str, int]] = []
    for piece, start in zip(result.pieces, result.starts, strict=True):
        tag = tag_name(piece)
        if tag in _BLOCKS:
            opened.append((tag, line_at(result.source, start)))
        elif tag.startswith("end"):
            if not opened or tag != f"end{opened[-1][0]}":
                expected = f"{{% end{opened[-1][0]} %}} is due first" if opened else "nothing is open"
                message = f"{{% {tag} %}} closes nothing here: {expected}."
                raise TemplateProblems([Problem(line_at(result.source, start), "liquid_syntax", message, name)])
            opened.pop()
    if opened:
        raise TemplateProblems([_unclosed(*opened[-1], name)])


def _unclosed(tag: str, line: int, name: str) -> Problem:
    return Problem(line, "liquid_syntax", f"{{% {tag} %}} is never closed with {{% end{tag} %}}.", name)
