"""What becomes of what people said when an address leaves a shopper or comes to one.

A yes was given for the address that confirmed it, and ends with it. A no is its owner's: it stays with the address, as a keyed hash while
nobody has that address, and holds for whoever has it next, until they say yes themselves (docs/decisions/0033-a-no-stays-with-its-address.md).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns import recipients
from campaigns.consent import consents
from campaigns.consent.consents import Choice, Stated
from campaigns.consent.suppressions import digest
from campaigns.facts import ConsentFact, ConsentStatus, Topic
from campaigns.models import Consent, Delivery, RefusedAddress, Shopper

ADDRESSES = {"email": "email", "phone": "sms"}
SOURCE = "said before for this address"


@dataclass(frozen=True, slots=True)
class Move:
    """An address of a shopper that was replaced, taken away or is new. `left`, `came`: empty where there was or is none."""

    shopper: Shopper
    channel: str
    left: str
    came: str

    @property
    def place(self) -> tuple[int, str]:
        return self.shopper.pk, self.channel


def follow(moves: Collection[Move]) -> None:
    """In the transaction that writes the addresses, once they are written. As many statements for one as for many."""
    if left := [move for move in moves if move.left]:
        consents.unconfirm({move.place for move in left})
        _keep(left)
    if came := [move for move in moves if move.came]:
        _hand_on(came)


def _keep(left: Sequence[Move]) -> None:
    by_place = {move.place: move for move in left}
    refused = Consent.objects.filter(
        shopper_id__in={shopper for shopper, _ in by_place},
        closed_at__isnull=True,
        status=ConsentStatus.UNSUBSCRIBED,
    )
    pairs = [(by_place.get((row.shopper_id, row.channel)), row) for row in refused]
    _write(
        [_refused(move.shopper.merchant_id, move.channel, move.left, row.topic, row.at) for move, row in pairs if move]
    )


def _hand_on(came: Sequence[Move]) -> None:
    whose = {(move.shopper.merchant_id, move.channel, digest(move.came)): move.shopper for move in came}
    rows = RefusedAddress.objects.filter(
        merchant_id__in={merchant for merchant, _, _ in whose}, digest__in=[found for _, _, found in whose]
    )
    taken = [
        (row, shopper) for row in rows if (shopper := whose.get((row.merchant_id, row.channel, bytes(row.digest))))
    ]
    if taken:
        consents.inherit([_stated(row, shopper) for row, shopper in taken])
        RefusedAddress.objects.filter(pk__in=[row.pk for row, _ in taken]).delete()


def _stated(row: RefusedAddress, shopper: Shopper) -> Stated:
    fact = ConsentFact(row.channel, ConsentStatus.UNSUBSCRIBED, row.at, SOURCE, topic=Topic(row.topic))
    return Stated(shopper, fact, row.at)


def refuse(delivery: Delivery, topics: Collection[str], now: datetime) -> None:
    """A no by way of a message is also that of the address it went to, where its shopper has another one by now: it holds for whoever has
    that address, else it is kept."""
    address, channel = recipients.went_to(delivery), delivery.channel
    if not topics or address == recipients.goes_to(delivery):
        return
    field = next(name for name, of in ADDRESSES.items() if of == channel)
    if holder := Shopper.objects.filter(merchant_id=delivery.merchant_id, **{field: address}).first():
        choices = [Choice(channel, False, topic) for topic in topics]
        consents.choose(holder.pk, choices, source=SOURCE, now=now)
    else:
        _write([_refused(delivery.merchant_id, channel, address, topic, now) for topic in topics])


def _refused(merchant_id: int, channel: str, address: str, topic: str, at: datetime) -> RefusedAddress:
    return RefusedAddress(merchant_id=merchant_id, channel=channel, topic=topic, digest=digest(address), at=at)


def _write(rows: Sequence[RefusedAddress]) -> None:
    unique = ["merchant", "digest", "channel", "topic"]
    RefusedAddress.objects.bulk_create(
        sorted(rows, key=lambda row: (row.merchant_id, row.digest, row.channel, row.topic)),
        update_conflicts=True,
        update_fields=["at"],
        unique_fields=unique,
    )
