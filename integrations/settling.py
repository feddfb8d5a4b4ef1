"""A claimed batch, settled: facts recorded in the core and the catalogue, each event's state and kept form written.

One transaction, a number of statements that does not grow with the batch (it grows with the merchants in it, for products).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from campaigns import intake
from campaigns.facts import CartFact, ContactFact, OrderFact
from campaigns.intake import Arrival, Recorded
from integrations import triggers
from integrations.translating import Translated, translate
from integrations.waiting import Waiting
from products import catalog
from products.facts import ProductFact, StockFact

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
    _record_products(translated, events[0].now)
    triggers.learn(translated)
    write(translated, recorded)


def _arrivals(translated: Sequence[Translated]) -> list[Arrival]:
    arrivals = []
    for one in translated:
        if facts := tuple(fact for fact in one.facts if isinstance(fact, (CartFact, OrderFact, ContactFact))):
            event = one.event
            arrivals.append(Arrival(event.origin, event.key_id, event.event_id, event.received_at, facts))
    return arrivals


def _record_products(translated: Sequence[Translated], now: datetime) -> None:
    products: dict[tuple[int, int | None], list[ProductFact]] = defaultdict(list)
    stock: dict[tuple[int, int | None], list[StockFact]] = defaultdict(list)
    for one in translated:
        whose = (one.event.merchant_id, one.event.default_store_id)
        products[whose] += [fact for fact in one.facts if isinstance(fact, ProductFact)]
        stock[whose] += [fact for fact in one.facts if isinstance(fact, StockFact)]
    for merchant, store in sorted(products, key=lambda whose: (whose[0], whose[1] or 0)):
        if told := products[merchant, store]:
            catalog.record_products(merchant, told, default_store_id=store, now=now)
        if levels := stock[merchant, store]:
            catalog.record_stock(merchant, levels, default_store_id=store, now=now)


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
