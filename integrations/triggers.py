"""What a store's own calls show of it: that it exists, and whether its carts come with products."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import Q

from accounts.models import CartTrigger, Store, Timer
from campaigns.facts import CartFact, OrderFact
from integrations.models import Connection
from integrations.translating import Translated, provider_of
from integrations.waiting import Waiting

_RANK = {CartTrigger.NONE: 0, CartTrigger.SIMPLE: 1, CartTrigger.DYNAMIC: 2}


class _Sight(NamedTuple):
    """A store as one event showed it; "" names the connection's own."""

    event: Waiting
    slug: str
    trigger: CartTrigger


def learn(translated: Sequence[Translated]) -> None:
    """Tie stores that events named to their connection, and raise a store's trigger to the best it has shown.

    Only of providers whose trigger is not known from the start. The stores' rows are there: intake made them.
    """
    sights = list(_sights(translated))
    if not sights:
        return
    stores = _stores(sights)
    _tie(sights, stores)
    for trigger in (CartTrigger.SIMPLE, CartTrigger.DYNAMIC):
        shown = {_store_id(sight, stores) for sight in sights if sight.trigger == trigger}
        lower = [name for name in _RANK if _RANK[name] < _RANK[trigger]]
        if due := {pk for pk in shown if pk in _below(stores, lower)}:
            Store.objects.filter(pk__in=due, cart_trigger__in=lower).update(cart_trigger=trigger)


def _sights(translated: Iterable[Translated]) -> Iterator[_Sight]:
    for one in translated:
        for fact in one.facts if provider_of(one.event).trigger == "none" else ():
            if isinstance(fact, CartFact):
                yield _Sight(one.event, fact.store, CartTrigger.SIMPLE if fact.lines is None else CartTrigger.DYNAMIC)
            elif isinstance(fact, OrderFact) and fact.store:
                yield _Sight(one.event, fact.store, CartTrigger.NONE)


def _stores(sights: Sequence[_Sight]) -> list[Store]:
    named = Q(merchant__in={s.event.merchant_id for s in sights}, slug__in={s.slug for s in sights if s.slug})
    return list(Store.objects.filter(named | Q(pk__in={s.event.default_store_id for s in sights} - {None})))


def _store_id(sight: _Sight, stores: Sequence[Store]) -> int | None:
    if not sight.slug:
        return sight.event.default_store_id
    mine = (s.pk for s in stores if (s.merchant_id, s.slug) == (sight.event.merchant_id, sight.slug))
    return next(mine, None)


def _below(stores: Sequence[Store], lower: Sequence[CartTrigger]) -> set[int]:
    return {store.pk for store in stores if store.cart_trigger in lower}


def _tie(sights: Sequence[_Sight], stores: Sequence[Store]) -> None:
    tie = Connection.stores.through
    wanted = {(s.event.connection_id, pk) for s in sights if s.slug and (pk := _store_id(s, stores))}
    tied = tie.objects.filter(connection__in={door for door, _ in wanted}).values_list("connection_id", "store_id")
    missing = sorted(wanted - set(tied)) if wanted else []
    if missing:
        tie.objects.bulk_create([tie(connection_id=door, store_id=pk) for door, pk in missing], ignore_conflicts=True)
        ours = {s.event.connection_id for s in sights if s.event.quiet_period_minutes}
        Store.objects.filter(pk__in={pk for door, pk in missing if door in ours}).update(timer=Timer.OURS)
