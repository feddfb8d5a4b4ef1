"""The check list of a content: what stops it, what deserves a look, why, and how it is mended. Pure.

Errors stop a campaign from going live, warnings do not. Where the limits come from: docs/decisions/0017-content-checks.md.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiq.lib.colors import contrast
from campaigns.editing.page import Ink, Page, read_page
from campaigns.templating.compiling import Problem

ERROR, WARNING, OK = "error", "warning", "ok"
SUBJECT_SHOWN, SUBJECT_ON_PHONES = 60, 40
CUT_BYTES, NEARLY_CUT_BYTES = 102 * 1024, 90 * 1024
BIG_PICTURE, FEW_WORDS = 300, 300
CONTRAST, CONTRAST_LARGE = 4.5, 3.0
UNSUBSCRIBE = "#unsubscribe"
_LOOP = re.compile(r"\{%-?\s*for\s+\w+\s+in\s+items\b")
_FEED = re.compile(r"<aiq-feed\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_OTHER_KIND = re.compile(r"\bkind\s*=\s*[\"'](?!abandoned_items[\"'])")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. `why` and `fix` are sentences; `field`, `line` and `block` say where it is mended, if that is known."""

    code: str
    level: str
    text: str
    why: str = ""
    fix: str = ""
    field: str = ""
    line: int = 0
    block: str = ""


@dataclass(frozen=True, slots=True)
class Needed:
    """A value without which the message is not made: `lacking` of the last `known` shoppers (or carts: `of`) have none."""

    label: str
    lacking: int
    known: int
    of: str = "shoppers"
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """A content as written and as one shopper gets it. `html` has plain links; `sent_bytes` is its size with a delivery's own.

    `subject` is as it is shown, `preheader` as it is written. Without `html`, only what is known of the source is checked.
    `problems` are the compiler's; `hosts` are those that links may lead to; `without_discount` is what `discount_needed` finds.
    """

    subject: str
    preheader: str
    source: str
    html: str = ""
    text: str = ""
    sent_bytes: int = 0
    problems: tuple[Problem, ...] = ()
    needed: tuple[Needed, ...] = ()
    hosts: frozenset[str] = frozenset()
    without_discount: tuple[Check, ...] = ()

    def line_of(self, words: str) -> int:
        """The line of the source on which something stands as it is written there; 0: nowhere."""
        at = self.source.find(words) if words else -1
        return self.source.count("\n", 0, at) + 1 if at >= 0 else 0


def content_checks(facts: ContentFacts) -> list[Check]:
    """Every check, errors first. What passes is one line, with nothing but its text."""
    page = read_page(facts.html)
    found = [*_of_problems(facts), *facts.without_discount, *_twice(facts)]
    for code, fine, needs_html, rule in _RULES:
        if facts.html or not needs_html:
            found += list(rule(facts, page)) or [Check(code, OK, fine)]
    return sorted(found, key=lambda check: (ERROR, WARNING, OK).index(check.level))


def discount_needed(*, chosen: bool) -> Check:
    """What is said of a message that is not made where there is no discount, whatever its channel."""
    fix = "Give the value a default, or put it between {% if incentive.code %} and {% endif %}."
    if not chosen:
        why = "It shows a value of the discount and has no default."
        return Check(
            "discount_needed",
            ERROR,
            "Without a discount nobody would get this message.",
            why,
            f"Choose one. {fix}",
            "body",
        )
    why = "Codes may run out, and not every cart fits a discount. The message needs it and has no default."
    return Check("discount_needed", WARNING, "Who gets no discount would get no message.", why, fix, "body")


def _twice(facts: ContentFacts) -> Iterator[Check]:
    """The list that stands in a letter, and the block beside it."""
    by_hand = _LOOP.search(facts.source)
    block = next((tag for tag in _FEED.finditer(facts.source) if _OTHER_KIND.search(tag[0]) is None), None)
    if by_hand and block:
        line = facts.source.count("\n", 0, by_hand.start()) + 1
        text = "The products of the cart are shown twice."
        why = f"A list written by hand, on line {line}, shows what the Product Feed shows too."
        yield Check("twice", WARNING, text, why, "Take out one of the two.", "body", line)


def _of_problems(facts: ContentFacts) -> Iterator[Check]:
    for problem in facts.problems:
        if problem.code == "no_unsubscribe":
            yield _no_way_out()
        elif problem.code != "no_subject":
            why = (
                f"A message that {'cannot be made' if problem.code == 'render' else 'does not compile'} cannot be sent."
            )
            line = problem.line if problem.field == "body" else 0
            yield Check(problem.code, ERROR, problem.message, why, field=problem.field, line=line)


def _subject(facts: ContentFacts, _page: Page) -> Iterator[Check]:
    subject = facts.subject
    if not subject.strip():
        why = "It is what a shopper sees first."
        yield Check("subject", ERROR, "The subject is empty.", why, "Write a subject.", "subject")
        return
    if len(subject) > SUBJECT_SHOWN:
        text = f"The subject has {len(subject)} characters."
        why = f"Inboxes on a computer show about {SUBJECT_SHOWN} of them, on a phone about {SUBJECT_ON_PHONES}."
        yield Check("subject", WARNING, text, why, "Shorten it, or put first what matters.", "subject")
    if subject.isupper() and len(subject) > 10 and " " in subject:
        why = "Spam filters count that against a mail."
        yield Check("capitals", WARNING, "The subject is all capitals.", why, "Write it as a sentence.", "subject")


def _preheader(facts: ContentFacts, _page: Page) -> Iterator[Check]:
    if not facts.preheader.strip():
        why = (
            "Inboxes show it after the subject. Without it they show the mail's first words, often those of the header."
        )
        fix = "Add a short line that goes on where the subject ends."
        yield Check("preheader", WARNING, "The preview text is missing.", why, fix, "preheader")


def _personal(facts: ContentFacts, _page: Page) -> Iterator[Check]:
    for needed in facts.needed:
        if needed.lacking:
            verb = "has" if needed.lacking == 1 else "have"
            text = f"{needed.lacking:,} of the last {needed.known:,} {needed.of} {verb} no {needed.label.lower()}."
            why = "They would get nothing: the message needs it and has no default."
            yield Check("personal", WARNING, text, why, "Give the value a default, unless you mean to skip them.")


def _pictures(facts: ContentFacts, page: Page) -> Iterator[Check]:
    bare = [picture for picture in page.pictures if not (picture.alt or "").strip() and picture.width != 1]
    if bare:
        text = f"{len(bare)} picture{' has' if len(bare) == 1 else 's have'} no alternative text."
        why = "Many inboxes hide pictures at first, and screen readers read this text instead."
        line = facts.line_of(bare[0].src)
        yield Check("alt", WARNING, text, why, "Say in a few words what the picture shows.", "body", line)


def _size(facts: ContentFacts, _page: Page) -> Iterator[Check]:
    if facts.sent_bytes < NEARLY_CUT_BYTES:
        return
    text = f"The message has {facts.sent_bytes / 1024:.0f} KB."
    why = "Gmail cuts a mail off at 102 KB: the footer with the link to unsubscribe goes first."
    if facts.sent_bytes < CUT_BYTES:
        why = f"{why} A cart with more products can take it there."
    fix = "Show fewer products, or take out blocks or styles."
    yield Check("size", WARNING, text, why, fix, "body")


def _plain_text(facts: ContentFacts, _page: Page) -> Iterator[Check]:
    lines = [line for line in facts.text.splitlines() if line.strip() and UNSUBSCRIBE not in line]
    if not lines:
        why = "Who reads mail as plain text would see nothing, and spam filters count that against it."
        yield Check("text", WARNING, "The message has no words for its plain text part.", why, "Add a text.", "body")


def _unsubscribe(_facts: ContentFacts, page: Page) -> Iterator[Check]:
    if UNSUBSCRIBE not in page.links:
        yield _no_way_out()


def _no_way_out() -> Check:
    why = "The law asks for one in every mail, and inboxes block senders without."
    fix = "Add the footer, or a link to {{ unsubscribe_url }}."
    return Check("unsubscribe", ERROR, "The link to unsubscribe is missing.", why, fix, "body")


def _links(facts: ContentFacts, page: Page) -> Iterator[Check]:
    addresses = dict.fromkeys(link for link in page.links if link.lower().startswith(("http://", "https://")))
    plain = [link for link in addresses if link.lower().startswith("http://")]
    if plain:
        text = f"{_listed(plain)} {'is' if len(plain) == 1 else 'are'} not encrypted."
        fix = "Begin the address with https:// if the shop answers there."
        yield Check("https", WARNING, text, "Browsers warn of such pages.", fix, "body", facts.line_of(plain[0]))
    foreign = {host: link for link in addresses if not _ours(host := _host(link), facts.hosts)}
    if foreign:
        text = f"Links lead to {_listed(list(foreign))}, which {'is' if len(foreign) == 1 else 'are'} not yours."
        why = "Spam filters trust links to the sender's own domains, and shoppers know them."
        fix = "Correct the address, or name the domain among your link domains in Settings."
        yield Check("domains", WARNING, text, why, fix, "body", facts.line_of(next(iter(foreign.values()))))


def _contrast(facts: ContentFacts, page: Page) -> Iterator[Check]:
    faint: dict[tuple[str, str], Ink] = {}
    for ink in page.inks:
        needed = CONTRAST_LARGE if ink.large else CONTRAST
        if ink.background and contrast(ink.color, ink.background) < needed:
            faint.setdefault((ink.color, ink.background), ink)
    for (color, background), ink in list(faint.items())[:_NAMED]:
        ratio = contrast(color, background)
        text = f"“{_short(ink.words)}” is hard to read: {color} on {background}."
        why = f"The contrast is {ratio:.1f} to 1; it takes {CONTRAST_LARGE if ink.large else CONTRAST:g}."
        fix = "Choose a darker or a lighter colour."
        yield Check("contrast", WARNING, text, why, fix, "body", facts.line_of(ink.words))


def _layout(_facts: ContentFacts, page: Page) -> Iterator[Check]:
    big = [picture for picture in page.pictures if picture.width >= BIG_PICTURE]
    if big and len(page.words) < FEW_WORDS:
        text = f"Mostly pictures: {len(big)} big and only {len(page.words)} characters of text."
        why = "Spam filters count that against a mail, and with pictures off nothing is left."
        yield Check("layout", WARNING, text, why, "Say it in words as well.", "body")


Rule = Callable[[ContentFacts, Page], Iterator[Check]]
# Code, what is said where it passes, whether it needs the rendered message, and the rule.
_RULES: Sequence[tuple[str, str, bool, Rule]] = (
    ("subject", "Subject", False, _subject),
    ("preheader", "Preview text", False, _preheader),
    ("personal", "Personal values", False, _personal),
    ("unsubscribe", "Unsubscribe link", True, _unsubscribe),
    ("size", "Size", True, _size),
    ("text", "Plain text", True, _plain_text),
    ("alt", "Alternative texts", True, _pictures),
    ("links", "Links", True, _links),
    ("contrast", "Contrast", True, _contrast),
    ("layout", "Words and pictures", True, _layout),
)


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").lower()
    except ValueError:
        return link


def _ours(host: str, hosts: frozenset[str]) -> bool:
    """One of the hosts, or below one: `www.shop.example` below `shop.example`."""
    parts = host.split(".")
    return any(".".join(parts[at:]) in hosts for at in range(len(parts)))


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(words: str) -> str:
    return words if len(words) <= 40 else f"{words[:39].rstrip()}…"
