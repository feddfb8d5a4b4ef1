"""The parts of a parsed template. What templates usually say writes itself as Python (`campaigns.templating.straight`).

A bare name shown, a name asked for, a loop over a name: these are nearly all of a message. Whatever is more goes
python-liquid's own way and comes out the same.
"""

from contextlib import suppress
from typing import Any, TextIO

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
)
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.for_tag import ForLoop, ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessNode, UnlessTag
from liquid.exceptions import BreakLoop, ContinueLoop, ResourceLimitError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string

from campaigns.templating import straight
from campaigns.templating.scope import MAX_ITERATIONS, Context
from campaigns.templating.straight import Name


class Words(ContentNode):
    """What stands between Liquid."""

    __slots__ = ()
    binds = False

    def write(self, source: straight.Source) -> None:
        source.words(self.text)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text)


class WordsTag(Literal):
    node_class = Words


class Shown(OutputNode):
    """`{{ … }}`: a name that is plain text is the usual case and goes the short way; lists and dicts are never shown.

    With `default` or `track` behind it, a text that is not empty goes that way too: `default` leaves it as it is.
    """

    __slots__ = ("filtered", "name", "tracked")
    binds = False

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        filters = [one.name for one in getattr(expression, "filters", None) or ()]
        self.name = _name(expression.left) if filters in _SHORT else None  # type: ignore[attr-defined]
        self.filtered = bool(filters)
        self.tracked = "track" in filters

    def write(self, source: straight.Source) -> None:
        longer = f"{source.constant(self.text)}(context)"
        if not self.name:
            source.shown(longer)
            return
        found = f"(v := {source.value(self.name)}).__class__ is str"
        if self.filtered:
            text = "track(v, context=context)" if self.tracked else "v"
            source.shown(f"shown({text}) if {found} and v else {longer}")
        else:
            source.shown(f"shown(v) if {found} else str(v) if v.__class__ is int else {longer}")

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        written = buffer.write(self.text(context))
        straight.measure(buffer)
        return written

    def text(self, context: RenderContext) -> str:
        """What is shown, python-liquid's own way."""
        value = self.expression.evaluate(context)
        return "" if isinstance(value, list | dict) else to_liquid_string(value, context.autoescape)


_SHORT: tuple[list[str], ...] = ([], ["default"], ["track"], ["default", "track"])


def _asked(source: straight.Source, condition: Expression) -> str:
    """A condition in Python. A bare name, or one compared with a whole number, goes the short way."""
    inner = condition.expression if isinstance(condition, BooleanExpression) else condition
    if name := _name(inner):
        return f"(v := {source.value(name)}).__class__ is str or known(v)"
    whole = f"holds({source.constant(condition)}, context)"
    sign = _SIGNS.get(type(inner))
    if sign and isinstance(inner.right, IntegerLiteral) and (name := _name(inner.left)):  # type: ignore[attr-defined]
        number = source.constant(inner.right.value)  # type: ignore[attr-defined]
        return f"v {sign} {number} if (v := {source.value(name)}).__class__ is int else {whole}"
    return whole


_SIGNS: dict[type, str] = {
    GtExpression: ">", GeExpression: ">=", LtExpression: "<", LeExpression: "<=", EqExpression: "==", NeExpression: "!=",
}  # fmt: skip


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


class Chosen(IfNode):
    """`{% if %}`, its branches written into whatever it stands in."""

    __slots__ = ("binds", "branches")

    def __init__(
        self,
        token: Token,
        condition: BooleanExpression,
        consequence: BlockNode,
        alternatives: list[ConditionalBlockNode],
        default: BlockNode | None,
    ) -> None:
        super().__init__(token, condition, consequence, alternatives, default)
        others = [(one.expression, one.block) for one in alternatives]
        self.branches: list[tuple[Expression, BlockNode]] = [(condition, consequence), *others]
        blocks = [block for _, block in self.branches] + ([default] if default else [])
        self.binds = any(straight.binds(block.nodes) for block in blocks)

    def write(self, source: straight.Source) -> None:
        if len(self.branches) > _MOST_BRANCHES:
            source.call(self)
            return
        for number, (condition, block) in enumerate(self.branches):
            with source.under(f"{'elif' if number else 'if'} {_asked(source, condition)}:"):
                _write_block(source, block)
        if self.default:
            with source.under("else:"):
                _write_block(source, self.default)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        for condition, block in self.branches:
            if straight.holds(condition, context):
                return block.render(context, buffer)
        return self.default.render(context, buffer) if self.default else 0


# Python reads an `elif` as an `if` within an `else`, and that only so deep.
_MOST_BRANCHES = 50


def _write_block(source: straight.Source, block: BlockNode) -> None:
    """A block of blanks alone is not shown, which is python-liquid's business."""
    straight.write([block] if block.blank else block.nodes, source)


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


class Iteration(BlockNode):
    """The body of a loop, where time and output are watched; nobody asks how much it wrote."""

    __slots__ = ("function",)

    def __init__(self, token: Token, nodes: list[Node]) -> None:
        super().__init__(token, nodes)
        self.function: straight.Function | None = None

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if self.blank:
            super().render_to_output(context, buffer)
        else:
            if self.function is None:
                self.function = straight.function(self.nodes)
            self.function(context, buffer)
        assert isinstance(context, Context)
        context.spend(buffer.tell())
        return 0


class WatchedFor(ForNode):
    """`{% for %}`: over a bare name, at most with a constant limit, is the usual loop and goes the short way."""

    __slots__ = ("binds", "key", "most", "name", "variable")

    def __init__(
        self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None = None
    ) -> None:
        super().__init__(token, expression, Iteration(block.token, block.nodes), default)
        self.binds = default is not None or straight.binds(block.nodes)
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
