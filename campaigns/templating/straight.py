"""Parts of a template as Python functions: what nearly every message says, written out once instead of looked at in each mail.

Words, names shown and names asked for become straight Python; whatever is more goes python-liquid's own way and comes out the
same. Into the source go only our own words and numbers of constants. What a template says, its names included, is passed as
constants, so no template can write Python.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple, TextIO

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.logical import is_truthy
from liquid.exceptions import ResourceLimitError
from liquid.expression import Expression
from markupsafe import escape

from campaigns.templating.filters import track
from campaigns.templating.scope import ABSENT, MAX_OUTPUT_CHARS

Function = Callable[[RenderContext, TextIO], None]
_LONG_TEXT = 256
# A text may have 64 KB, so this many have no more than a message may have twice.
_AT_ONCE = 16
# So little adds up to no more than a template is long; the whole is measured at the end, and in every loop.
_SHORT_TEXT = 64
_MOST_LINES = 1_000


class Name(NamedTuple):
    """A bare `a.b` in a template, taken apart once and for all. Plain text: python-liquid's own compares itself in Python."""

    first: str
    rest: tuple[str, ...]


class Source:
    """A function that is being written. `settled`: nothing in it gives a name another value, so each is found once."""

    def __init__(self, *, settled: bool) -> None:
        self._settled = settled
        self._lines: list[str] = []
        self._depth = 1
        self._texts: list[str] = []
        self._expected = 0
        self._roots: dict[str, str] = {}
        self._given: dict[str, Any] = dict(_GIVEN)

    @property
    def lines(self) -> int:
        return len(self._lines)

    def constant(self, value: object) -> str:
        """What it is called in the function."""
        name = f"k{len(self._given)}"
        self._given[name] = value
        return name

    def value(self, name: Name) -> str:
        """An expression for what a name stands for; `ABSENT` where it stands for nothing."""
        found = f"find({self.constant(name.first)}, {self.constant(name.rest)})"
        if not self._settled or len(name.rest) > 1:
            return found
        root = self._roots.setdefault(name.first, f"r{len(self._roots)}")
        if not name.rest:
            return root
        return f"({root}.get({self.constant(name.rest[0])}, ABSENT) if {root}.__class__ is dict else {found})"

    def words(self, text: str) -> None:
        self._text(self.constant(text), len(text))

    def shown(self, expression: str) -> None:
        """Show the text that an expression gives."""
        self._text(expression, _SHORT_TEXT)

    def _text(self, expression: str, expected: int) -> None:
        """What is shown one after another is put together and written at once."""
        self._texts.append(expression)
        self._expected += expected
        if len(self._texts) == _AT_ONCE:
            self._show()

    def call(self, node: Node) -> None:
        """Let a node render itself."""
        self._show()
        self._line(f"{self.constant(node.render)}(context, buffer)")

    @contextmanager
    def under(self, head: str) -> Iterator[None]:
        """What is written meanwhile stands under this `if`, `elif` or `else`."""
        self._show()
        self._line(head)
        self._depth += 1
        before = len(self._lines)
        yield
        self._show()
        if len(self._lines) == before:
            self._line("pass")
        self._depth -= 1

    def function(self) -> Function:
        self._show()
        found = [f"    {root} = find({self.constant(first)}, ())" for first, root in self._roots.items()]
        exec("\n".join([*_HEAD, *found, *self._lines]), self._given)  # noqa: S102 -- nothing in it is a template's
        made: Function = self._given["run"]
        return made

    def _line(self, text: str) -> None:
        self._lines.append(f"{'    ' * self._depth}{text}")

    def _show(self) -> None:
        if self._texts:
            self._line(f"if write(''.join(({', '.join(self._texts)},))) > {self._expected}: measure(buffer)")
            self._texts.clear()
            self._expected = 0


_HEAD = (
    "def run(context, buffer):",
    "    write, find, shown = buffer.write, context.find, escaped if context.autoescape else str",
)


def function(nodes: Iterable[Node]) -> Function:
    """Renders these nodes, one after another. Beyond what a message is ever made of they are asked one by one: Python takes long to
    read much at once."""
    nodes = tuple(nodes)
    source = Source(settled=not binds(nodes))
    write(nodes, source)
    return source.function() if source.lines < _MOST_LINES else partial(_one_by_one, nodes)


def _one_by_one(nodes: Sequence[Node], context: RenderContext, buffer: TextIO) -> None:
    for node in nodes:
        node.render(context, buffer)


def write(nodes: Iterable[Node], source: Source) -> None:
    """Each node as it writes itself; one that cannot is called."""
    for node in nodes:
        if itself := getattr(node, "write", None):
            itself(source)
        else:
            source.call(node)


def binds(nodes: Iterable[Node]) -> bool:
    """Whether any of the nodes may give a name another value for those after it. A node that does not say might."""
    return any(getattr(node, "binds", True) for node in nodes)


def escaped(text: str) -> str:
    """Text as HTML. What is short is often the same in the next mail: colours, names, prices."""
    return _escaped(text) if len(text) < _LONG_TEXT else str(escape(text))


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return str(escape(text))


def measure(buffer: TextIO) -> None:
    """Raises `ResourceLimitError` where the message got too long."""
    if buffer.tell() > MAX_OUTPUT_CHARS:
        raise ResourceLimitError("the message gets too long", token=None)


def known(value: object) -> bool:
    """Whether a condition that is a bare name holds, where that is no plain text."""
    return type(value) in _TRUE or (value is not None and value is not ABSENT and bool(is_truthy(value)))


# In Liquid what is empty or zero is there.
_TRUE = frozenset({str, int, float, list, dict})


def holds(condition: Expression, context: RenderContext) -> bool:
    """Whether a condition holds that is more than a name."""
    context.check_time()  # type: ignore[attr-defined]
    return bool(condition.evaluate(context))


_GIVEN: dict[str, Any] = {
    "ABSENT": ABSENT, "escaped": escaped, "holds": holds, "known": known, "measure": measure, "track": track,
}  # fmt: skip
