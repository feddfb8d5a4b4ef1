"""The parts of a parsed template, each with a short way for what templates usually say.

A bare name shown, a name asked for, a loop over a name: these are nearly all of a message. Whatever is more goes
python-liquid's own way and comes out the same.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, NamedTuple, TextIO

from liquid import RenderContext, Token
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import BooleanExpression, LoopExpression, Path
from liquid.builtin.expressions.logical import (
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
    NeExpression,
    is_truthy,
)
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.for_tag import ForLoop, ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessNode, UnlessTag
from liquid.exceptions import BreakLoop, ContinueLoop, ResourceLimitError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from markupsafe import escape

from campaigns.templating.filters import track
from campaigns.templating.scope import ABSENT, MAX_ITERATIONS, MAX_OUTPUT_CHARS, Context


class Words(ContentNode):
    """What stands between Liquid."""

    __slots__ = ()

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text)


class WordsTag(Literal):
    node_class = Words


class Name(NamedTuple):
    """A bare `a.b` in a template, taken apart once and for all. Plain text: python-liquid's own compares itself in Python."""

    first: str
    rest: tuple[str, ...]


class Shown(OutputNode):
    """`{{ … }}`: a name that is plain text is the usual case and goes the short way; lists and dicts are never shown.

    With `default` or `track` behind it, a text that is not empty goes that way too: `default` leaves it as it is.
    """

    __slots__ = ("filtered", "name", "tracked")

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        filters = [one.name for one in getattr(expression, "filters", None) or ()]
        self.name = _name(expression.left) if filters in _SHORT else None  # type: ignore[attr-defined]
        self.filtered = bool(filters)
        self.tracked = "track" in filters

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, Context)
        value = context.find(*self.name) if self.name else ABSENT
        if type(value) is str and (value or not self.filtered):
            text = track(value, context=context) if self.tracked else value
            text = escaped(text) if context.autoescape else text
        elif type(value) is int and not self.filtered:
            text = str(value)
        else:
            text = self._long_way(context)
        written = buffer.write(text)
        if written > _SHORT_TEXT and buffer.tell() > MAX_OUTPUT_CHARS:
            raise ResourceLimitError("the message gets too long", token=self.token)
        return written

    def _long_way(self, context: RenderContext) -> str:
        value = self.expression.evaluate(context)
        return "" if isinstance(value, list | dict) else to_liquid_string(value, context.autoescape)


_SHORT: tuple[list[str], ...] = ([], ["default"], ["track"], ["default", "track"])
_LONG_TEXT = 256
# So little adds up to no more than a template is long; the whole is measured at the end, and in every loop.
_SHORT_TEXT = 64


def escaped(text: str) -> str:
    """Text as HTML. What is short is often the same in the next mail: colours, names, prices."""
    return _escaped(text) if len(text) < _LONG_TEXT else str(escape(text))


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return str(escape(text))


def question(condition: Expression) -> Callable[[RenderContext], bool]:
    """Whether a condition holds. A bare name, or one compared with a whole number, goes the short way."""
    inner = condition.expression if isinstance(condition, BooleanExpression) else condition
    if name := _name(inner):
        return partial(_is_known, *name)
    compare = _COMPARED.get(type(inner))
    if compare and isinstance(inner.right, IntegerLiteral) and (name := _name(inner.left)):  # type: ignore[attr-defined]
        return partial(_compares, name, compare, inner.right.value, condition)  # type: ignore[attr-defined]
    return partial(_holds, condition)


def _holds(condition: Expression, context: RenderContext) -> bool:
    assert isinstance(context, Context)
    context.check_time()
    return bool(condition.evaluate(context))


def _is_known(first: str, rest: Sequence[str], context: RenderContext) -> bool:
    value = context.find(first, rest)  # type: ignore[attr-defined]
    return type(value) is str or (value is not None and value is not ABSENT and is_truthy(value))


def _compares(
    name: Name, compare: Callable[[int, int], bool], number: int, whole: Expression, context: RenderContext
) -> bool:
    value = context.find(*name)  # type: ignore[attr-defined]
    return compare(value, number) if type(value) is int else bool(whole.evaluate(context))


_COMPARED: dict[type, Callable[[int, int], bool]] = {
    GtExpression: operator.gt,
    GeExpression: operator.ge,
    LtExpression: operator.lt,
    LeExpression: operator.le,
    EqExpression: operator.eq,
    NeExpression: operator.ne,
}


def _is_constant(limit: Expression | None) -> bool:
    return limit is None or (isinstance(limit, IntegerLiteral) and limit.value > 0)


def _name(expression: Expression) -> Name | None:
    """None where there is anything to evaluate."""
    if not isinstance(expression, Path) or not all(isinstance(segment, str) for segment in expression.path):
        return None
    first, *rest = (str(segment) for segment in expression.path)
    return Name(first, tuple(rest))


class ShownTag(Output):
    node_class = Shown


class Block(BlockNode):
    """Nodes one after another; nobody asks how much they wrote. What is mere text is written without asking its node."""

    __slots__ = ("parts",)

    def __init__(self, token: Token, nodes: list[Node]) -> None:
        super().__init__(token, nodes)
        self.parts = parts_of(nodes)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if self.blank:
            return super().render_to_output(context, buffer)
        write = buffer.write
        for part in self.parts:
            if type(part) is str:
                write(part)
            else:
                part.render(context, buffer)  # type: ignore[union-attr]
        return 0


def parts_of(nodes: Iterable[Node]) -> tuple[str | Node, ...]:
    return tuple(node.text if type(node) is Words else node for node in nodes)


class Chosen(IfNode):
    """`{% if %}`, its conditions ready to be asked."""

    __slots__ = ("branches",)

    def __init__(
        self,
        token: Token,
        condition: BooleanExpression,
        consequence: BlockNode,
        alternatives: list[ConditionalBlockNode],
        default: BlockNode | None,
    ) -> None:
        blocks = Block(consequence.token, consequence.nodes), default and Block(default.token, default.nodes)
        super().__init__(token, condition, blocks[0], alternatives, blocks[1])
        others = [(question(one.expression), one.block) for one in alternatives]
        self.branches = ((question(condition), blocks[0]), *others)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        for holds, block in self.branches:
            if holds(context):
                return block.render(context, buffer)
        return self.default.render(context, buffer) if self.default else 0


class ChosenTag(IfTag):
    node_class = Chosen  # type: ignore[assignment]


class WatchedUnless(UnlessNode):
    """`{% unless %}`, which costs as much as its condition."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, Context)
        context.check_time()
        return super().render_to_output(context, buffer)


class WatchedUnlessTag(UnlessTag):
    node_class = WatchedUnless


class Iteration(Block):
    """The body of a loop, where time and output are watched."""

    __slots__ = ()

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        written = super().render(context, buffer)
        assert isinstance(context, Context)
        context.spend(buffer.tell())
        return written


class WatchedFor(ForNode):
    """`{% for %}`: over a bare name, at most with a constant limit, is the usual loop and goes the short way."""

    __slots__ = ("key", "most", "name", "variable")

    def __init__(
        self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None = None
    ) -> None:
        super().__init__(token, expression, Iteration(block.token, block.nodes), default)
        plain = expression.offset is None and not expression.reversed and _is_constant(expression.limit)
        self.name = _name(expression.iterable) if plain else None
        self.variable = str(expression.identifier)
        self.most = expression.limit.value if isinstance(expression.limit, IntegerLiteral) else None
        self.key = f"{expression.identifier}-{expression.iterable}"

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(self.expression.iterable, RangeLiteral):
            _require_short(self.expression.iterable.evaluate(context), self.token)
        found = context.find(*self.name) if self.name else None  # type: ignore[attr-defined]
        if not isinstance(found, list) or not found:
            return super().render_to_output(context, buffer)
        taken = found[: self.most]
        context.stopindex(self.key, index=len(taken))
        context.raise_for_loop_limit(len(taken))
        self._loop(taken, context, buffer)
        return 0

    def _loop(self, taken: list[Any], context: RenderContext, buffer: TextIO) -> None:
        name, render = self.variable, self.block.render
        loop = ForLoop(self.key, iter(taken), len(taken), context.parentloop())
        namespace: dict[str, object] = {"forloop": loop}
        context.loops.append(loop)
        context.scope.push(namespace)
        try:
            for namespace[name] in loop:
                with suppress(ContinueLoop):
                    render(context, buffer)
        except BreakLoop:
            pass
        finally:
            context.scope.pop()
            context.loops.pop()


def _require_short(numbers: range, token: Token) -> None:
    """Even what a limit or `reversed` leaves of a range is made by counting through it."""
    if numbers.stop - numbers.start > MAX_ITERATIONS:
        raise ResourceLimitError("the template loops too often", token=token)


class WatchedForTag(ForTag):
    node_class = WatchedFor
