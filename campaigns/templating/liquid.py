"""The Liquid that merchants may write: one environment for html (it escapes), one for text, every limit on.

python-liquid's own limits are off by default, it has none for time, and it measures output at a cost on every write. So
tags and filters are allow-listed, and output, loops and time are checked where they are spent. A name without data is
false in a condition, takes a `default`, and otherwise raises `MissingData` where it would be shown.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, ClassVar, Protocol, TextIO

from liquid import BoundTemplate, Environment, RenderContext, Token
from liquid.ast import BlockNode, ConditionalBlockNode
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import BooleanExpression, Path
from liquid.builtin.expressions.logical import is_truthy
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.exceptions import LiquidError, LiquidInterrupt, ResourceLimitError, UndefinedError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.undefined import UNDEFINED, FalsyStrictUndefined
from liquid.utils import ReadOnlyChainMap
from markupsafe import escape

from campaigns.templating.filters import allowed_filters, track

MAX_OUTPUT_CHARS = 512 * 1024
MAX_ITERATIONS = 2_000
MAX_SECONDS = 0.5
ALLOWED_TAGS = frozenset("if unless case for break continue assign capture cycle comment #".split())
_SYNTAX = frozenset({"content", "output", "illegal"})


class MissingData(Exception):  # noqa: N818
    """The template shows a name for which this shopper has no data and the template no default. `name` is dotted."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class RenderFailed(Exception):  # noqa: N818
    """The template cannot be rendered for this data: a limit was reached or a filter got what it cannot take."""


class Links(Protocol):
    """What a render needs to know of the delivery: how to make its links (`campaigns.links`)."""

    def track(self, url: str) -> str: ...


class Missing(FalsyStrictUndefined):
    """No data: false, equal to nothing, replaced by `default`; its hint is the dotted name."""

    __slots__ = ()
    force_liquid_default = True


class Scope(ReadOnlyChainMap):
    """python-liquid's scope without an exception raised for every mapping that lacks the key."""

    def __getitem__(self, key: str) -> object:
        for mapping in self._maps:
            if key in mapping:
                return mapping[key]
        raise KeyError(key)


_MAPPINGS = frozenset({dict, Scope})


class Context(RenderContext):
    """A render's state: its links, its deadline, its iterations; and quick look-up in plain data."""

    __slots__ = ("deadline", "iterations", "links")

    def __init__(self, template: BoundTemplate, data: Mapping[str, object], links: Links) -> None:
        super().__init__(template, globals=data)
        self.scope = Scope(self.locals, data, self.counters)
        self.links = links
        self.iterations = 0
        self.deadline = perf_counter() + MAX_SECONDS

    def get(self, path: list[Any], *, token: Token | None, default: object = UNDEFINED) -> object:
        """The value at `path`, or `Missing` (or `default`). Data is dicts and lists, never objects."""
        value: Any = self.scope
        try:
            for segment in path:
                value = value[segment] if value.__class__ in _MAPPINGS else self.get_item(value, segment)
        except (KeyError, TypeError, IndexError):
            return self._missing(path, token) if default is UNDEFINED else default
        return value

    def spend(self, written: int) -> None:
        """Count one iteration and what has been written. Raises `ResourceLimitError`."""
        self.iterations += 1
        if self.iterations > MAX_ITERATIONS:
            raise ResourceLimitError("the template loops too often", token=None)
        if written > MAX_OUTPUT_CHARS:
            raise ResourceLimitError("the message gets too long", token=None)
        if perf_counter() > self.deadline:
            raise ResourceLimitError("the template takes too long", token=None)

    def _missing(self, path: list[object], token: Token | None) -> Missing:
        return Missing(str(path[0]), token=token, hint=".".join(str(segment) for segment in path))


class Words(ContentNode):
    """What stands between Liquid."""

    __slots__ = ()

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text)


class WordsTag(Literal):
    node_class = Words


class Shown(OutputNode):
    """`{{ … }}`: a name that is plain text is the usual case and goes the short way; lists and dicts are never shown.

    With `default` or `track` behind it, a text that is not empty goes that way too: `default` leaves it as it is.
    """

    __slots__ = ("filtered", "path", "tracked")

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        filters = [one.name for one in getattr(expression, "filters", None) or ()]
        self.path = _plain_path(expression.left) if filters in _SHORT else None  # type: ignore[attr-defined]
        self.filtered = bool(filters)
        self.tracked = "track" in filters

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        value = self._value(context)
        if type(value) is str:
            text = escaped(value) if context.autoescape else value
        elif isinstance(value, list | dict):
            text = ""
        else:
            text = to_liquid_string(value, context.autoescape)
        written = buffer.write(text)
        if buffer.tell() > MAX_OUTPUT_CHARS:
            raise ResourceLimitError("the message gets too long", token=self.token)
        return written

    def _value(self, context: RenderContext) -> object:
        if not self.path:
            return self.expression.evaluate(context)
        if not self.filtered:
            return context.get(self.path, token=self.token)
        value = context.get(self.path, token=self.token, default=None)
        if type(value) is not str or not value:
            return self.expression.evaluate(context)
        return track(value, context=context) if self.tracked else value


_SHORT: tuple[list[str], ...] = ([], ["default"], ["track"], ["default", "track"])
_LONG_TEXT = 256


def escaped(text: str) -> str:
    """Text as HTML. What is short is often the same in the next mail: colours, names, prices."""
    return _escaped(text) if len(text) < _LONG_TEXT else str(escape(text))


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return str(escape(text))


def _plain_path(expression: Expression) -> list[Any] | None:
    """The segments of a bare `a.b`, known once and for all; None where there is anything to evaluate."""
    if not isinstance(expression, Path):
        return None
    segments = expression.path
    return list(segments) if all(isinstance(segment, str) for segment in segments) else None


class ShownTag(Output):
    node_class = Shown


class Block(BlockNode):
    """Nodes one after another; nobody asks how much they wrote."""

    __slots__ = ()

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if self.blank:
            return super().render_to_output(context, buffer)
        for node in self.nodes:
            node.render(context, buffer)
        return 0


class Chosen(IfNode):
    """`{% if %}`: a bare name is the usual condition and goes the short way."""

    __slots__ = ("path",)

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
        self.path = None if alternatives else _plain_path(condition.expression)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if not self.path:
            return super().render_to_output(context, buffer)
        value = context.get(self.path, token=self.token, default=None)
        block = self.consequence if type(value) is str or is_truthy(value) else self.default
        return block.render(context, buffer) if block else 0


class ChosenTag(IfTag):
    node_class = Chosen  # type: ignore[assignment]


class Iteration(Block):
    """The body of a loop, where time and output are watched."""

    __slots__ = ()

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        written = super().render(context, buffer)
        assert isinstance(context, Context)
        context.spend(buffer.tell())
        return written


class WatchedFor(ForNode):
    __slots__ = ()

    def __init__(self, token: Token, expression: Any, block: BlockNode, default: BlockNode | None = None) -> None:
        super().__init__(token, expression, Iteration(block.token, block.nodes), default)


class WatchedForTag(ForTag):
    node_class = WatchedFor


class Template(BoundTemplate):
    """A parsed template. `render` of the base class is not for us: it knows no links."""

    def render_with(self, data: Mapping[str, object], links: Links) -> str:
        """Render plain data. Raises `MissingData` or `RenderFailed`, nothing else."""
        context = Context(self, data, links)
        buffer = context.get_buffer()
        try:
            for node in self.nodes:
                node.render(context, buffer)
            context.spend(buffer.tell())
        except UndefinedError as error:
            raise MissingData(str(error.message)) from None
        except LiquidInterrupt as error:
            raise RenderFailed(f"“{error}” outside of a loop") from error
        except LiquidError as error:
            raise RenderFailed(str(error.message)) from error
        except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
            raise RenderFailed(str(error)) from error
        return buffer.getvalue()


class StrictEnvironment(Environment):
    template_class = Template
    loop_iteration_limit: ClassVar[int | None] = MAX_ITERATIONS
    local_namespace_limit: ClassVar[int | None] = 256 * 1024
    block_nesting_limit: ClassVar[int] = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in ALLOWED_TAGS | _SYNTAX}
        self.add_tag(WordsTag)
        self.add_tag(ShownTag)
        self.add_tag(ChosenTag)
        self.add_tag(WatchedForTag)
        self.filters = allowed_filters(self)


_environment = partial(StrictEnvironment, undefined=Missing)
HTML = _environment(autoescape=True)
TEXT = _environment(autoescape=False)


def parse(source: str, *, html: bool) -> Template:
    """Parse Liquid. Raises python-liquid's `LiquidError` with a token that knows its place."""
    template = (HTML if html else TEXT).from_string(source)
    assert isinstance(template, Template)
    return template
