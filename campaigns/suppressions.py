"""Addresses to which nothing goes. Kept as keyed hashes of one normal spelling, so that they outlive erasure."""

from accounts.models import Merchant
from aiq.lib.signing import keyed_hash
from campaigns.models import Suppression


def digest(address: str) -> bytes:
    """The keyed hash of an email address or E.164 phone number, whatever its case and surrounding space."""
    return keyed_hash(address.strip().lower())


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
