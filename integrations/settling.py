"""A claimed batch, settled: facts recorded in the core and the catalogue, each event's state and kept form written.

One transaction, a number of statements that does not grow with the batch (it grows with the merchants in it, for products).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from django.db import connection

from campaigns import intake
from campaigns.facts import CartFact, ContactFact, OrderFact
from campaigns.intake import Arrival, Recorded
from integrations import triggers
from integrations.privacy import obeying
from integrations.translating import MAX_NOTE, Translated, translate
from integrations.waiting import Waiting
from products import catalog
from products.facts import ProductFact, StockFact

_Told: TypeAlias = tuple[int, Any]
_Record: TypeAlias = Callable[..., Sequence[catalog.Outcome]]
_STATES = """
UPDATE integrations_eventkey key SET state = told.state, reason = told.reason
FROM jsonb_to_recordset(%s::jsonb) AS told(id bigint, state text, reason text) WHERE key.id = told.id
"""
_EVENTS = """
UPDATE integrations_inboundevent event SET body = coalesce(told.body, event.body), note = told.note,
    shopper_id = told.shopper_id, cart_id = told.cart_id, order_id = told.order_id
FROM jsonb_to_recordset(%s::jsonb) AS told(id bigint, body text, note text, shopper_id bigint, cart_id bigint,
    order_id bigint)
WHERE event.key_id = told.id
"""


def settle(events: Sequence[Waiting]) -> None:
    """Translate, record, and say of each event what became of it. Call it in the transaction of the claim."""
    if not events:
        return
    translated = [translate(event) for event in events]
    recorded = intake.record(_arrivals(translated), events[0].now)
    notes = _record_products(translated, events[0].now)
    triggers.learn(translated)
    write([replace(one, note=notes.get(one.event.key_id) or one.note) for one in translated], recorded)
    obeying.obey(translated)


def _arrivals(translated: Sequence[Translated]) -> list[Arrival]:
    arrivals = []
    for one in translated:
        if facts := tuple(fact for fact in one.facts if isinstance(fact, (CartFact, OrderFact, ContactFact))):
            event = one.event
            arrivals.append(Arrival(event.origin, event.key_id, event.event_id, event.received_at, facts))
    return arrivals


def _record_products(translated: Sequence[Translated], now: datetime) -> dict[int, str]:
    """What the catalogue could not take, by event: stock of a product that it does not know, for example."""
    notes: dict[int, dict[str, None]] = defaultdict(dict)
    writers: Sequence[tuple[type, _Record]] = (
        (ProductFact, catalog.record_products),
        (StockFact, catalog.record_stock),
    )
    for kind, record in writers:
        for (merchant, store), told in _by_shop(translated, kind):
            outcomes = record(merchant, [fact for _, fact in told], default_store_id=store, now=now)
            for (event, _), outcome in zip(told, outcomes, strict=True):
                notes[event] |= {error.detail: None for error in outcome.errors if outcome is not catalog.REPEATED}
    return {event: " ".join(details)[:MAX_NOTE] for event, details in notes.items()}


def _by_shop(translated: Sequence[Translated], kind: type) -> list[tuple[tuple[int, int | None], list[_Told]]]:
    """Facts of that kind with their events, by merchant and store, in an order that all workers keep."""
    told: dict[tuple[int, int | None], list[_Told]] = defaultdict(list)
    for one in translated:
        for fact in one.facts:
            if isinstance(fact, kind):
                told[one.event.merchant_id, one.event.default_store_id].append((one.event.key_id, fact))
    return sorted(told.items(), key=lambda item: (item[0][0], item[0][1] or 0))


def write(translated: Sequence[Translated], recorded: dict[int, Recorded]) -> None:
    """State and reason of each event; its body replaced by what may be kept; where its facts ended up."""
    nowhere = Recorded()
    states = [{"id": one.event.key_id, "state": one.state.value, "reason": one.reason} for one in translated]
    events = []
    for one in translated:
        to = recorded.get(one.event.key_id, nowhere)
        row = {"id": one.event.key_id, "body": one.body, "note": one.note or to.note}
        events.append(row | {"shopper_id": to.shopper_id, "cart_id": to.cart_id, "order_id": to.order_id})
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [msgspec.json.encode(states).decode()])
        cursor.execute(_EVENTS, [msgspec.json.encode(events).decode()])
