"""The story of a shopper, cart, order or delivery: what happened, every campaign it met, each check and what it saw.

Pure assembly: rows are read in a number of queries that does not grow, then told. What a live campaign would say of an
abandonment it has not decided about is asked of the same function that decides (`campaigns.matching`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.models import Episode
from campaigns.story.allowed import allowed
from campaigns.story.finding import Subject
from campaigns.story.meetings import meetings
from campaigns.story.rows import Known, load
from campaigns.story.sentences import Ear
from campaigns.story.telling import Meeting, Moment, order_told, tracked_told
from campaigns.wording import channel_in_words


@dataclass(frozen=True, slots=True)
class Story:
    """A subject's time line, newest first, and how things stand in a sentence."""

    subject: Subject
    answer: str
    changes: tuple[str, ...]
    moments: tuple[Moment, ...]

    @property
    def latest(self) -> Moment | None:
        """The newest abandonment that met a campaign: what the answer is about."""
        return next((moment for moment in self.moments if moment.meetings), None)

    @property
    def meetings(self) -> list[Meeting]:
        return [meeting for moment in self.moments for meeting in moment.meetings]


def story(subject: Subject, now: datetime, before: Iterable[Moment] = ()) -> Story:
    """Tell it. `before` are moments that the caller knows of (the events of stores)."""
    known = load(subject)
    ear = ear_of(subject, now)
    moments = [*before, *_episodes(known, ear), *_sendings(known, ear), *_orders(known, ear), *_allowed(subject, ear)]
    newest = sorted(moments, key=lambda moment: (moment.at, moment.rank), reverse=True)
    answer, changes = _answer(subject, known, newest)
    return Story(subject, answer, changes, tuple(newest))


def ear_of(subject: Subject, now: datetime) -> Ear:
    """Sentences about this subject name its shopper, and its merchant's times."""
    who = subject.shopper.first_name if subject.shopper else ""
    return Ear(who or "The shopper", now, ZoneInfo(subject.merchant.timezone))


def _episodes(known: Known, ear: Ear) -> Iterator[Moment]:
    for episode in known.episodes:
        at = episode.abandoned_at or episode.last_activity_at
        yield Moment(
            at=at,
            kind="abandoned" if episode.abandoned_at else "open",
            title=_left(episode, ear),
            detail=_cart_says(episode),
            meetings=tuple(meetings(episode, known, ear)),
            note="" if known.met or known.entries[episode.pk] else _NO_CAMPAIGN,
        )
        if episode.closed_at and not episode.order_id:
            yield Moment(at=episode.closed_at, kind="closed", title=_closed(episode, ear), rank=1)


_NO_CAMPAIGN = "No campaign is live, so nothing can be sent. Set one live; carts left after that get its reminder."


def _left(episode: Episode, ear: Ear) -> str:
    where = f" at {episode.store.name}" if episode.store else ""
    again = f", for the {_ordinal(episode.number)} time" if episode.number > 1 else ""
    if episode.abandoned_at is None:
        return f"{ear.who} has a cart open{where}"
    if episode.abandoned_at > ear.now:
        return f"{ear.who} has a cart open{where}; it counts as left {ear.when(episode.abandoned_at)}"
    return f"{ear.who} left a cart{where}{again}"


def _ordinal(number: int) -> str:
    few = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in {11, 12, 13} else few.get(number % 10, 'th')}"


def _cart_says(episode: Episode) -> str:
    lines = episode.cart.lines
    if not lines:
        return "The store did not say what is in it."
    names = [line.get("name") or line.get("key") or "a product" for line in lines[:3]]
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(names) + more


def _closed(episode: Episode, ear: Ear) -> str:
    said = {
        "emptied": "The cart was emptied",
        "complete": "The store says the cart was completed",
        "superseded": f"{ear.who} came back to the cart",
        "elsewhere": f"{ear.who} said: bought elsewhere",
    }
    return said.get(episode.closed_by, episode.get_closed_by_display())


def _sendings(known: Known, ear: Ear) -> Iterator[Moment]:
    for deliveries in known.deliveries.values():
        for delivery in deliveries:
            if delivery.sent_at:
                title = f"The reminder “{delivery.campaign.name}” went out by {delivery.channel}"
                yield Moment(at=delivery.sent_at, kind="sent", title=title, delivery_code=delivery.code, rank=1)
            for event in known.tracking[delivery.pk]:
                yield tracked_told(event, delivery, ear)


def _orders(known: Known, ear: Ear) -> Iterator[Moment]:
    recovered = {episode.order_id for episode in known.episodes if episode.recovered_at}
    for order in known.orders:
        yield order_told(order, recovered=order.pk in recovered, ear=ear)


def _allowed(subject: Subject, ear: Ear) -> Iterator[Moment]:
    return allowed(subject.shopper, ear) if subject.shopper else iter(())


def _answer(subject: Subject, known: Known, newest: Sequence[Moment]) -> tuple[str, tuple[str, ...]]:
    """How it stands with the newest abandonment, and what would have changed it."""
    moment = next((one for one in newest if one.meetings), None)
    if moment is None:
        return _nothing_met(subject, known, newest), ()
    best = next((one for one in moment.meetings if one.delivery_code), moment.meetings[0])
    if subject.kind == "delivery":
        chosen = (one for each in newest for one in each.meetings if one.delivery_code == subject.code)
        best = next(chosen, best)
    if best.rank and subject.kind != "delivery":
        return _over_channels(moment, best), best.changes
    return f"{best.said}.", best.changes


def _over_channels(moment: Moment, best: Meeting) -> str:
    """A waterfall's step over its channels: "Text: not sent: …; so email: sent today at 14:02"."""
    tried = [one for one in moment.meetings if (one.campaign_code, one.step) == (best.campaign_code, best.step)]
    said = [f"{channel_in_words(one.channel).capitalize()}: {one.said[:1].lower()}{one.said[1:]}" for one in tried]
    return f"{'; so '.join([said[0], *(each[:1].lower() + each[1:] for each in said[1:])])}."


def _nothing_met(subject: Subject, known: Known, newest: Sequence[Moment]) -> str:
    if not newest:
        return "We know of this shopper, and nothing has happened yet: no cart, no order."
    if not known.episodes:
        return "No cart is known here, so there was nothing to remind of."
    if not known.met:
        return _NO_CAMPAIGN
    return "The cart is open. Campaigns look at it once it counts as left."
