"""What the ledger holds, as a colleague would say it: reasons, what checks saw, and times in the merchant's zone. Pure.

`saw` is text written by `campaigns.decide`; the shapes read here are its own, and whatever else it says is shown as it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from campaigns import reasons

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_ORDER = re.compile(rf"order (?P<order>.+), (?P<at>{_STAMP.pattern})$", re.S)
_ON = re.compile(r"\b(since|before|until) on ")
_WEEK = 6


@dataclass(frozen=True, slots=True)
class Ear:
    """For whom a sentence is made: whose story it is, what time it is, in which zone, and by which channel it went."""

    who: str
    now: datetime
    zone: tzinfo
    channel: str = ""

    def when(self, at: datetime) -> str:
        """A moment as it is said: "today at 14:02", "on Tuesday at 14:02", "on 3 March at 09:00"."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        clock, days = f"{local:%H:%M}", (local.date() - today).days
        if days in _NEAR:
            return f"{_NEAR[days]} at {clock}"
        if abs(days) <= _WEEK:
            return f"on {local:%A} at {clock}"
        year = f" {local.year}" if local.year != today.year else ""
        return f"on {local.day} {local:%B}{year} at {clock}"

    def localised(self, saw: str) -> str:
        """What a check saw, with its times as they are said here."""
        told = saw.replace("asked on ", "asked ")
        return _ON.sub(r"\1 ", _STAMP.sub(lambda found: self.when(_read(found[1])), told))

    def by_channel(self, text: str) -> str:
        """What is said of "this channel", with its name where it is known."""
        return text.replace("on this channel", f"by {self.channel}") if self.channel else text


_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def because(code: str, saw: str, ear: Ear) -> str:
    """The clause after "Not sent:", from a check or reason code and what the check saw."""
    check = reasons.REASONS[code].code if code in reasons.REASONS else code
    said = _CLAUSES[check](saw, ear) if check in _CLAUSES and saw else ""
    return ear.by_channel(lower_first(said or _plain(code, ear.localised(saw))))


def _plain(code: str, saw: str) -> str:
    clause = reasons.blocked(code)
    return f"{clause} ({saw})" if saw else clause


def _bought(saw: str, ear: Ear) -> str:
    if found := _ORDER.match(saw):
        return f"{ear.who} bought {ear.when(_read(found[3]))} ({order_name(found['order'])})"
    return _named(saw, ear)


def _named(saw: str, ear: Ear) -> str:
    """What closed the episode: "came back 2026-11-24 14:02 UTC" and the like."""
    subject = "the cart was" if saw.startswith(("emptied", "completed")) else ear.who
    return f"{subject} {ear.localised(saw)}"


def _before_live(saw: str, ear: Ear) -> str:
    times = [ear.when(_read(found)) for found in _STAMP.findall(saw)]
    if not times:
        return ""
    began = f"the campaign went live {times[1]}" if len(times) > 1 else "the campaign has never been live"
    return f"the cart was left {times[0]}, and {began}"


def _consent(saw: str, ear: Ear) -> str:
    if saw == "never asked":
        return f"{ear.who} has not subscribed to cart reminders on this channel"
    if saw.startswith("asked on"):
        return f"{ear.who} was {ear.localised(saw).replace(', not', ' to confirm it, and has not')}".replace(" yet", "")
    if saw.startswith("opted out"):
        return f"{ear.who} {ear.localised(saw)}"
    return ""


def _elsewhere(saw: str, ear: Ear) -> str:
    return f"{ear.who} bought it elsewhere, and {ear.localised(saw)}"


def _pause(saw: str, ear: Ear) -> str:
    return f"{ear.who} asked for a pause {ear.localised(saw)}"


def _interest(saw: str, ear: Ear) -> str:
    return f"{ear.who} said of every product in the cart that it is of no interest"


def _too_late(saw: str, ear: Ear) -> str:
    return f"it was too late: it had {ear.localised(saw)}"


def _store(saw: str, ear: Ear) -> str:
    return "" if saw == "no store named" else f"the campaign is not for {saw}"


def _plan(saw: str, ear: Ear) -> str:
    return f"the plan {saw} does not include all of this campaign"


def _status(saw: str, ear: Ear) -> str:
    return f"the campaign was {saw}"


def _data(saw: str, ear: Ear) -> str:
    return f"the message needs something about {lower_first(ear.who)} that nobody told us: {saw}"


def _stock(saw: str, ear: Ear) -> str:
    return f"nothing in the cart can be bought any more ({ear.localised(saw).replace(chr(10), '; ')})"


def _lines(saw: str, ear: Ear) -> str:
    return f"the campaign holds back what has sold out ({saw.removeprefix('sold out: ')})"


def _price(saw: str, ear: Ear) -> str:
    return f"the campaign holds back what costs more now ({saw})"


def _server(saw: str, ear: Ear) -> str:
    return f"the mail server said “{saw}”"


def _support(saw: str, ear: Ear) -> str:
    return lower_first(saw)


def _no_code(saw: str, ear: Ear) -> str:
    return "the discount has no code left"


_CLAUSES: Mapping[str, Callable[[str, Ear], str]] = {
    "not_bought": _bought,
    "not_emptied": _named,
    "current_episode": _named,
    "abandoned_after_live": _before_live,
    "consent": _consent,
    "not_elsewhere": _elsewhere,
    "not_snoozed": _pause,
    "interest": _interest,
    "not_expired": _too_late,
    "store": _store,
    "trigger": _plan,
    "campaign_live": _status,
    "stock": _stock,
    "lines": _lines,
    "price": _price,
    "discount_code": _no_code,
    "data": _data,
    "accepted": _server,
    "support": _support,
}


def order_name(key: str) -> str:
    """ "order 1043", and "order-98" as it is."""
    return key if key.lower().startswith("order") else f"order {key}"


def lower_first(text: str) -> str:
    """A sentence's start within another; names and words in capitals stay."""
    return text[:1].lower() + text[1:] if text.startswith(_STARTS) else text


_STARTS = ("Another ", "The ", "There ", "This ", "It ", "Nobody ", "Nothing ", "Marked ", "Sent ")


def _read(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
