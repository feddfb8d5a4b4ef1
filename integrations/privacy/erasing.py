"""Takes a person out: no row of theirs holds an address, a name or a phone number any more (GDPR art. 17).

What has to stay stays without them: orders and their money, what was decided and sent, and the keyed hash of an address to which nothing may
go. An opt-out would be forgotten with the consent that held it, and the next list of the store would revive it: it is kept as such a hash, for
legal reasons. All in one transaction; a worker that meets the person meanwhile waits for it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from aiq.lib import bulk
from campaigns.channels.base import CHANNELS
from campaigns.consent import stopping, suppressions
from campaigns.decide import Check
from campaigns.models import Consent, Shopper, SoftBounce, SuppressionReason
from campaigns.models.shoppers import CART_TOPIC
from integrations.privacy import naming
from integrations.privacy.held import Held, held
from integrations.privacy.spellings import ERASED, unnamed, whole_words

BATCH = 500
Change = Callable[[Any, int], Any]


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was touched, for whoever asked: counts, and nobody's name."""

    carts: int
    orders: int
    messages: int
    events: int
    kept_opt_outs: int


@transaction.atomic
def erase(shopper: Shopper, now: datetime) -> Erased:
    """Erase one shopper for good. What waited to be sent to them is skipped."""
    mine = held(Shopper.objects.select_for_update().select_related("merchant").get(pk=shopper.pk))
    counted = mine.carts.count(), mine.orders.count(), mine.messages.count()
    found = dict(mine.events.values_list("pk", "key__event_id"))
    rough = mine.named[shopper.pk].rough
    renamed = {pk: event_id for pk, event_id in found.items() if rough and re.search(rough, event_id, re.I)}
    return Erased(*counted, events=naming.empty(found, renamed), kept_opt_outs=_take_out(mine, now))


@transaction.atomic
def erase_all(shoppers: Sequence[Shopper], now: datetime) -> None:
    """Erase many of one merchant, in as many statements as for one. Events that only name them were emptied before (`naming.forget`)."""
    rows = Shopper.objects.select_for_update().filter(pk__in=[one.pk for one in shoppers]).order_by("pk")
    if locked := list(rows.select_related("merchant")):
        mine = held(*locked)
        naming.empty(list(mine.pointing.values_list("pk", flat=True)), {})
        _take_out(mine, now)


def _take_out(mine: Held, now: datetime) -> int:
    """How many opt-outs were kept."""
    kept = _opt_outs(mine)
    stopping.skip_waiting(mine.named, [one.slug for one in CHANNELS], Check("identity", False, "erased"), now)
    _messages(mine)
    _carts(mine)
    _keys(mine)
    mine.log.update(object_repr="Erased shopper", change_message="")
    Shopper.objects.filter(pk__in=mine.named).delete()
    return kept


def _opt_outs(mine: Held) -> int:
    """Explicit opt-outs from cart reminders, as hashes of the addresses they were for."""
    refused = Consent.objects.filter(
        shopper__in=mine.named, topic=CART_TOPIC, closed_at__isnull=True, status="unsubscribed"
    )
    said = set(refused.values_list("shopper_id", "channel"))
    addresses = [(one.pk, "email", one.email) for one in mine.shoppers] + [
        (one.pk, "sms", one.phone) for one in mine.shoppers
    ]
    kept = [address for pk, channel, address in addresses if address and (pk, channel) in said]
    suppressions.suppress_all(mine.merchant, kept, SuppressionReason.LEGAL)
    return len(kept)


def _messages(mine: Held) -> None:
    """What they were made of, where they led, and what a check or a mail server wrote down of the people."""
    mine.tracking.exclude(url="").update(url="")
    mine.messages.delete()
    SoftBounce.objects.filter(delivery__in=mine.deliveries).delete()
    personal = {one.pk: _pattern(mine, one) for one in mine.shoppers}
    owners = "delivery__shopper_id", "episode__cart__shopper_id"
    _rewrite(mine, mine.decisions, "checks", owners, lambda checks, pk: _clean(checks, personal[pk]))


def _clean(checks: Sequence[dict[str, Any]], personal: re.Pattern[str]) -> list[dict[str, Any]]:
    """What the checks saw, without the person."""
    return [check | {"saw": personal.sub(ERASED, str(check.get("saw", "")))} for check in checks]


def _pattern(mine: Held, shopper: Shopper) -> re.Pattern[str]:
    """Their addresses and names, where a mail server or a check wrote them."""
    names = whole_words((shopper.first_name, shopper.last_name))
    return re.compile("|".join(filter(None, (mine.named[shopper.pk].exact.pattern, names))), re.I)


def _carts(mine: Held) -> None:
    """The way back to a cart may name its owner, and so may what a store wrote into its lines."""
    mine.carts.exclude(url="").update(url="")
    mine.activities.exclude(url="").update(url="")
    for rows, owners in (
        (mine.carts, ("shopper_id",)),
        (mine.activities, ("shopper_id", "cart__shopper_id")),
        (mine.orders, ("shopper_id",)),
    ):
        _rewrite(mine, rows, "lines", owners, lambda lines, pk: _without(lines, mine.named[pk].exact))


def _without(value: Any, named: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, named) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, named) for inner in value]
    return named.sub(ERASED, value) if isinstance(value, str) else value


def _keys(mine: Held) -> None:
    """Stores may use an address as the id of a cart, an order or an event: it is replaced by its hash, which stays as unique."""

    def key(said: Any, pk: int) -> Any:
        rough = mine.named[pk].rough
        return unnamed(said) if rough and re.search(rough, said, re.I) else said

    places: Sequence[tuple[QuerySet[Any], str, tuple[str, ...]]] = (
        (mine.carts, "key", ("shopper_id",)),
        (mine.activities, "event_id", ("shopper_id", "cart__shopper_id")),
        (mine.orders, "key", ("shopper_id",)),
        (mine.deliveries, "provider_id", ("shopper_id", "episode__cart__shopper_id")),
        (mine.tracking, "provider_event_id", ("delivery__shopper_id", "delivery__episode__cart__shopper_id")),
    )
    for rows, column, owners in places:
        _rewrite(mine, rows, column, owners, key)
    for column in ("cart_keys", "discount_codes"):
        _rewrite(mine, mine.orders, column, ("shopper_id",), lambda said, pk: [key(one, pk) for one in said])


def _rewrite(mine: Held, rows: "QuerySet[Any]", column: str, owners: Sequence[str], change: Change) -> None:
    """Change a column in one reading and one writing. `owners`: the ways from a row to the people whose it is."""
    changed = []
    for pk, said, *whose in rows.values_list("pk", column, *owners).iterator(BATCH):
        new = said
        for owner in mine.named.keys() & set(whose):
            new = change(new, owner)
        if new != said:
            changed.append({"id": pk, column: new})
    bulk.update(rows.model, changed, [column])
