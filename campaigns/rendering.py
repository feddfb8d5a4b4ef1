"""Rendering one message: compiled content + plain data + the delivery's links. Pure; no database, no settings.

The data of a message ("context") is what `campaigns.templating.macros` names: plain dicts, lists, strings and numbers, as stored with
the delivery, so that the very message can be rendered again later.
"""

import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol

from aiq.lib.colors import color_of, contrast
from campaigns.templating.compiling import Compiled
from campaigns.templating.filters import WEB_SCHEMES
from campaigns.templating.liquid import MissingData, RenderFailed, Template, parse
from campaigns.templating.plaintext import tidy

__all__ = ["Message", "MissingData", "Prepared", "RenderFailed", "Rendered", "parsed", "prepare", "render"]

DEFAULT_COLOR = "#1f2937"
CACHED_CONTENTS = 256
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_GROUPS = ("shopper", "cart", "store", "merchant", "incentive")
_ADDRESSES = ("url", "logo", "image")


class MessageLinks(Protocol):
    """The links of one delivery: `campaigns.links.LinkMaker`, or `PlainLinks` for a preview."""

    @property
    def unsubscribe_url(self) -> str: ...
    @property
    def preferences_url(self) -> str: ...
    @property
    def open_url(self) -> str: ...
    def track(self, url: str) -> str: ...
    def cart(self, url: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    html: str
    text: str
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends. `message_id` is without angle brackets, `date` has a zone, `headers` are extra ones."""

    delivery_code: str
    to_email: str
    from_email: str
    subject: str
    html: str
    text: str
    message_id: str
    date: datetime
    to_name: str = ""
    from_name: str = ""
    reply_to: str = ""
    unsubscribe_url: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Parsed content, ready to render many times."""

    subject: Template
    html: Template
    text: Template
    uses_feed: bool
    feeds: tuple[str, ...] = ()
    titled: bool = True
    extras: Mapping[str, Template] = field(default_factory=dict)

    def render(self, context: Mapping[str, Any], links: MessageLinks) -> Rendered:
        """Raises `MissingData` (the message is not sent) or `RenderFailed` (the template is at fault)."""
        data = shown_data(context, links, feed=self.uses_feed, feeds=self.feeds)
        subject = " ".join(self.subject.render_with(data, links).split())
        if not subject and self.titled:
            raise MissingData("subject")
        html = self.html.render_with(data, links)
        text = tidy(self.text.render_with(data, links))
        return Rendered(subject, html, text, {name: one.render_with(data, links) for name, one in self.extras.items()})


class NoItems(list[Any]):
    """No products: an empty list that is false in Liquid, where an empty list otherwise is true."""

    def __liquid__(self) -> None:
        return None


def render(compiled: Compiled, context: Mapping[str, Any], links: MessageLinks) -> Rendered:
    """Render content once, without the cache: for previews and drafts. Raises as `Prepared.render`."""
    return parsed(compiled).render(context, links)


def prepare(content_id: object, compiled: Compiled) -> Prepared:
    """Parsed content from the cache. `content_id` names an immutable version; what it stands for must never change."""
    with _lock:
        if found := _cache.get(content_id):
            _cache.move_to_end(content_id)
            return found
    prepared = parsed(compiled)
    with _lock:
        _cache[content_id] = prepared
        while len(_cache) > CACHED_CONTENTS:
            _cache.popitem(last=False)
    return prepared


_cache: OrderedDict[object, Prepared] = OrderedDict()
_lock = Lock()


def shown_data(
    context: Mapping[str, Any], links: MessageLinks, *, feed: bool = True, feeds: Collection[str] = ()
) -> dict[str, Any]:
    """The context as templates see it: a person's missing values are absent, a product's are nil, addresses are http(s).

    `feed`: products of the cart are shown; `feeds`: the kinds of product feed that the content shows.
    """
    data: dict[str, Any] = {group: _known(context.get(group) or {}) for group in _GROUPS}
    if url := data["cart"].get("url"):
        data["cart"]["url"] = links.cart(url)
    merchant = data["merchant"]
    color = merchant.get("color", "")
    merchant["color"] = color = color if _COLOR.fullmatch(color) else DEFAULT_COLOR
    merchant["on_color"] = readable_on(color)
    data["items"] = _lines(context.get("items")) if feed else NoItems()
    if feeds:
        given = context.get("feeds") or {}
        data["feeds"] = {kind: _lines(given.get(kind)) for kind in feeds}
    data["unsubscribe_url"] = links.unsubscribe_url
    data["preferences_url"] = links.preferences_url
    if links.open_url:
        data["open_url"] = links.open_url
    return data


@lru_cache(maxsize=512)
def readable_on(color: str) -> str:
    """White or near-black, whichever has the better contrast on `color`."""
    return max("#ffffff", "#111111", key=lambda ink: contrast(ink, color_of(color)))


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if value is not None and value != "" and (name not in _ADDRESSES or _is_web(value))
    }


def _lines(items: Iterable[Mapping[str, Any]] | None) -> list[Any]:
    return [_line(item) for item in items] if items else NoItems()


def _line(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if value == "" else value for name, value in item.items()} | {
        name: item[name] if _is_web(item.get(name)) else None for name in ("url", "image")
    }


def _is_web(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(WEB_SCHEMES)


def parsed(compiled: Compiled) -> Prepared:
    """Ready to render many times, for as long as the caller keeps it."""
    return Prepared(
        parse(compiled.subject, html=False),
        parse(compiled.html, html=True),
        parse(compiled.text, html=False),
        compiled.uses_feed,
        tuple(compiled.feeds),
        bool(compiled.subject),
        {name: parse(text, html=False) for name, text in compiled.extras.items()},
    )
