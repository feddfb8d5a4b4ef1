"""Takes a person out: no row of theirs holds an address, a name or a phone number any more (GDPR art. 17).

What has to stay stays without them: orders and their money, what was decided and sent, and the keyed hash of an address to which nothing may
go. An opt-out would be forgotten with the consent that held it, and the next list of the store would revive it: it is kept as such a hash, for
legal reasons. All in one transaction; a worker that meets the person meanwhile waits for it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.channels.base import CHANNELS
from campaigns.consent import stopping, suppressions
from campaigns.decide import Check
from campaigns.models import Consent, Decision, Shopper, SoftBounce, SuppressionReason
from campaigns.models.shoppers import CART_TOPIC
from integrations.models import EventKey, EventState, InboundEvent
from integrations.privacy.held import Held, held, naming
from integrations.privacy.spellings import whole_words

ERASED = "erased"
BATCH = 500


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
    told = Erased(*counted, events=_events(mine), kept_opt_outs=_opt_outs(mine))
    stopping.skip_waiting(shopper.pk, [one.slug for one in CHANNELS], Check("identity", False, "erased"), now)
    _messages(mine)
    _carts(mine)
    _keys(mine)
    mine.log.update(object_repr="Erased shopper", change_message="")
    mine.shopper.delete()
    return told


def _events(mine: Held) -> int:
    """Their bodies go; what had not been read yet is not read any more. The rows stay, so that a repetition is known as one."""
    ids = list(mine.events.values_list("pk", flat=True))
    keys = EventKey.objects.filter(pk__in=ids)
    keys.filter(state=EventState.RECEIVED).update(state=EventState.IGNORED, reason="erased")
    named = keys.filter(naming(mine.named, "event_id"))
    for pk, event_id in named.values_list("pk", "event_id"):
        EventKey.objects.filter(pk=pk).update(event_id=_unnamed(event_id))
    return InboundEvent.objects.filter(pk__in=ids).update(body="", note="", shopper_id=None)


def _opt_outs(mine: Held) -> int:
    """Explicit opt-outs from cart reminders, as hashes of the addresses they were for."""
    refused = Consent.objects.filter(
        shopper=mine.shopper, topic=CART_TOPIC, closed_at__isnull=True, status="unsubscribed"
    )
    channels = set(refused.values_list("channel", flat=True))
    addresses = {"email": mine.shopper.email, "sms": mine.shopper.phone}
    kept = [address for channel, address in addresses.items() if address and channel in channels]
    return sum(suppressions.suppress(mine.merchant, address, SuppressionReason.LEGAL) for address in kept)


def _messages(mine: Held) -> None:
    """What they were made of, where they led, and what a check or a mail server wrote down of the person."""
    mine.tracking.exclude(url="").update(url="")
    mine.messages.delete()
    SoftBounce.objects.filter(delivery__in=mine.deliveries).delete()
    personal = _pattern(mine)
    found = [row for row in mine.decisions.only("checks").iterator(BATCH) if _clean(row, personal)]
    Decision.objects.bulk_update(found, ["checks"], BATCH)


def _clean(decision: Decision, personal: re.Pattern[str]) -> bool:
    """Take the person out of what the checks saw. False: nothing was there."""
    cleaned = [check | {"saw": personal.sub(ERASED, str(check.get("saw", "")))} for check in decision.checks]
    changed: bool = cleaned != decision.checks
    decision.checks = cleaned
    return changed


def _pattern(mine: Held) -> re.Pattern[str]:
    """Their addresses and names, where a mail server or a check wrote them."""
    names = whole_words((mine.shopper.first_name, mine.shopper.last_name))
    return re.compile("|".join(filter(None, (mine.named.exact.pattern, names))), re.I)


def _carts(mine: Held) -> None:
    """The way back to a cart may name its owner, and so may what a store wrote into its lines."""
    mine.carts.exclude(url="").update(url="")
    mine.activities.exclude(url="").update(url="")
    for rows in (mine.carts, mine.activities, mine.orders):
        _clean_lines(rows, mine)


def _clean_lines(rows: "QuerySet[Any]", mine: Held) -> None:
    for pk, lines in list(rows.filter(lines__isnull=False).values_list("pk", "lines")):
        cleaned = _without(lines, mine.named.exact)
        if cleaned != lines:
            rows.model.objects.filter(pk=pk).update(lines=cleaned)


def _without(value: Any, named: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, named) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, named) for inner in value]
    return named.sub(ERASED, value) if isinstance(value, str) else value


def _keys(mine: Held) -> None:
    """Stores may use an address as the id of a cart, an order or an event: it is replaced by its hash, which stays as unique."""
    places: Sequence[tuple[QuerySet[Any], str]] = (
        (mine.carts, "key"),
        (mine.activities, "event_id"),
        (mine.orders, "key"),
        (mine.deliveries, "provider_id"),
        (mine.tracking, "provider_event_id"),
    )
    for rows, column in places:
        for pk, key in list(rows.filter(naming(mine.named, column)).values_list("pk", column)):
            rows.model.objects.filter(pk=pk).update(**{column: _unnamed(key)})
    for order in mine.orders.only("cart_keys", "discount_codes"):
        _clean_arrays(order, mine.named.rough)


def _clean_arrays(order: Any, rough: str) -> None:
    changed = {
        field: [_unnamed(key) if rough and re.search(rough, key, re.I) else key for key in getattr(order, field)]
        for field in ("cart_keys", "discount_codes")
    }
    if any(changed[field] != getattr(order, field) for field in changed):
        type(order).objects.filter(pk=order.pk).update(**changed)


def _unnamed(key: str) -> str:
    return f"{ERASED}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
