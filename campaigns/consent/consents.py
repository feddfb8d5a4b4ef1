"""What people allowed: a history of spans per shopper, channel and topic, and who may open a new one.

A fact of a store grants consent only where it was never refused; an opt-out is reopened only by the shopper
(preference page, START, double opt-in). Rules: product decisions, "Consent"; GDPR art. 7(3); CAN-SPAM 16 CFR 316.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from campaigns import scheduling
from campaigns.consent import stopping
from campaigns.decide import Check
from campaigns.facts import ConsentFact, ConsentStatus
from campaigns.models import Consent, OptInRequest, Shopper
from campaigns.models.shoppers import CART_TOPIC

OPTED_OUT = "the shopper opted out; only the shopper can opt in again"
Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Stated:
    """A store's statement about one shopper."""

    shopper: Shopper
    fact: ConsentFact
    at: datetime

    @property
    def place(self) -> Place:
        return self.shopper.pk, self.fact.channel, self.fact.topic


@dataclass(frozen=True, slots=True)
class Choice:
    """What a shopper says about one channel and topic. `wording`: what they were shown when they said it."""

    channel: str
    subscribed: bool
    topic: str = CART_TOPIC
    wording: str = ""
    double_opt_in: bool = False

    @property
    def status(self) -> str:
        return ConsentStatus.SUBSCRIBED if self.subscribed else ConsentStatus.UNSUBSCRIBED


def record(stated: Sequence[Stated]) -> list[str]:
    """Apply statements in the order of their time; for each an empty text, or why it changed nothing."""
    order = sorted(range(len(stated)), key=lambda i: stated[i].at)
    open_rows, came_back = known({one.shopper.pk for one in stated})
    answers = [""] * len(stated)
    made: list[Consent] = []
    closed: list[Consent] = []
    for index in order:
        one = stated[index]
        current = open_rows.get(one.place)
        answers[index] = _refusal(current, one, came_back=one.place in came_back)
        if answers[index] or (current and current.status == one.fact.status):
            continue
        if current:
            current.closed_at = max(one.at, current.at)
            closed += [current] if current.pk else []
        open_rows[one.place] = _opened(one)
        made.append(open_rows[one.place])
    Consent.objects.bulk_update(closed, ["closed_at"])
    Consent.objects.bulk_create(made)
    return answers


def known(shopper_ids: set[int]) -> tuple[dict[Place, Consent], set[Place]]:
    """What holds now per shopper, channel and topic; and who came back after an opt-out, which only they themselves can."""
    rows = list(Consent.objects.filter(shopper_id__in=shopper_ids))
    refused = {_place(row) for row in rows if row.closed_at and row.status == ConsentStatus.UNSUBSCRIBED}
    return {_place(row): row for row in rows if not row.closed_at}, refused


def _place(row: Consent) -> Place:
    return row.shopper_id, row.channel, row.topic


def _refusal(current: Consent | None, one: Stated, *, came_back: bool) -> str:
    """Whatever the order of arrival: a store's opt-out outweighs its own grant, even a later one that came first."""
    if current is None or current.status == one.fact.status:
        return ""
    if current.status == ConsentStatus.UNSUBSCRIBED:
        return "older than what is known" if one.at < current.at else OPTED_OUT
    return "older than what is known" if one.at < current.at and came_back else ""


def _opened(one: Stated) -> Consent:
    return Consent(
        shopper=one.shopper,
        channel=one.fact.channel,
        topic=one.fact.topic,
        status=one.fact.status,
        double_opt_in=one.fact.double_opt_in,
        source=one.fact.source[:120],
        wording=one.fact.wording,
        at=one.at,
    )


def inherit(refusals: Sequence[Stated]) -> None:
    """The no of an address holds for the shopper it came to, over whatever they said of another one."""
    open_rows, _ = known({one.shopper.pk for one in refusals})
    new = [one for one in refusals if getattr(open_rows.get(one.place), "status", "") != one.fact.status]
    ended = [open_rows[one.place].pk for one in new if one.place in open_rows]
    Consent.objects.filter(pk__in=ended).update(closed_at=Now())
    Consent.objects.bulk_create([_opened(one) for one in new])


def unconfirm(places: Collection[tuple[int, str]]) -> None:
    """A confirmation is for the address that gave it (47 CFR 64.1200(f)(9) speaks of the number): where these shoppers' addresses
    on these channels were replaced, it ends, and so does a question still open; nothing is known until it is said or confirmed anew."""
    rows = Consent.objects.filter(closed_at__isnull=True, status=ConsentStatus.SUBSCRIBED, double_opt_in=True)
    for channel in {channel for _, channel in places}:
        moved = [shopper for shopper, which in places if which == channel]
        rows.filter(channel=channel, shopper_id__in=moved).update(closed_at=Now())
        OptInRequest.objects.filter(channel=channel, shopper_id__in=moved, confirmed_at__isnull=True).delete()


def opt_out(shopper_id: int, channel: str, *, source: str, now: datetime) -> bool:
    """The shopper's own opt-out from cart reminders, committed before anybody answers; what waits on that channel is
    skipped with it. False: they had opted out already."""
    return choose(shopper_id, [Choice(channel, subscribed=False)], source=source, now=now)


def opt_in(shopper_id: int, channel: str, *, source: str, now: datetime) -> bool:
    """The shopper's own opt-in: the one way back after an opt-out."""
    return choose(shopper_id, [Choice(channel, subscribed=True)], source=source, now=now)


@transaction.atomic
def choose(shopper_id: int, choices: Iterable[Choice], *, source: str, now: datetime) -> bool:
    """Write what the shopper says now, over whatever was known. False: it was so already, and nothing was written."""
    Shopper.objects.select_for_update(no_key=True).get(pk=shopper_id)
    open_rows, _ = known({shopper_id})
    changed = [one for one in choices if _differs(open_rows.get((shopper_id, one.channel, one.topic)), one)]
    ended = [row.pk for one in changed if (row := open_rows.get((shopper_id, one.channel, one.topic)))]
    Consent.objects.filter(pk__in=ended).update(closed_at=now)
    Consent.objects.bulk_create([_chosen(shopper_id, one, source, now) for one in changed])
    _follow(shopper_id, [one for one in changed if one.topic == CART_TOPIC], now)
    return bool(changed)


def _differs(current: Consent | None, choice: Choice) -> bool:
    """A double opt-in says more than a single one."""
    return current is None or current.status != choice.status or (choice.double_opt_in and not current.double_opt_in)


def _chosen(shopper_id: int, one: Choice, source: str, now: datetime) -> Consent:
    return Consent(
        shopper_id=shopper_id,
        channel=one.channel,
        topic=one.topic,
        status=one.status,
        double_opt_in=one.double_opt_in,
        source=source,
        wording=one.wording,
        at=now,
    )


def _follow(shopper_id: int, changed: Sequence[Choice], now: datetime) -> None:
    """What waits on a channel that closed is skipped; what had waited for a consent that opened is looked at again."""
    if closed := [one.channel for one in changed if not one.subscribed]:
        failed = Check("consent", False, f"opted out {now:%Y-%m-%d %H:%M} UTC")
        stopping.skip_waiting([shopper_id], closed, failed, now)
    if len(closed) < len(changed):
        scheduling.wake({shopper_id})
