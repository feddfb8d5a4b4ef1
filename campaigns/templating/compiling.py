"""Compiling a template at save: MJML and Liquid as people write them become strings of Liquid ready to render.

What fails is refused here, with its line and a reason, so that sending has nothing left to find out but missing data.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from liquid.exceptions import LiquidError
from mjml import mjml2html

from campaigns.feeds.kinds import ABANDONED, MAX_COUNT, kinds
from campaigns.templating.cutting import TOKEN, Cut, TemplateProblems, cut
from campaigns.templating.elements import PLAIN, Brand, Showing
from campaigns.templating.finishing import add_pixel, add_preheader, lost_blocks, mark_links, shorten_lines
from campaigns.templating.liquid import parse
from campaigns.templating.literals import markup_in_literals
from campaigns.templating.macros import Problem, analyze, line_at
from campaigns.templating.plaintext import plain_text
from campaigns.templating.structure import Walk, readable_entities, require_well_formed

__all__ = ["Compiled", "Problem", "Source", "TemplateProblems", "compile_source"]

MAX_BYTES = {"subject": 1_000, "preheader": 1_000, "body": 200_000, "text": 100_000}
_SHOWN_AS_HTML = ("preheader", "body")
_UNSUBSCRIBE_LINE = "\n\nUnsubscribe: {{ unsubscribe_url }}\n"
UNPRINTABLE = frozenset(chr(code) for code in range(32)) - {"\n", "\r", "\t"} | {"\x7f"}


@dataclass(frozen=True, slots=True)
class Source:
    """A mail as written. `body` is MJML with Liquid; an empty `text` is made from it.

    `feed` False: no products of the cart; `dynamic` False: no product feed of any kind. `extras`: what only its channel has.
    `brand`: the merchant's look.
    """

    subject: str
    preheader: str
    body: str
    text: str = ""
    feed: bool = True
    dynamic: bool = True
    extras: Mapping[str, str] = field(default_factory=dict)
    brand: Brand = PLAIN

    def __post_init__(self) -> None:
        # Browsers send textareas with CR LF, on which MRML gives up.
        for name in ("body", "text"):
            object.__setattr__(self, name, getattr(self, name).replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True, slots=True)
class Compiled:
    """Strings of Liquid to store. `names` are the dotted macros used; `uses_feed`: products of the cart are shown somewhere;
    `feeds`: how many products of each kind of feed are shown."""

    subject: str
    preheader: str
    html: str
    text: str
    names: tuple[str, ...]
    uses_feed: bool
    feeds: Mapping[str, int] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)


def compile_source(source: Source) -> Compiled:
    """Compile, or raise `TemplateProblems` with every problem that could be found at once."""
    _refuse(list(_size_problems(source)))
    fields = {name: cut(getattr(source, name), name=name) for name in MAX_BYTES}
    analyses = [analyze(getattr(source, name), field=name) for name in MAX_BYTES]
    body = fields["body"]
    body.text = readable_entities(body.text)
    require_well_formed(body)
    walk = Walk(body, _showing(source))
    walked = walk.run()
    problems = [*(problem for analysis in analyses for problem in analysis.problems), *walk.problems]
    problems += (
        problem for name in _SHOWN_AS_HTML for problem in markup_in_literals(getattr(source, name), field=name)
    )
    _refuse(problems)
    html = _html(walked, source.preheader, body)
    by_hand = {name for analysis in analyses for name in analysis.names}
    names = by_hand | {name for part in walk.used for name in analyze(part, field="body").names}
    uses_feed = source.feed and any(name.startswith("items") for name in names)
    feeds = dict.fromkeys(_kinds(by_hand, source), MAX_COUNT) | walk.showing.shown
    text = _text(source, body)
    return Compiled(
        source.subject.strip(), source.preheader.strip(), html, text, tuple(sorted(names)), uses_feed, feeds
    )


def _showing(source: Source) -> Showing:
    return Showing(feed=source.feed and source.dynamic, dynamic=source.dynamic, brand=source.brand)


def _kinds(names: Iterable[str], source: Source) -> Iterator[str]:
    """The kinds of feed that names written by hand show, as far as the message may show them."""
    for one in kinds():
        root = "items" if one.slug == ABANDONED else f"feeds.{one.slug}"
        if (
            any(f"{name}.".startswith(f"{root}.") for name in names)
            and source.dynamic
            and (source.feed or not one.of_cart)
        ):
            yield one.slug


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise TemplateProblems(problems)


def _size_problems(source: Source) -> Iterator[Problem]:
    for name, most in MAX_BYTES.items():
        value = getattr(source, name)
        if len(value.encode(errors="surrogatepass")) > most:
            yield Problem(1, "too_long", f"This is longer than {most // 1000} KB.", name)
        bad = next((at for at, character in enumerate(value) if character in UNPRINTABLE or _lone(character)), None)
        if bad is not None:
            yield Problem(line_at(value, bad), "unprintable", "There is an unprintable character on this line.", name)
        if reserved := TOKEN.search(value):
            message = f"“{reserved[0]}” is reserved: write something else."
            yield Problem(line_at(value, reserved.start()), "reserved", message, name)
    if not source.subject.strip():
        yield Problem(1, "no_subject", "A subject is required.", "subject")
    for name in ("subject", "preheader"):
        if "\n" in getattr(source, name).strip() or "\r" in getattr(source, name).strip():
            yield Problem(1, "line_break", f"The {name} must be one line.", name)


def _lone(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _html(walked: str, preheader: str, body: Cut) -> str:
    try:
        html = mjml2html(walked, fonts={})
    except ValueError as error:
        raise TemplateProblems([Problem(1, "mjml", f"MJML cannot be built: {error}.")]) from error
    _refuse(lost_blocks(html, walked, body))
    html, problems = mark_links(html, body)
    shown = {body.pieces[int(match[1])] for match in TOKEN.finditer(html)}
    if not any("unsubscribe_url" in piece for piece in shown):
        message = "The link to unsubscribe is missing: add {{ unsubscribe_url }} or the footer."
        problems.append(Problem(1, "no_unsubscribe", message))
    _refuse(problems)
    html = body.restore(shorten_lines(add_pixel(add_preheader(html, preheader, body), body)))
    return _parsable(html)


def _parsable(html: str) -> str:
    """The proof that what is stored can be parsed at send."""
    try:
        parse(html, html=True)
    except LiquidError as error:
        message = f"Liquid and MJML do not fit together here: {error.message}."
        raise TemplateProblems([Problem(1, "liquid_lost", message)]) from error
    return html


def _text(source: Source, body: Cut) -> str:
    text = source.text.strip() + "\n" if source.text.strip() else plain_text(body, _showing(source))
    return text if "unsubscribe_url" in text else text.rstrip() + _UNSUBSCRIBE_LINE
