"""Merchants' rich text, cleaned when it is saved: a handful of tags, no attributes but a link's address.

It is kept as HTML that a browser can edit, so Liquid within it stands escaped; `for_mjml` gives it back its own characters.
"""

import re
from html import escape, unescape
from typing import Any

import nh3

from campaigns.composer.addresses import link_refusal
from campaigns.templating.cutting import Cut, cut

TAGS = frozenset({"p", "br", "strong", "em", "u", "a", "ul", "ol", "li"})
_SAME = {"b": "strong", "i": "em", "div": "p"}
_RENAMED = re.compile(r"(</?)(b|i|div)(?=[\s>])", re.IGNORECASE)
_EMPTY = re.compile(r"\s|&nbsp;|</?(?:p|br|strong|em|u|ul|ol|li)(?: /)?>|<a[^>]*></a>")


def cleaned(html: str) -> tuple[str, list[str]]:
    """The text without anything foreign, as well-formed markup, and a sentence for each link that was taken out.

    Raises `TemplateProblems` where Liquid is opened and never closed.
    """
    source = liquid_of(html)
    refused: list[str] = []

    def checked(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) != ("a", "href"):
            return None
        why = link_refusal(Cut(source.source, value, source.pieces, source.starts))
        if why:
            refused.append(why)
        return None if why else value.strip()

    text = _RENAMED.sub(lambda match: match[1] + _SAME[match[2].lower()], source.text)
    options: dict[str, Any] = {"url_schemes": {"https", "mailto", "tel", "http", "javascript"}, "link_rel": None}
    text = nh3.clean(text, tags=set(TAGS), attributes={"a": {"href"}}, attribute_filter=checked, **options)
    source.pieces = [escape(piece) for piece in source.pieces]
    return source.restore(text.replace("<br>", "<br />")).strip(), refused


def for_mjml(html: str) -> str:
    """Cleaned text as it stands in MJML, Liquid unescaped."""
    source = liquid_of(html)
    return source.restore(source.text)


def liquid_of(html: str) -> Cut:
    """The text with its Liquid cut out, as it was meant: browsers escape what is typed and put in hard spaces."""
    source = cut(html)
    source.pieces = [unescape(piece).replace("\xa0", " ") for piece in source.pieces]
    return source


def is_empty(html: str) -> bool:
    return not _EMPTY.sub("", html)
