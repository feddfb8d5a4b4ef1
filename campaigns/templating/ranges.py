"""Ranges such as `(1..5)` are for loops only, which count. Anywhere else one of a few characters would fill the memory."""

from collections.abc import Iterable, Iterator

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidSyntaxError
from liquid.expression import Expression


def refuse_stray_ranges(template: BoundTemplate) -> None:
    """Raises `LiquidSyntaxError` at the first range that is not what a loop goes through."""
    for expression in _expressions(template.nodes, RenderContext(template)):
        if isinstance(expression, RangeLiteral):
            raise LiquidSyntaxError("a range can only be looped over: {% for i in (1..5) %}", token=expression.token)


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        for expression in node.expressions():
            yield from _within(expression)
        yield from _expressions(node.children(context, include_partials=False), context)


def _within(expression: Expression) -> Iterator[Expression]:
    yield expression
    looped = expression.iterable if isinstance(expression, LoopExpression) else None
    for part in expression.children():
        yield from (
            _within(part) if part is not looped else (one for inner in part.children() for one in _within(inner))
        )
