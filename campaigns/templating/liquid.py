"""The Liquid that merchants may write: one environment for html (it escapes), one for text, every limit on.

python-liquid's own limits are off by default, it has none for time, and it measures output at a cost on every write. So
tags and filters are allow-listed, and output, loops and time are checked where they are spent. A name without data is
false in a condition, takes a `default`, and otherwise raises `MissingData` where it would be shown.
"""

from collections.abc import Mapping
from functools import cached_property, partial
from typing import ClassVar

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, LiquidInterrupt, UndefinedError

from campaigns.templating import straight
from campaigns.templating.filters import allowed_filters
from campaigns.templating.nodes import ChosenTag, ShownTag, WatchedForTag, WatchedUnlessTag, WordsTag
from campaigns.templating.ranges import refuse_stray_ranges
from campaigns.templating.scope import MAX_ITERATIONS, Context, Links, Missing

ALLOWED_TAGS = frozenset("if unless case for break continue assign capture cycle comment #".split())
_SYNTAX = frozenset({"content", "output", "illegal"})


class MissingData(Exception):  # noqa: N818
    """The template shows a name for which this shopper has no data and the template no default. `name` is dotted."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class RenderFailed(Exception):  # noqa: N818
    """The template cannot be rendered for this data: a limit was reached or a filter got what it cannot take."""


class Template(BoundTemplate):
    """A parsed template. `render` of the base class is not for us: it knows no links."""

    @cached_property
    def function(self) -> straight.Function:
        return straight.function(self.nodes)

    def render_with(self, data: Mapping[str, object], links: Links) -> str:
        """Render plain data. Raises `MissingData` or `RenderFailed`, nothing else."""
        function = self.function  # written before its time begins to count
        context = Context(self, data, links)
        buffer = context.get_buffer()
        try:
            function(context, buffer)
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
        self.add_tag(WatchedUnlessTag)
        self.filters = allowed_filters(self)


_environment = partial(StrictEnvironment, undefined=Missing)
HTML = _environment(autoescape=True)
TEXT = _environment(autoescape=False)


def parse(source: str, *, html: bool) -> Template:
    """Parse Liquid. Raises python-liquid's `LiquidError` with a token that knows its place."""
    template = (HTML if html else TEXT).from_string(source)
    assert isinstance(template, Template)
    if ".." in source:
        refuse_stray_ranges(template)
    return template
