"""Addresses to which nothing goes. Kept as keyed hashes of one normal spelling, so that they outlive erasure."""

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

from accounts.models import Merchant
from aiq.lib.signing import keyed_hash
from campaigns.models import Delivery, SoftBounce, Suppression, SuppressionReason

# There is no common figure: mail services give up on an address after 3 to 15, fewer where they write to it seldom (suped.com/knowledge,
# "How many soft bounces before suppressing a user"). A shop's reminders are seldom.
SOFT_BOUNCES, WITHIN = 3, timedelta(days=30)


def digest(address: str) -> bytes:
    """The keyed hash of an email address or E.164 phone number, however it is spelled."""
    return keyed_hash(spelled(address))


def spelled(address: str) -> str:
    """One spelling of an address: no surrounding space, NFKC, lower case, the domain as the DNS writes it (IDNA).

    It stays the exact mailbox: dots and plus tags mean something to most servers, whatever one provider makes of them.
    """
    if address.isascii():
        return address.strip().lower()
    name, at, domain = unicodedata.normalize("NFKC", address).strip().casefold().rpartition("@")
    try:
        return f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return f"{name}{at}{domain}"


def channel_of(address: str) -> str:
    return "email" if "@" in address else "sms"


def suppress(merchant: Merchant, address: str, reason: str) -> bool:
    """True if the address was not suppressed before."""
    _, made = Suppression.objects.get_or_create(
        merchant=merchant, channel=channel_of(address), digest=digest(address), defaults={"reason": reason}
    )
    return made


def suppress_all(merchant: Merchant, addresses: Collection[str], reason: str) -> None:
    """All of them in one statement; what is suppressed already keeps its reason."""
    rows = [
        Suppression(merchant=merchant, channel=channel_of(one), digest=digest(one), reason=reason) for one in addresses
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def failed_once_more(delivery: Delivery, address: str, at: datetime) -> None:
    """A soft bounce of one message; several messages within a month suppress the address."""
    found = digest(address)
    SoftBounce.objects.get_or_create(
        delivery=delivery, defaults={"merchant": delivery.merchant, "digest": found, "at": at}
    )
    lately = SoftBounce.objects.filter(merchant=delivery.merchant, digest=found, at__gt=at - WITHIN)
    if lately.count() >= SOFT_BOUNCES:
        suppress(delivery.merchant, address, SuppressionReason.BOUNCES)


def unsuppress(merchant: Merchant, address: str) -> bool:
    """True if the address was suppressed before. Its bounces are counted anew."""
    SoftBounce.objects.filter(merchant=merchant, digest=digest(address)).delete()
    rows = Suppression.objects.filter(merchant=merchant, channel=channel_of(address), digest=digest(address))
    return bool(rows.delete()[0])


def reason_for(merchant: Merchant, address: str) -> str:
    """Why the address is suppressed, in words; empty: it is not."""
    row = Suppression.objects.filter(merchant=merchant, channel=channel_of(address), digest=digest(address)).first()
    return row.get_reason_display() if row else ""
