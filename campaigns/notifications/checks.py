"""The check list of a notification: what browsers cut, and what strangers may read on a locked screen. Pure.

Where it is cut depends on the system. Android shows about 50 characters of a title and two lines of text before it is
pulled open, macOS and Windows less of the text; a button has room for two short words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.channels.push_payload import MAX_BYTES, Notification, encoded
from campaigns.editing.checks import ERROR, OK, WARNING, Check

TITLE, TEXT, BUTTON = 50, 120, 20
_PRODUCTS = ("items", "feeds")


@dataclass(frozen=True, slots=True)
class PushFacts:
    """A notification as one shopper gets it, and the names of its macros."""

    notification: Notification
    names: Sequence[str]
    regulated: bool = False


@dataclass(frozen=True, slots=True)
class Meter:
    """How many characters a part has, of those that are surely seen."""

    field: str
    label: str
    used: int
    room: int

    @property
    def level(self) -> str:
        return WARNING if self.used > self.room else OK


def meters(notification: Notification, button: str) -> list[Meter]:
    return [
        Meter("subject", "title", len(notification.title), TITLE),
        Meter("body", "text", len(notification.body), TEXT),
        Meter("button", "button", len(button), BUTTON),
    ]


def push_checks(facts: PushFacts, button: str) -> list[Check]:
    """Errors first."""
    found = [*_size(facts.notification), *_lengths(facts.notification, button), *_products(facts), *_leads(facts)]
    return sorted(found, key=lambda check: (ERROR, WARNING, OK).index(check.level))


def _size(notification: Notification) -> Iterator[Check]:
    try:
        encoded(notification)
    except ValueError:
        why = f"Browsers take {MAX_BYTES:,} bytes in all."
        yield Check("size", ERROR, "Its links are too long.", why, "Choose a shorter link.", "link")
    else:
        yield Check("size", OK, "Size")


def _lengths(notification: Notification, button: str) -> Iterator[Check]:
    for meter in meters(notification, button):
        if meter.level == WARNING:
            why = f"Phones show about {meter.room} characters; it has {meter.used}."
            yield Check("length", WARNING, f"The {meter.label} will be cut.", why, "Make it shorter.", meter.field)
        else:
            yield Check("length", OK, meter.label.capitalize())


def _products(facts: PushFacts) -> Iterator[Check]:
    if facts.regulated and any(name.split(".")[0] in _PRODUCTS for name in facts.names):
        why = "Whoever sees the locked screen reads it, and these are regulated goods."
        yield Check("products", ERROR, "It shows products.", why, "Take picture and names of products out.", "picture")


def _leads(facts: PushFacts) -> Iterator[Check]:
    if facts.notification.url:
        yield Check("link", OK, "Link")
    else:
        why = "Neither the cart nor the store has an address."
        yield Check("link", WARNING, "It leads nowhere.", why, "Give the store its address.", "link")
