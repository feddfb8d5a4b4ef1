"""`<aiq-feed kind="best_sellers" count="4" layout="grid" …/>`: its attributes, checked at save, and the part it stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from html import escape

from campaigns.feeds.kinds import ABANDONED, MAX_COUNT, kind, kinds
from campaigns.templating.cutting import TemplateProblems, cut
from campaigns.templating.parts import filled

LAYOUTS = ("list", "grid", "hero")
ANSWERS = ("yes", "no")
SWITCHES = ("picture", "price", "was-price")
_WORDS = ("button", "title")
ATTRIBUTES = ("kind", "count", "layout", *SWITCHES, *_WORDS)
MAX_WORDS = 80


@dataclass(frozen=True, slots=True)
class FeedElement:
    """A feed as a message shows it. `button` and `title` are words, perhaps with Liquid, ready for markup; empty: none."""

    kind: str
    count: int
    layout: str
    picture: bool
    price: bool
    was_price: bool
    button: str
    title: str
    of_cart: bool


def mistakes(given: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the attributes, a sentence each."""
    for name in given:
        if name not in ATTRIBUTES:
            yield f"<aiq-feed> takes no “{name}”.{_suggestion(name, ATTRIBUTES)}"
    if "kind" in given and kind(given["kind"]) is None:
        slugs = [one.slug for one in kinds()]
        yield f"There is no kind of feed “{given['kind']}”.{_suggestion(given['kind'], slugs)}"
    if "count" in given and not _is_count(given["count"]):
        yield f"“count” is a number from 1 to {MAX_COUNT}."
    if given.get("layout", "list") not in LAYOUTS:
        yield f"There is no layout “{given['layout']}”: take list, grid or hero."
    for name in SWITCHES:
        if given.get(name, "yes") not in ANSWERS:
            yield f"“{name}” is yes or no."
    for name in _WORDS:
        if len(given.get(name, "")) > MAX_WORDS:
            yield f"“{name}” has at most {MAX_WORDS} characters."


def read(given: Mapping[str, str]) -> FeedElement:
    """The feed that attributes ask for; what is mistaken counts as not given. A hero shows one product."""
    found = kind(given.get("kind", ABANDONED)) or kind(ABANDONED)
    assert found is not None
    layout = given["layout"] if given.get("layout") in LAYOUTS else LAYOUTS[0]
    count = int(given["count"]) if _is_count(given.get("count", "")) else found.count
    return FeedElement(
        kind=found.slug,
        count=1 if layout == "hero" else count,
        layout=layout,
        picture=given.get("picture") != "no",
        price=given.get("price") != "no",
        was_price=given.get("price") != "no" and given.get("was-price") != "no",
        button=given.get("button", "").strip(),
        title=given.get("title", "").strip(),
        of_cart=found.of_cart,
    )


# Where words and pictures of a product stand: sizes are laid out at save, so they are constants of the layout.
_PLACES: Mapping[str, dict[str, str]] = {
    "beside": {"align": "left", "size": "18px", "line": "24px", "left": "20px", "right": "24px", "inner": "10px 20px"},
    "alone": {"align": "left", "size": "18px", "line": "24px", "left": "32px", "right": "32px", "inner": "10px 20px"},
    "left": {"align": "left", "size": "16px", "line": "22px", "left": "32px", "right": "10px", "inner": "10px 12px"},
    "right": {"align": "left", "size": "16px", "line": "22px", "left": "10px", "right": "32px", "inner": "10px 12px"},
    "wide": {"align": "center", "size": "26px", "line": "32px", "left": "32px", "right": "32px", "inner": "12px 28px"},
}
_PICTURES: Mapping[str, dict[str, str]] = {
    "beside": {"left": "32px", "right": "0", "above": "0", "below": "0", "width": "220px"},
    "left": {"left": "32px", "right": "10px", "above": "0", "below": "12px", "width": "258px"},
    "right": {"left": "10px", "right": "32px", "above": "0", "below": "12px", "width": "258px"},
    "wide": {"left": "32px", "right": "32px", "above": "0", "below": "20px", "width": "536px"},
}


def part(feed: FeedElement, extension: str, before: int, language: str = "en") -> str:
    """The element as MJML or text with Liquid. `before`: how many products of its kind stand above; they are passed over."""
    chosen = _options(feed, before)
    if extension != "mjml":
        return filled(f"feed.{extension}", chosen, language)
    pieces = {f"words_{place}": filled("feed-words.mjml", chosen | sizes, language) for place, sizes in _PLACES.items()}
    for place, sizes in _PICTURES.items():
        pieces[f"picture_{place}"] = filled("feed-picture.mjml", chosen | sizes) if feed.picture else ""
    align = {"align": "center" if feed.layout == "hero" else "left"}
    around = {
        name: filled(f"feed-{file}.mjml", chosen | align, language)
        for name, file in (("heading", "title"), ("more", "more"))
    }
    return filled(f"feed-{feed.layout}.mjml", chosen | pieces | around)


def _options(feed: FeedElement, before: int) -> dict[str, str]:
    return {
        "list": "items" if feed.kind == ABANDONED else f"feeds.{feed.kind}",
        "count": str(feed.count),
        "before": str(before),
        "picture": "yes" if feed.picture else "",
        "price": "yes" if feed.price else "",
        "was_price": "yes" if feed.was_price else "",
        "button": feed.button,
        "title": feed.title,
        "cart": "yes" if feed.kind == ABANDONED else "",
    }


def written(chosen: Mapping[str, str]) -> str:
    """The element as it stands in a source: everything but Liquid escaped."""
    attributes = "".join(f'{name}="{_escaped(value)}" ' for name, value in chosen.items())
    return f"<aiq-feed {attributes}/>"


def _escaped(value: str) -> str:
    try:
        taken = cut(value)
    except TemplateProblems:
        return escape(value)
    return taken.restore(escape(taken.text))


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 3 and 1 <= int(value) <= MAX_COUNT


def _suggestion(name: str, known: object) -> str:
    close = get_close_matches(name, list(known), 1, 0.5)  # type: ignore[call-overload]
    return f" Did you mean “{close[0]}”?" if close else ""
