"""Blocks as MJML with Liquid, the source that `campaigns.templating.compiling` compiles. Pure.

The elements of our own (`<aiq-header />` and the like) are put in when it is compiled, so that a better footer reaches every message.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from campaigns.composer.addresses import guard_of
from campaigns.composer.blocks import (
    Block,
    Button,
    Divider,
    Document,
    Feed,
    Footer,
    Header,
    Heading,
    Incentive,
    Picture,
    Social,
    Text,
)
from campaigns.composer.richtext import for_mjml
from campaigns.templating.cutting import cut

_BEGIN = """<mjml lang="$language">
  <mj-head>
    <mj-title>{{ store.name | default: merchant.name }}</mj-title>
    <aiq-styles />
  </mj-head>
  <mj-body background-color="#f1f2f5" css-class="page">
    <mj-section background-color="#f1f2f5" css-class="page"><mj-column><mj-spacer height="24px" /></mj-column></mj-section>
"""
_END = "  </mj-body>\n</mjml>\n"
_SIZES = {"l": ("title", "30px", "37px", "800", "-0.6px"), "m": ("", "23px", "30px", "700", "-0.3px")}
_SIZES |= {"s": ("", "18px", "26px", "700", "-0.1px")}
_WIDTHS = {"full": "536px", "half": "268px"}


@dataclass(frozen=True, slots=True)
class Mjml:
    """The source, and on which line each block begins."""

    source: str
    starts: tuple[tuple[int, str], ...]

    def block_at(self, line: int) -> str:
        """The id of the block that a line belongs to; empty for the frame around them."""
        before = [code for start, code in self.starts if start <= line]
        return before[-1] if before else ""

    @property
    def marked(self) -> str:
        """The source for a preview: an anchor `at-ID` before each block, on the line where the block begins."""
        lines = self.source.split("\n")
        for line, code in self.starts:
            lines[line - 1] = f'<mj-raw><i id="at-{escape(code)}"></i></mj-raw>{lines[line - 1]}'
        return "\n".join(lines)


def to_mjml(document: Document) -> Mjml:
    """A document as source. It compiles wherever `read_blocks` found no problem in it."""
    source, starts = _BEGIN.replace("$language", document.language), []
    for block in document.blocks:
        starts.append((source.count("\n") + 1, block.id))
        source += "".join(f"    {line}\n" for line in _MAKERS[type(block)](block))
    return Mjml(source + _END, tuple(starts))


def _header(block: Header) -> Iterator[str]:
    yield _element("aiq-header", align=block.align)


def _heading(block: Heading) -> Iterator[str]:
    css, size, height, weight, spacing = _SIZES[block.size]
    yield _card(
        f'<mj-text css-class="{" ".join(["ink", css]).strip()}" align="{block.align}" font-size="{size}" line-height="{height}" '
        f'font-weight="{weight}" letter-spacing="{spacing}" padding="0 32px 12px">{_escaped(block.text)}</mj-text>'
    )


def _text(block: Text) -> Iterator[str]:
    html = for_mjml(_STYLED.sub(lambda match: f'{match[0]} style="{_STYLES[match[1]]}"', block.html))
    yield _card(f'<mj-text css-class="ink" padding="0 32px 8px">{html}</mj-text>')


_STYLES = {
    "p": "margin:0 0 16px;",
    "ul": "margin:0 0 16px;padding:0 0 0 22px;",
    "ol": "margin:0 0 16px;padding:0 0 0 22px;",
    "a": "color:inherit;text-decoration:underline;",
}
_STYLED = re.compile(r"<(p|ul|ol|a)(?=[ >])")


def _picture(block: Picture) -> Iterator[str]:
    fluid = {"fluid-on-mobile": "true"} if block.width == "full" else {}
    more = {"src": block.src, "alt": block.alt, "width": _WIDTHS[block.width], "padding": "0 32px 24px"} | fluid
    plain = _card(_element("mj-image", css_class="picture", border_radius="12px", font_size="16px", **more))
    if not block.href:
        yield plain
        return
    linked = _card(
        _element("mj-image", css_class="picture", border_radius="12px", font_size="16px", href=block.href, **more)
    )
    yield from _guarded(block.href, linked, plain)


def _button(block: Button) -> Iterator[str]:
    place = {"width": "100%"} if block.align == "full" else {"width": "240px", "align": block.align}
    colors = 'background-color="{{ merchant.color }}" color="{{ merchant.on_color }}"'
    opened = _element("mj-button", href=block.href, **place).removesuffix(" />")
    yield from _guarded(block.href, _card(f"{opened} {colors}>{_escaped(block.label)}</mj-button>"))


def _feed(block: Feed) -> Iterator[str]:
    flags = {name: "yes" if getattr(block, name) else "no" for name in ("picture", "price", "was_price")}
    words = {name: getattr(block, name) for name in ("title", "button") if getattr(block, name)}
    yield _element("aiq-feed", kind=block.kind, count=str(block.count), layout=block.layout, **flags, **words)


def _incentive(block: Incentive) -> Iterator[str]:
    yield _element("aiq-incentive", text=block.text, label=block.label)


def _divider(block: Divider) -> Iterator[str]:
    yield _card('<mj-divider css-class="rule" padding="8px 32px 24px" />')


def _social(block: Social) -> Iterator[str]:
    yield "<aiq-social />"


def _footer(block: Footer) -> Iterator[str]:
    yield "<aiq-footer />"
    if block.note:
        text = (
            'align="center" color="#5b6372" css-class="soft" font-size="13px" line-height="20px" padding="0 32px 24px"'
        )
        column = f"<mj-column><mj-text {text}>{_escaped(block.note)}</mj-text></mj-column>"
        yield f'<mj-section background-color="#f1f2f5" css-class="page">{column}</mj-section>'


_MAKERS: dict[type[Block], Callable[[Any], Iterator[str]]] = {
    Header: _header,
    Heading: _heading,
    Text: _text,
    Picture: _picture,
    Button: _button,
    Feed: _feed,
    Incentive: _incentive,
    Divider: _divider,
    Social: _social,
    Footer: _footer,
}


def _card(inner: str) -> str:
    return f'<mj-section css-class="card"><mj-column>{inner}</mj-column></mj-section>'


def _guarded(href: str, linked: str, plain: str = "") -> Iterator[str]:
    """Where a link is nothing but a macro, a shopper without its value gets what there is without the link."""
    guard = guard_of(href)
    if not guard:
        yield linked
        return
    yield f"{{% if {guard} %}}"
    yield linked
    if plain:
        yield "{% else %}"
        yield plain
    yield "{% endif %}"


def _element(name: str, **attributes: str) -> str:
    written = "".join(f' {key.replace("_", "-")}="{_escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{written} />"


def _escaped(text: str) -> str:
    """Text within markup: everything but its Liquid escaped."""
    source = cut(text)
    return source.restore(escape(source.text))
