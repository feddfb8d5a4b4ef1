"""Our own elements within MJML, such as `<aiq-feed />`: what each takes, and what it stands for in mail and in text."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from campaigns.templating import feeding
from campaigns.templating.parts import filled, language_of

Attributes = Mapping[str, str]
DEFAULT_FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Brand:
    """What of a merchant's look is put in when a message is compiled: `font` as CSS names it, `social` as name and address."""

    font: str = DEFAULT_FONT
    social: tuple[tuple[str, str], ...] = ()


PLAIN = Brand()


@dataclass(slots=True)
class Showing:
    """What elements know of the message they stand in: its language and brand; whether it may show the products of the cart (`feed`),
    or any products (`dynamic`); and how many of each kind of feed it shows already."""

    feed: bool = True
    dynamic: bool = True
    shown: Counter[str] = field(default_factory=Counter)
    language: str = "en"
    brand: Brand = PLAIN

    def begin(self, given: Attributes) -> None:
        """The attributes of the document itself: `<mjml lang="es">` says which language our own words are in."""
        self.language = language_of(given.get("lang", ""))

    def part(self, name: str, extension: str, given: Attributes) -> str:
        """What an element stands for, as MJML or text with Liquid. Call in the order of the document; mistakes are left out."""
        return ELEMENTS[name].part(self, extension, given)


@dataclass(frozen=True, slots=True)
class Element:
    """`mistakes` says what is wrong with the attributes, a sentence each."""

    part: Callable[[Showing, str, Attributes], str]
    mistakes: Callable[[Attributes], Iterator[str]]


def _plain(
    name: str, options: Callable[[Showing, str], Mapping[str, str]] = lambda _showing, _extension: {}
) -> Element:
    """An element without attributes; `options` is what is put into its part."""

    def mistakes(given: Attributes) -> Iterator[str]:
        for attribute in given:
            yield f"<aiq-{name}> takes no “{attribute}”: leave it out."

    def part(showing: Showing, extension: str, _given: Attributes) -> str:
        return filled(f"{name}.{extension}", options(showing, extension), showing.language)

    return Element(part, mistakes)


def _header(_showing: Showing, extension: str, given: Attributes) -> str:
    return filled(f"header.{extension}", {"align": given.get("align", "left")})


def _header_mistakes(given: Attributes) -> Iterator[str]:
    if given.keys() - {"align"} or given.get("align", "left") not in ("left", "center"):
        yield '<aiq-header> takes one attribute: align="left" or align="center".'


def _feed(showing: Showing, extension: str, given: Attributes) -> str:
    feed = feeding.read(given)
    allowed = showing.feed if feed.of_cart else showing.dynamic
    if not allowed:
        return ""
    before = 0 if feed.of_cart else showing.shown[feed.kind]
    showing.shown[feed.kind] = max(showing.shown[feed.kind], before + feed.count)
    return feeding.part(feed, extension, before, showing.language)


def _social(showing: Showing, extension: str) -> Mapping[str, str]:
    """The merchant's pages elsewhere; without any, nothing is shown."""
    pages = showing.brand.social
    if extension == "txt":
        return {"pages": "\n".join(f"{name}: {address}" for name, address in pages)}
    style = "color:inherit;text-decoration:underline;"
    links = [f'<a href="{escape(address)}" style="{style}">{escape(name)}</a>' for name, address in pages]
    return {"pages": " &nbsp;·&nbsp; ".join(links)}


_INCENTIVE = {"text": 200, "label": 40}


def _incentive(showing: Showing, extension: str, given: Attributes) -> str:
    """The box with the discount's code, shown only where there is one."""
    label = given.get("label", "").strip() or "Use the code"
    return filled(f"incentive.{extension}", {"text": given.get("text", "").strip(), "label": label}, showing.language)


def _incentive_mistakes(given: Attributes) -> Iterator[str]:
    for name in given.keys() - _INCENTIVE.keys():
        yield f"<aiq-incentive> takes no “{name}”: it takes “text” and “label”."
    for name, most in _INCENTIVE.items():
        if len(given.get(name, "")) > most:
            yield f"“{name}” has at most {most} characters."


ELEMENTS: Mapping[str, Element] = {
    "aiq-styles": _plain("styles", lambda showing, _extension: {"font": showing.brand.font}),
    "aiq-header": Element(_header, _header_mistakes),
    "aiq-feed": Element(_feed, feeding.mistakes),
    "aiq-incentive": Element(_incentive, _incentive_mistakes),
    "aiq-social": _plain("social", _social),
    "aiq-footer": _plain("footer"),
}
