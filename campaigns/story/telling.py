"""How each thing that happened is told in a story: the verdict on a message, what became of it, orders and consents. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.text import get_text_list

from aiq.lib.money import money
from campaigns import reasons
from campaigns.models import (
    Consent,
    Decision,
    Delivery,
    DeliveryStatus,
    OptInRequest,
    Order,
    Topic,
    TrackingEvent,
    TrackingKind,
)
from campaigns.story.sentences import Ear, because, lower_first, order_name

D, T = DeliveryStatus, TrackingKind


@dataclass(frozen=True, slots=True)
class Check:
    """One check as people see it. `saw` is as stored; `shown` has the merchant's times."""

    code: str
    label: str
    passed: bool
    saw: str
    shown: str
    would_change: str | None


@dataclass(frozen=True, slots=True)
class Meeting:
    """What one campaign decided about one abandonment. `status` is the delivery's, empty where there is none."""

    campaign: str
    campaign_code: UUID
    outcome: str
    label: str
    said: str
    at: datetime
    reason: str
    checks: tuple[Check, ...]
    channel: str = ""
    step: int = 1
    rank: int | None = None
    variant: str = ""
    status: str = ""
    delivery_code: UUID | None = None

    @property
    def chip(self) -> str:
        return self.status or self.outcome

    @property
    def changes(self) -> tuple[str, ...]:
        """What would change the answer, said once each."""
        return tuple(dict.fromkeys(check.would_change for check in self.checks if check.would_change))

    @property
    def held(self) -> int:
        return sum(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a time line. `rank` orders what happened at the same time."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    note: str = ""
    chip: str = ""
    chip_label: str = ""
    code: UUID | None = None
    meetings: tuple[Meeting, ...] = ()
    delivery_code: UUID | None = None
    rank: int = 0
    faint: bool = False


def told(opening: str, reason: str, checks: Sequence[Check], ear: Ear) -> str:
    """ "Not sent: Avery bought on Tuesday at 14:02 (order 1043)"."""
    if not reason:
        return opening
    code = reasons.REASONS[reason].code if reason in reasons.REASONS else reason
    saw = next((check.saw for check in reversed(checks) if check.code == code and not check.passed), "")
    return f"{opening}: {because(reason, saw, ear)}"


def headline(
    delivery: Delivery,
    newest: Decision | None,
    checks: Sequence[Check],
    tracking: Sequence[TrackingEvent],
    ear: Ear,
) -> str:
    """How it stands with one message."""
    status = D(delivery.status)
    if status in {D.SENT, D.DELIVERED}:
        return _sent(delivery, tracking, ear) + _without_discount(checks)
    if status == D.BOUNCED:
        return f"Sent {_when_sent(delivery, ear)}, and the address refused it"
    if status == D.SKIPPED:
        return told("Not sent", delivery.reason, checks, ear)
    if status == D.FAILED:
        return told("Not sent", delivery.reason, checks, ear)
    if status == D.UNKNOWN:
        broke = "Nobody can say whether it left: the connection broke while it was handed over"
        return told(f"{broke}. Not tried again", delivery.reason, checks, ear) if delivery.reason else broke
    if status in {D.CLAIMED, D.SENDING}:
        return "Being sent at this moment"
    return _pending(delivery, newest, checks, ear)


def _pending(delivery: Delivery, newest: Decision | None, checks: Sequence[Check], ear: Ear) -> str:
    if newest and newest.outcome == "deferred" and newest.reason:
        return f"{told('Waits', newest.reason, checks, ear)}. It goes out if that changes before its time runs out"
    if delivery.attempts:
        return f"Put off by the mail server; tried again {ear.when(delivery.send_at)}"
    if delivery.send_at <= ear.now:
        return "Due now"
    return f"Goes out {ear.when(delivery.send_at)}, unless {ear.who if ear.who != 'The shopper' else 'the shopper'} buys first"


def _when_sent(delivery: Delivery, ear: Ear) -> str:
    return ear.when(delivery.sent_at) if delivery.sent_at else "at an unknown time"


def _sent(delivery: Delivery, tracking: Sequence[TrackingEvent], ear: Ear) -> str:
    seen = {event.kind for event in tracking if not event.machine}
    words = [word for kind, word in _SINCE.items() if kind in seen]
    return f"Sent {_when_sent(delivery, ear)}" + (f", {get_text_list(words, 'and')}" if words else "")


def _without_discount(checks: Sequence[Check]) -> str:
    """ "; sent without the discount: the day's budget is used up". A guard that failed stopped the discount, not the message."""
    failed = next((check.code for check in checks if check.code.startswith("discount_") and not check.passed), "")
    return f"; {lower_first(reasons.blocked(failed))}" if failed else ""


def won(order: Order | None, ear: Ear) -> str:
    """What follows "Sent …" where the purchase is credited to that message."""
    if order is None:
        return ""
    amount = money(order.total, order.currency)
    return f", and {ear.who} bought{f' for {amount}' if amount else ''}"


_SINCE = {
    T.OPENED: "opened",
    T.CLICKED: "clicked",
    T.COMPLAINED: "marked as spam",
    T.UNSUBSCRIBED: "used to unsubscribe",
}


def tracked_told(event: TrackingEvent, delivery: Delivery, ear: Ear) -> Moment:
    """One report or click. What a machine did is shown, faintly, and counts for nothing."""
    title = _MACHINE.get(event.kind, "") if event.machine else ""
    return Moment(
        at=event.at,
        kind=event.kind,
        title=title or _TRACKED.get(event.kind, "{who}: " + event.kind).format(who=ear.who),
        detail=event.url,
        note="A scanner or a mail program did this, so it does not count." if event.machine else "",
        delivery_code=delivery.code,
        rank=2,
        faint=event.machine,
    )


_TRACKED: dict[str, str] = {
    T.DELIVERED: "The mail provider says it was delivered",
    T.BOUNCED: "The address refused the mail",
    T.DEFERRED: "The mail provider put it off and tries again",
    T.REJECTED: "The mail provider did not take it",
    T.OPENED: "{who} opened the mail",
    T.CLICKED: "{who} clicked in the mail",
    T.COMPLAINED: "{who} marked the mail as spam",
    T.UNSUBSCRIBED: "{who} unsubscribed from cart reminders",
}
_MACHINE: dict[str, str] = {
    T.OPENED: "A machine fetched the pictures of the mail",
    T.CLICKED: "A machine followed a link in the mail",
}


def order_told(order: Order, *, recovered: bool, ear: Ear) -> Moment:
    """A purchase, with the reminder it is credited to."""
    amount = money(order.total, order.currency)
    undone = f"{order.status} since" if order.status in {"cancelled", "refunded"} else ""
    credit = f"Credited to the reminder “{order.delivery.campaign.name}”" if order.delivery else ""
    return Moment(
        at=order.placed_at,
        kind="order",
        title=f"{ear.who} bought{f' for {amount}' if amount else ''} ({order_name(order.key)})",
        detail=" · ".join(part for part in (credit, undone) if part),
        chip="live" if recovered else "",
        chip_label="Recovered" if recovered else "",
        delivery_code=order.delivery.code if order.delivery else None,
        rank=3,
    )


def consent_told(consent: Consent, ear: Ear) -> Moment:
    """A span of the consent history as it began: what was said, by which way, and in which words it was asked."""
    subscribed = consent.status == "subscribed"
    verb = "subscribed to" if subscribed else "opted out of"
    said = [
        f"Source: {consent.source}" if consent.source else "",
        "confirmed by double opt-in" if consent.double_opt_in else "",
    ]
    return Moment(
        at=consent.at,
        kind="consent" if subscribed else "stop",
        title=f"{ear.who} {verb} {_topic(consent.topic)} by {consent.channel}",
        detail=" · ".join(filter(None, said)),
        note=f"Asked in these words: “{consent.wording}”" if consent.wording else "",
    )


def request_told(request: OptInRequest, ear: Ear) -> Moment:
    """A confirmation that was asked for. Once it is given, the consent is told by itself."""
    confirmed = f"Confirmed {ear.when(request.confirmed_at)}" if request.confirmed_at else ""
    open_until = "Not confirmed, and no longer good" if request.expires_at <= ear.now else "Not confirmed yet"
    return Moment(
        at=request.asked_at,
        kind="asked",
        title=f"{ear.who} was asked to confirm {_topic(request.topic)} by {request.channel}",
        detail=" · ".join(
            filter(None, [confirmed or open_until, f"Source: {request.source}" if request.source else ""])
        ),
    )


def _topic(topic: str) -> str:
    return Topic(topic).label.lower() if topic in Topic.values else topic
