"""The door for adapters: records facts in bulk, whatever their order and however often they come.

One call is part of the caller's transaction and takes a constant number of statements. Rows of the people and carts it
touches are locked in key order, so two workers that meet over one cart take turns and both see each other's facts.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import CartTrigger, Store
from aiq.lib import bulk
from campaigns import identity, matching, orders, refolding, scheduling
from campaigns.consent import consents, opt_ins
from campaigns.facts import CartFact, ContactFact, CustomerFact, LineFact, OrderFact, Origin
from campaigns.models import Cart, CartActivity, CartState, Shopper

Fact = CartFact | OrderFact | ContactFact


@dataclass(frozen=True, slots=True)
class Arrival:
    """One inbound event with its facts. `event_id` makes a repetition harmless: it is unique per cart."""

    origin: Origin
    event_key_id: int
    event_id: str
    received_at: datetime
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an event ended up, so that its row can point there."""

    cart_id: int | None = None
    shopper_id: int | None = None
    order_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ContactOutcome:
    status: str  # ok, error or ignored
    code: str = ""
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entry:
    """A fact on its way through: what is found out about it on the way."""

    arrival: Arrival
    fact: Fact
    shopper: Shopper | None = None
    store: Store | None = None
    cart: Cart | None = None
    order_id: int | None = None
    notes: tuple[str, ...] = ()


def record(arrivals: Sequence[Arrival], now: datetime) -> dict[int, Recorded]:
    """Record carts, orders and contacts, fold the carts they touch, match and schedule. Keyed by `event_key_id`.

    Raises `identity.Contended` where another worker made the same person just now: roll back and try again.
    """
    entries = [_Entry(arrival, fact) for arrival in arrivals for fact in arrival.facts]
    _place(entries)
    _identify(entries)
    _consents(entries, now)
    touched = _carts(entries) | _orders(entries)
    matching.enter(*refolding.refold(touched), now)
    scheduling.wake({entry.shopper.pk for entry in entries if entry.shopper})
    return _answers(entries)


def record_contacts(origin: Origin, facts: Sequence[ContactFact], now: datetime) -> list[ContactOutcome]:
    """The store's own list of people: corrects what is known of them. One outcome per fact, in order."""
    mentions = [identity.Mention(origin, fact.customer, authoritative=True) for fact in facts]
    found = identity.resolve(mentions)
    _describe([(shopper, fact) for (shopper, _), fact in zip(found, facts, strict=True) if shopper])
    refused = _contact_consents(found, facts, now)
    scheduling.wake({shopper.pk for shopper, _ in found if shopper})
    return [_contact_outcome(shopper, (*notes, *refused[index])) for index, (shopper, notes) in enumerate(found)]


def _contact_outcome(shopper: Shopper | None, notes: tuple[str, ...]) -> ContactOutcome:
    if shopper is None:
        return ContactOutcome("error", errors=notes or ("names nobody",))
    refused = any("opted out" in note for note in notes)
    return ContactOutcome("ignored" if refused else "ok", str(shopper.code), notes)


def _place(entries: Sequence[_Entry]) -> None:
    """Give each fact its store; a store nobody knew is made, and so shown to the merchant."""
    wanted = {(e.arrival.origin.merchant_id, slug) for e in entries if (slug := getattr(e.fact, "store", ""))}
    defaults = {e.arrival.origin.default_store_id for e in entries if not getattr(e.fact, "store", "")} - {None}
    known = _stores(wanted)
    if missing := sorted(wanted - known.keys()):
        made = [Store(merchant_id=merchant, slug=slug, name=slug[:120]) for merchant, slug in missing]
        Store.objects.bulk_create(made, ignore_conflicts=True)
        known |= _stores(set(missing))
    by_id = Store.objects.in_bulk(defaults) if defaults else {}
    for entry in entries:
        origin, slug = entry.arrival.origin, getattr(entry.fact, "store", "")
        entry.store = known[origin.merchant_id, slug] if slug else by_id.get(origin.default_store_id or 0)


def _stores(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], Store]:
    if not wanted:
        return {}
    rows = Store.objects.filter(merchant_id__in={m for m, _ in wanted}, slug__in={s for _, s in wanted})
    return {(row.merchant_id, row.slug): row for row in rows}


def _identify(entries: Sequence[_Entry]) -> None:
    in_time = sorted(entries, key=lambda e: (_told_at(e), e.arrival.event_id))
    mentions = [
        identity.Mention(e.arrival.origin, e.fact.customer, authoritative=isinstance(e.fact, ContactFact))
        for e in in_time
    ]
    for entry, (shopper, notes) in zip(in_time, identity.resolve(mentions), strict=True):
        entry.shopper = shopper
        entry.notes = (*entry.fact.notes, *notes)
    _describe([(e.shopper, e.fact) for e in in_time if e.shopper and isinstance(e.fact, ContactFact)])


def _told_at(entry: _Entry) -> datetime:
    return entry.arrival.received_at if isinstance(entry.fact, ContactFact) else entry.fact.occurred_at


def _describe(known: Iterable[tuple[Shopper, ContactFact]]) -> None:
    """What only the store's contact list tells."""
    fields = ("timezone", "birthdate", "favorite_store")
    shoppers = []
    for shopper, fact in known:
        for name in fields:
            setattr(shopper, name, getattr(fact, name) or getattr(shopper, name))
        shopper.attributes = shopper.attributes | dict(fact.attributes)
        shoppers.append(shopper)
    Shopper.objects.bulk_update(shoppers, [*fields, "attributes"])


def _consents(entries: Sequence[_Entry], now: datetime) -> None:
    opt_ins.record_or_ask(
        [
            consents.Stated(entry.shopper, fact, fact.at or _told_at(entry))
            for entry in entries
            if entry.shopper
            for fact in entry.fact.customer.consents
        ],
        now,
    )


def _contact_consents(
    found: Sequence[tuple[Shopper | None, list[str]]], facts: Sequence[ContactFact], now: datetime
) -> list[tuple[str, ...]]:
    stated = [
        (index, consents.Stated(shopper, fact, fact.at or now))
        for index, ((shopper, _), contact) in enumerate(zip(found, facts, strict=True))
        if shopper
        for fact in contact.customer.consents
    ]
    answers = opt_ins.record_or_ask([one for _, one in stated], now)
    refused: list[tuple[str, ...]] = [()] * len(facts)
    for (index, one), answer in zip(stated, answers, strict=True):
        if answer:
            refused[index] = (*refused[index], f"{one.fact.channel}: {answer}")
    return refused


def _carts(entries: Sequence[_Entry]) -> set[int]:
    told = [entry for entry in entries if isinstance(entry.fact, CartFact)]
    if not told:
        return set()
    keys = {id(entry): _cart_key(entry) for entry in told}
    known = _existing_carts({(e.arrival.origin.source, keys[id(e)]) for e in told})
    new = {(e.arrival.origin.source, keys[id(e)]): e for e in told}
    missing = sorted(new.keys() - known.keys(), key=str)
    if missing:
        bulk.insert(Cart, [_new_cart(new[pair], pair[1]) for pair in missing], CART_FIELDS, "ON CONFLICT DO NOTHING")
        known |= _existing_carts(set(missing))
    for entry in told:
        entry.cart = known[entry.arrival.origin.source, keys[id(entry)]]
    rows = sorted((_activity(entry) for entry in told), key=lambda row: (row["cart_id"], row["event_id"]))
    bulk.insert(CartActivity, rows, ACTIVITY_FIELDS, "ON CONFLICT DO NOTHING")
    return {cart.pk for entry in told if (cart := entry.cart)}


def _existing_carts(pairs: set[tuple[Any, str]]) -> dict[tuple[Any, str], Cart]:
    rows = Cart.objects.filter(source__in={s for s, _ in pairs}, key__any_of={k for _, k in pairs})
    return {(row.source, row.key): row for row in rows.only("source", "key")}


def _cart_key(entry: _Entry) -> str:
    """A provider that gives no cart ids has one synthetic cart per connection and shopper."""
    assert isinstance(entry.fact, CartFact)
    if entry.fact.cart_key:
        return entry.fact.cart_key
    whom = entry.shopper.code if entry.shopper else hashlib.sha256(repr(entry.fact.customer).encode()).hexdigest()[:32]
    return f"~{whom}"


_EMPTY_CART: dict[str, Any] = {
    "status": CartState.OPEN, "trigger": CartTrigger.SIMPLE, "lines": [], "url": "", "currency": "", "created_at": None,
}  # fmt: skip
ACTIVITY_FIELDS = [
    "cart_id", "occurred_at", "status", "event_id", "shopper_id", "lines", "url", "currency", "total",
    "quiet_period_minutes",
]  # fmt: skip
CART_FIELDS = ["code", "merchant_id", "source", "key", "store_id", "synthetic", *_EMPTY_CART]


def _new_cart(entry: _Entry, key: str) -> dict[str, Any]:
    """A cart without a fact: `refolding` writes what the facts say."""
    origin = entry.arrival.origin
    return _EMPTY_CART | {
        "code": uuid.uuid4(),
        "merchant_id": origin.merchant_id,
        "source": origin.source,
        "key": key,
        "store_id": entry.store.pk if entry.store else None,
        "synthetic": key.startswith("~"),
        "created_at": entry.arrival.received_at,
    }


def _activity(entry: _Entry) -> dict[str, Any]:
    fact, cart = entry.fact, entry.cart
    assert isinstance(fact, CartFact)
    assert cart
    return {
        "cart_id": cart.pk,
        "occurred_at": fact.occurred_at,
        "status": fact.status,
        "event_id": entry.arrival.event_id,
        "shopper_id": entry.shopper.pk if entry.shopper else None,
        "lines": None if fact.lines is None else [plain_line(line) for line in fact.lines],
        "url": fact.url[:2000],
        "currency": fact.currency,
        "total": dict(fact.totals).get("total"),
        "quiet_period_minutes": entry.arrival.origin.quiet_period_minutes,
    }


_LINE_FIELDS = tuple(LineFact.__dataclass_fields__)


def plain_line(line: LineFact) -> dict[str, Any]:
    """A line as JSON keeps it: money as text, never a float."""
    plain = {name: getattr(line, name) for name in _LINE_FIELDS}
    return plain | {"price": _money(line.price)}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _orders(entries: Sequence[_Entry]) -> set[int]:
    told = [entry for entry in entries if isinstance(entry.fact, OrderFact)]
    if not told:
        return set()
    placements = [
        orders.Placement(e.arrival.origin, e.fact, e.shopper, e.store) for e in told if isinstance(e.fact, OrderFact)
    ]
    ids = orders.record(placements, lines=lambda fact: [plain_line(line) for line in fact.lines])
    for entry, order_id in zip(told, ids, strict=True):
        entry.order_id = order_id
    return orders.carts_concerned(set(ids))


def _answers(entries: Sequence[_Entry]) -> dict[int, Recorded]:
    answers: dict[int, Recorded] = {}
    for entry in entries:
        before = answers.get(entry.arrival.event_key_id, Recorded())
        notes = [note for note in (before.note, *entry.notes) if note]
        answers[entry.arrival.event_key_id] = Recorded(
            cart_id=entry.cart.pk if entry.cart else before.cart_id,
            shopper_id=entry.shopper.pk if entry.shopper else before.shopper_id,
            order_id=entry.order_id or before.order_id,
            note="; ".join(dict.fromkeys(notes)),
        )
    return answers


__all__ = ["Arrival", "ContactOutcome", "CustomerFact", "Recorded", "plain_line", "record", "record_contacts"]
