"""The check list of a text: what stops it, what deserves a look, and what it costs. Pure.

Who sends and how to opt out must stand in it: CTIA Messaging Principles and Best Practices, 5.1 and 5.3; 47 CFR
64.1200(a)(10). A name as sender cannot be answered, so there the way out is a link.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aiq.lib.money import money
from campaigns.channels.segments import REFUSE_OVER, WARN_OVER, Measure, measure, why_short
from campaigns.editing.checks import ERROR, OK, WARNING, Check
from campaigns.texts.replies import tells_way_out

_PRODUCTS = ("items", "feeds")


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A text as one shopper gets it, and the names of its macros. `senders` are names by which the shopper knows who writes."""

    text: str
    names: Sequence[str]
    senders: Sequence[str]
    by_name: bool = False
    regulated: bool = False
    linked: bool = True


@dataclass(frozen=True, slots=True)
class Meter:
    """What is shown while typing. `cost` is in words, empty where no price is set."""

    measure: Measure
    cost: str

    @property
    def level(self) -> str:
        if self.measure.segments > REFUSE_OVER:
            return ERROR
        return WARNING if self.measure.segments > WARN_OVER else OK


def meter(text: str, price: Decimal | None, currency: str) -> Meter:
    """`price` is that of one segment."""
    found = measure(text)
    thousand = money(price * found.segments * 1000, currency) if price is not None and found.segments else ""
    return Meter(found, f"{thousand} per 1,000 sent" if thousand else "")


def text_checks(facts: TextFacts) -> list[Check]:
    """Errors first."""
    found = [*_length(facts), *_alphabet(facts), *_way_out(facts), *_products(facts), *_who(facts), *_link(facts)]
    return sorted(found, key=lambda check: (ERROR, WARNING, OK).index(check.level))


def _length(facts: TextFacts) -> Iterator[Check]:
    segments = measure(facts.text).segments
    if segments > REFUSE_OVER:
        text = f"It takes {segments} segments; {REFUSE_OVER} are the most."
        yield Check("segments", ERROR, text, "Carriers cut or drop texts as long as that.", "Make it shorter.", "body")
    elif segments > WARN_OVER:
        why = "Each segment is paid for."
        yield Check(
            "segments", WARNING, f"It takes {segments} segments.", why, "Shorter texts are read more, too.", "body"
        )
    else:
        yield Check("segments", OK, "Length")


def _alphabet(facts: TextFacts) -> Iterator[Check]:
    if why := why_short(measure(facts.text)):
        yield Check("alphabet", WARNING, why, "", "Write it another way to pay for fewer segments.", "body")
    else:
        yield Check("alphabet", OK, "Alphabet")


def _way_out(facts: TextFacts) -> Iterator[Check]:
    if facts.by_name and "unsubscribe_url" not in facts.names:
        why = "It is sent from a name, which nobody can answer."
        yield Check("opt_out", ERROR, "The link to opt out is missing.", why, "Add {{ unsubscribe_url }}.", "body")
    elif not facts.by_name and not tells_way_out(facts.text):
        why = "Carriers and the law ask for it."
        yield Check("opt_out", ERROR, "It does not say how to opt out.", why, "Add “Reply STOP to opt out”.", "body")
    else:
        yield Check("opt_out", OK, "Way to opt out")


def _products(facts: TextFacts) -> Iterator[Check]:
    if facts.regulated and any(name.split(".")[0] in _PRODUCTS for name in facts.names):
        why = "Carriers block texts that name regulated goods."
        yield Check("products", ERROR, "It names products.", why, "Take {{ items }} out.", "body")


def _who(facts: TextFacts) -> Iterator[Check]:
    said = facts.text.casefold()
    if any(name and name.casefold() in said for name in facts.senders):
        yield Check("who", OK, "Who writes")
    else:
        why = "Carriers ask for it, and nobody trusts a link from a stranger."
        yield Check("who", WARNING, "It does not say who writes.", why, "Begin with {{ store.name }}.", "body")


def _link(facts: TextFacts) -> Iterator[Check]:
    if not facts.linked:
        yield Check("link", WARNING, "There is no way back to the cart.", "", "Add {{ cart.url }}.", "body")
