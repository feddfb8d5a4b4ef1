"""The text part of a mail, made of its MJML body at save: paragraphs, links written out, nothing of the layout."""

import re
from collections.abc import Iterator
from html import unescape

from campaigns.templating.cutting import TOKEN, Cut
from campaigns.templating.elements import ELEMENTS, Showing
from campaigns.templating.structure import Piece, attributes_of, pieces_of

_BLOCKS = frozenset(
    "mj-text mj-button mj-table mj-section mj-wrapper mj-hero mj-column p div h1 h2 h3 h4 ul ol table".split()
)
_LINES = frozenset({"br", "tr", "li"})
_SILENT = frozenset({"mj-head", "style", "mj-style"})
_SHOWN = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw", "mj-social-element", "mj-navbar-link"})


def plain_text(source: Cut, showing: Showing) -> str:
    """The text as Liquid. `showing` gives the texts of our own elements (`aiq-feed` and the like), Liquid too."""
    writer = _Writer(source, showing)
    for piece in pieces_of(source.text):
        writer.take(piece)
    return tidy(source.restore(unescape("".join(writer.out))))


def tidy(text: str) -> str:
    """No blanks at the ends of lines and never two empty lines on end: what left-out blocks leave behind goes."""
    lines = [line.rstrip(" \t\xa0").lstrip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Writer:
    def __init__(self, source: Cut, showing: Showing) -> None:
        self.source = source
        self.showing = showing
        self.out: list[str] = []
        self.silent = ""
        self.shown = 0
        self.links: list[tuple[str, int]] = []

    def take(self, piece: Piece) -> None:
        if self.silent:
            self.silent = "" if piece.kind == "close" and piece.value == self.silent else self.silent
        elif piece.kind == "text":
            self.out += self._words(piece.raw)
        elif piece.kind == "open":
            self._start(piece)
        elif piece.kind == "close":
            self._end(piece.value)

    def _words(self, raw: str) -> Iterator[str]:
        """Between elements only Liquid's tags count: white space there is layout of the source."""
        if self.shown:
            yield re.sub(r"\s+", " ", raw)
        else:
            yield from (match[0] for match in TOKEN.finditer(raw))

    def _start(self, piece: Piece) -> None:
        name = piece.value
        if name in _SILENT and not piece.empty:
            self.silent = name
            return
        self.out.append(_space_around(name))
        if name == "mjml":
            self.showing.begin(attributes_of(piece.attributes))
        if name in ELEMENTS:
            given = {key: self.source.restore(value) for key, value in attributes_of(piece.attributes).items()}
            self.out.append(f"\n\n{self.showing.part(name, 'txt', given)}\n\n")
        elif name in _SHOWN and not piece.empty:
            self.shown += 1
        if name in ("a", "mj-button") and not piece.empty:
            self.links.append((attributes_of(piece.attributes).get("href", ""), len(self.out)))
        elif name == "li":
            self.out.append("- ")

    def _end(self, name: str) -> None:
        if name in ("a", "mj-button") and self.links:
            self._write_link(*self.links.pop(), inline=name == "a")
        if name in _SHOWN:
            self.shown -= 1
        self.out.append(_space_around(name))

    def _write_link(self, href: str, start: int, *, inline: bool) -> None:
        """“Label: address” of a button, “label (address)” in running text; the address alone where that is the label."""
        label = re.sub(r"\s+", " ", "".join(self.out[start:])).strip()
        del self.out[start:]
        href = href.removeprefix("mailto:").removeprefix("tel:").strip()
        if not label or not href or label == href:
            self.out.append(label or href)
        else:
            self.out.append(f"{label} ({href})" if inline else f"{label}: {href}")


def _space_around(name: str) -> str:
    if name in _BLOCKS:
        return "\n\n"
    return "\n" if name in _LINES else ""
