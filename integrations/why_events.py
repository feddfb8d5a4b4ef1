"""The events of stores as moments of a story: which belong to it, what each said, and what became of it."""

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Merchant
from campaigns import why
from campaigns.models import Shopper
from campaigns.story import finding
from campaigns.story.finding import MOST, Subject
from campaigns.story.telling import Moment
from integrations.models import Connection, EventKey, EventState, InboundEvent
from integrations.reasons import in_words

MOST_EVENTS = 100
_TOPICS = {"cart": "a cart", "orders": "an order"}
_DOMAINS = {
    "carts": "a cart",
    "checkouts": "a checkout",
    "orders": "an order",
    "customers": "a customer",
    "refunds": "a refund",
}


def find(asked: str, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    """Everything that carries this name: what the core knows, and events by their id or code."""
    return [*finding.find(asked, merchants), *_events(asked.strip(), merchants)]


def story(subject: Subject, now: datetime) -> why.Story:
    """The whole story, with what stores sent."""
    return why.story(subject, now, list(moments(subject)))


def moments(subject: Subject) -> Iterator[Moment]:
    """What came in about this subject, the newest hundred, in one query."""
    rows = InboundEvent.objects.filter(_of(subject), key__connection__merchant=subject.merchant)
    for event in rows.select_related("key__connection").order_by("-received_at")[:MOST_EVENTS]:
        yield _told(event.key)


def _of(subject: Subject) -> Q:
    """All on the event's own row, each alternative by an index; an order's events are looked for among its shopper's."""
    shopper = subject.shopper
    chosen = Q(pk__in=subject.event_ids) | Q(cart_id__in=subject.cart_ids)
    if subject.order_ids:
        chosen |= Q(order_id__in=subject.order_ids) & (Q(shopper_id=shopper.pk) if shopper else Q())
    if subject.whole_shopper and shopper:
        chosen |= Q(shopper_id=shopper.pk)
    return chosen


def _told(key: EventKey) -> Moment:
    wrong = key.state in {EventState.QUARANTINED, EventState.IGNORED}
    because = key.event.note or in_words(key.reason)
    return Moment(
        at=key.received_at,
        kind="event",
        title=f"{key.connection.name} sent {what(key)}",
        detail=f"Event {key.event_id}",
        note=because if wrong else key.event.note,
        chip=_CHIPS[EventState(key.state)] if key.state != EventState.PROCESSED else "",
        chip_label=key.get_state_display(),
        code=key.code,
        rank=-1,
    )


_CHIPS = {
    EventState.RECEIVED: "pending",
    EventState.PROCESSED: "sent",
    EventState.IGNORED: "archived",
    EventState.QUARANTINED: "failed",
}


def what(key: EventKey) -> str:
    """ "a cart: started checkout", "an order: placed", "a checkout (checkouts/update)"."""
    topic = key.event.topic
    if topic in _TOPICS:
        return f"{_TOPICS[topic]}{_status(key.event.body, topic)}"
    domain = topic.partition("/")[0]
    return f"{_DOMAINS[domain]} ({topic})" if domain in _DOMAINS else f"“{topic}”"


def _status(body: str, topic: str) -> str:
    said = ""
    with suppress(ValueError, TypeError, AttributeError):
        said = str(json.loads(body).get("status") or "")
    said = said or {"cart": "abandoned", "orders": "placed"}[topic]
    return f": {said.replace('_', ' ')[:40]}"


def _events(term: str, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    if not term or "\x00" in term or len(term) > 160:
        return []
    code = finding.as_code(term)
    named = Q(event_id=term) | Q(code=code) if code else Q(event_id=term)
    rows = EventKey.objects.filter(named, connection__in=Connection.objects.filter(merchant__in=merchants))
    found = list(rows.select_related("event", "connection__merchant").order_by("-pk")[:MOST])
    shoppers = Shopper.objects.in_bulk([key.event.shopper_id for key in found if key.event.shopper_id])
    return [_subject(key, shoppers.get(key.event.shopper_id or 0)) for key in found]


def _subject(key: EventKey, shopper: Shopper | None) -> Subject:
    event = key.event
    return Subject(
        "event",
        key.code,
        key.connection.merchant,
        f"Event {key.event_id}",
        f"{what(key)} · {key.connection.name}",
        shopper,
        _ids(event.cart_id),
        _ids(event.order_id),
        frozenset({key.pk}),
    )


def _ids(pk: int | None) -> frozenset[int]:
    return frozenset({pk} if pk else ())
