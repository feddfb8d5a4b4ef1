"""Addresses to which nothing goes. Kept as keyed hashes of one normal spelling, so that they outlive erasure."""

import unicodedata

from accounts.models import Merchant
from aiq.lib.signing import keyed_hash
from campaigns.models import Suppression


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


def unsuppress(merchant: Merchant, address: str) -> bool:
    """True if the address was suppressed before."""
    rows = Suppression.objects.filter(merchant=merchant, channel=channel_of(address), digest=digest(address))
    return bool(rows.delete()[0])


def reason_for(merchant: Merchant, address: str) -> str:
    """Why the address is suppressed, in words; empty: it is not."""
    row = Suppression.objects.filter(merchant=merchant, channel=channel_of(address), digest=digest(address)).first()
    return row.get_reason_display() if row else ""
