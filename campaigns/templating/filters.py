"""The filters merchants may use in Liquid, measured before they run where they could grow without end.

Left out: `safe` and the decoders (they undo escaping), `date` (a message must render the same for ever), and array
filters nobody needs for five products.
"""

from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

from liquid import Environment
from liquid.exceptions import FilterArgumentError, ResourceLimitError
from liquid.filter import with_context
from liquid.undefined import Undefined
from markupsafe import Markup

MAX_TEXT = 64 * 1024
MAX_PARTS = 2_000
MAX_NUMBER = 10**15
WEB_SCHEMES = ("https://", "http://")

_PLAIN = (
    "capitalize downcase upcase escape escape_once strip lstrip rstrip squish strip_html strip_newlines newline_to_br "
    "truncate truncatewords slice split url_encode remove remove_first replace_first "
    "first last size reverse sort uniq compact map where default"
).split()
_NUMERIC = "abs at_least at_most ceil floor round plus minus times divided_by modulo".split()

Filter = Callable[..., Any]


def allowed_filters(environment: Environment) -> dict[str, Filter]:
    """The allow-listed filters of an environment, wrapped; plus `track`, which only compiled content uses."""
    builtin = environment.filters
    filters: dict[str, Filter] = {name: _passing_missing(builtin[name]) for name in _PLAIN if name != "default"}
    filters["default"] = builtin["default"]
    filters |= {name: _passing_missing(_numeric(builtin[name])) for name in _NUMERIC}
    filters |= {name: _passing_missing(_measured(builtin[name], size)) for name, size in _GROWTH.items()}
    return filters | {"track": track}


@with_context
def track(value: object, *, context: Any) -> str:
    """The address a shopper's click should take for `value`: signed by the render's links, never anything but http(s).

    Captured values come HTML-escaped, because they stood in an attribute. What is no web address becomes the cart's.
    """
    if isinstance(value, Undefined):
        return str(value)
    url = unescape(str(value)).strip() if isinstance(value, Markup) else str(value).strip()
    if not url.lower().startswith(WEB_SCHEMES):
        url = fallback_url(context.globals)
    return str(context.links.track(url)) if url else "#"


def fallback_url(data: Mapping[str, Any]) -> str:
    """Where a link without a usable address leads: the cart, else the store, else nowhere (empty)."""
    for name in ("cart", "store"):
        url = str((data.get(name) or {}).get("url") or "")
        if url.lower().startswith(WEB_SCHEMES):
            return url
    return ""


def _passing_missing(function: Filter) -> Filter:
    """Missing data runs through a chain untouched, so that a `default` at its end still works."""

    def wrapped(value: Any, *args: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, Undefined) else _bounded(function(value, *args, **kwargs))

    return _with_same_needs(wrapped, function)


def _bounded(result: Any) -> Any:
    """A result that the next filter may take: each of many may grow it only a little, and some take long with many parts."""
    if isinstance(result, str) and len(result) > MAX_TEXT:
        raise ResourceLimitError("a filter makes this text too long", token=None)
    if isinstance(result, list) and len(result) > MAX_PARTS:
        raise ResourceLimitError("a filter makes too many parts of this", token=None)
    return result


def _measured(function: Filter, size: Callable[..., int]) -> Filter:
    def wrapped(value: Any, *args: Any, **kwargs: Any) -> Any:
        if size(value, *args) > MAX_TEXT:
            raise ResourceLimitError("a filter makes this text too long", token=None)
        return function(value, *args, **kwargs)

    return _with_same_needs(wrapped, function)


def _numeric(function: Filter) -> Filter:
    def wrapped(value: Any, *args: Any, **kwargs: Any) -> Any:
        result = function(value, *args, **kwargs)
        if not -MAX_NUMBER < result < MAX_NUMBER:
            raise FilterArgumentError("a filter makes this number too big", token=None)
        return result

    return _with_same_needs(wrapped, function)


def _with_same_needs(wrapped: Filter, function: Filter) -> Filter:
    for need in ("with_context", "with_environment"):
        if getattr(function, need, False):
            setattr(wrapped, need, True)
    return wrapped


def _sum_of_sizes(value: Any, other: Any = "") -> int:
    return len(str(value)) + len(str(other))


def _replaced_size(value: Any, old: Any = "", new: Any = "") -> int:
    text = str(value)
    return len(text) + text.count(str(old)) * len(str(new))


def _joined_size(value: Any, separator: Any = " ") -> int:
    parts = value if isinstance(value, list | tuple) else [value]
    return sum(len(str(part)) + len(str(separator)) for part in parts)


_GROWTH: dict[str, Callable[..., int]] = {
    "append": _sum_of_sizes,
    "prepend": _sum_of_sizes,
    "replace": _replaced_size,
    "join": _joined_size,
}
