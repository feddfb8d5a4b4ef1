"""A render's state: its data, its links, and what it has spent of its limits."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Protocol

from liquid import BoundTemplate, RenderContext, Token
from liquid.exceptions import ResourceLimitError
from liquid.undefined import UNDEFINED, FalsyStrictUndefined
from liquid.utils import ReadOnlyChainMap

MAX_OUTPUT_CHARS = 512 * 1024
MAX_ITERATIONS = 2_000
MAX_SECONDS = 0.5
ABSENT = object()


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
        found = self.find(path[0], path[1:])
        if found is not ABSENT:
            return found
        return self._missing(path, token) if default is UNDEFINED else default

    def find(self, name: Any, rest: Sequence[Any]) -> object:
        """The value at `name` and the segments after it; `ABSENT` where there is none."""
        for mapping in self.scope._maps:
            if name in mapping:
                value: Any = mapping[name]
                break
        else:
            return ABSENT
        try:
            for segment in rest:
                value = value[segment] if value.__class__ is dict else self.get_item(value, segment)
        except (KeyError, TypeError, IndexError):
            return ABSENT
        return value

    def spend(self, written: int) -> None:
        """Count one iteration and what has been written. Raises `ResourceLimitError`."""
        self.iterations += 1
        if self.iterations > MAX_ITERATIONS:
            raise ResourceLimitError("the template loops too often", token=None)
        if written > MAX_OUTPUT_CHARS:
            raise ResourceLimitError("the message gets too long", token=None)
        self.check_time()

    def check_time(self) -> None:
        """Raises `ResourceLimitError`. Asked wherever a few characters can cost much: loops, filters, comparisons."""
        if perf_counter() > self.deadline:
            raise ResourceLimitError("the template takes too long", token=None)

    def filter(self, name: str, token: Token | None) -> Any:
        self.check_time()
        return super().filter(name, token)

    def _missing(self, path: list[object], token: Token | None) -> Missing:
        return Missing(str(path[0]), token=token, hint=".".join(str(segment) for segment in path))
