"""Markup that stands in quotes within Liquid, such as `{{ "<b>" }}`: it would get past everything that looks at markup."""

from collections.abc import Iterable, Iterator

from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions.primitive import StringLiteral
from liquid.builtin.tags.case_tag import MultiExpressionBlockNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from campaigns.templating.liquid import parse
from campaigns.templating.macros import Problem, line_at, nodes_of

# What is compared is not shown.
_CONDITIONS = (ConditionalBlockNode, IfNode, MultiExpressionBlockNode, UnlessNode)
_MESSAGE = (
    "“{}” stands in quotes within Liquid: write markup outside of them. A line break is the filter newline_to_br."
)


def markup_in_literals(source: str, *, field: str) -> Iterator[Problem]:
    """Every text in quotes that shows a `<` as it is: Liquid escapes data, but takes such a text for markup. Never raises."""
    try:
        template = parse(source, html=True)
        written = [*_literals(nodes_of(template.nodes, RenderContext(template)))]
    except (LiquidError, RecursionError):
        return  # Told by `campaigns.templating.macros.analyze`.
    for literal in written:
        if "<" in literal.value:
            message = _MESSAGE.format(literal.value.strip()[:40])
            yield Problem(line_at(source, literal.token.start_index), "markup_in_quotes", message, field)


def _literals(nodes: Iterable[Node]) -> Iterator[StringLiteral]:
    for node in nodes:
        if not isinstance(node, _CONDITIONS):
            yield from _within(node.expressions())


def _within(expressions: Iterable[Expression]) -> Iterator[StringLiteral]:
    for expression in expressions:
        if isinstance(expression, StringLiteral):
            yield expression
        yield from _within(expression.children())
