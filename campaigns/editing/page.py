"""What a mail's HTML shows: its pictures, links, words, and every text beside its colours. Pure; parsed once for all checks.

Colours are followed through inline styles and `bgcolor`, the way of mails; what stands on a picture, or is hidden, is
not judged. Outlook's conditional comments are comments here too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from aiq.lib.colors import color_of

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_UNSEEN = frozenset({"head", "style", "script", "title"})
_BOLD = frozenset("b strong th h1 h2 h3 h4 h5 h6".split())
_STYLE = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_PIXELS = re.compile(r"(\d+(?:\.\d+)?)(?:px)?")
_BIG, _BIG_BOLD = 24.0, 18.66


@dataclass(frozen=True, slots=True)
class Picture:
    """`alt` is None where there is none; `width` in pixels, 0 where it is not said."""

    src: str
    alt: str | None
    width: int


@dataclass(frozen=True, slots=True)
class Ink:
    """A text and its colours; `background` is empty where it cannot be known. `large` as WCAG means it."""

    words: str
    color: str
    background: str
    large: bool


@dataclass(frozen=True, slots=True)
class Page:
    pictures: tuple[Picture, ...]
    links: tuple[str, ...]
    inks: tuple[Ink, ...]

    @property
    def words(self) -> str:
        """All that is seen as text, with single spaces."""
        return " ".join(ink.words for ink in self.inks)


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands on to what stands within it."""

    tag: str = ""
    color: str = "#000000"
    background: str = "#ffffff"
    size: float = 16.0
    bold: bool = False
    hidden: bool = False


def read_page(html: str) -> Page:
    """Never raises: what is no HTML has nothing to show."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(tuple(reader.pictures), tuple(reader.links), tuple(reader.inks))


@dataclass
class _Reader(HTMLParser):
    looks: list[_Look] = field(default_factory=lambda: [_Look()])
    pictures: list[Picture] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    inks: list[Ink] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        look = _look(tag, given, self.looks[-1])
        if tag == "img" and not look.hidden:
            self.pictures.append(Picture(given.get("src", ""), given.get("alt"), _pixels(given.get("width", ""))))
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"].strip())
        if tag not in _VOID:
            self.looks.append(look)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Up to the element that is closed; an end without a beginning closes nothing."""
        at = next((at for at in range(len(self.looks) - 1, 0, -1) if self.looks[at].tag == tag), 0)
        if at:
            del self.looks[at:]

    def handle_data(self, data: str) -> None:
        look, words = self.looks[-1], " ".join(data.split())
        if words.strip("\u200a\u200c\u034f ") and not look.hidden:
            large = look.size >= _BIG or (look.bold and look.size >= _BIG_BOLD)
            self.inks.append(Ink(words, look.color, look.background, large))


def _look(tag: str, given: Mapping[str, str], around: _Look) -> _Look:
    style = {match[1]: match[2].strip().lower() for match in _STYLE.finditer(given.get("style", "").lower())}
    weight = style.get("font-weight", "")
    return replace(
        around,
        tag=tag,
        color=color_of(style.get("color", "")) or around.color,
        background=_background(style, given, around.background),
        size=_size(style.get("font-size", "")) or around.size,
        bold=(tag in _BOLD or around.bold) if not weight else weight in {"bold", "bolder", "700", "800", "900"},
        hidden=around.hidden or tag in _UNSEEN or style.get("display") == "none",
    )


def _background(style: Mapping[str, str], given: Mapping[str, str], around: str) -> str:
    """The last word of inline style; nothing behind a picture."""
    written = f"{style.get('background', '')} {style.get('background-color', '')} {style.get('background-image', '')}"
    if "url(" in written or "gradient(" in written or given.get("background"):
        return ""
    colors = [color for word in re.findall(r"rgb\([^)]*\)|\S+", written) if (color := color_of(word))]
    return colors[-1] if colors else color_of(given.get("bgcolor", "")) or around


def _size(text: str) -> float:
    match = _PIXELS.fullmatch(text)
    return float(match[1]) if match else 0.0


def _pixels(text: str) -> int:
    return int(_size(text.strip()))
