"""A browser begins or ends to take a shopper's notifications: whose it is, and what that says of their consent."""

import hashlib
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction

from aiq.lib.outbound import RefusedAddress, addresses_of, read_target
from aiq.lib.signing import BadToken, sign, unsign
from campaigns import scheduling
from campaigns.channels.push_address import Browser
from campaigns.consent import consents
from campaigns.facts import ConsentFact, ConsentStatus
from campaigns.models import PushSubscription, Shopper

MOST_KEPT = 20
SECRET_BYTES = 16
PURPOSE = "push shopper"
TOKEN_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a shopper allowed notifications. `now`: just now, by a gesture; else the browser still has an earlier permission, which
    reopens nothing that the shopper closed."""

    now: bool
    wording: str
    source: str


def checked(endpoint: str, public_key: str, secret: str) -> str:
    """What is wrong with a browser's own words, as the name of the part; empty: nothing. Looks the endpoint's host up: call it in no
    transaction. The key is a point of P-256, the secret 16 bytes (RFC 8291, section 3)."""
    loopback = settings.OUTBOUND_LOOPBACK
    try:
        addresses_of(read_target(endpoint, loopback=loopback), loopback=loopback)
    except RefusedAddress:
        return "endpoint"
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(public_key))
    except ValueError:
        return "keys/p256dh"
    try:
        return "" if len(_bytes(secret)) == SECRET_BYTES else "keys/auth"
    except ValueError:
        return "keys/auth"


@transaction.atomic
def subscribe(shopper: Shopper, browser: Browser, asked: Asked, now: datetime) -> bool:
    """The browser is this shopper's from now on, whoever's it was. Whether reminders may be sent to it: not where the shopper had opted
    out and did not ask for them anew. `browser.code` counts for nothing."""
    PushSubscription.objects.update_or_create(
        merchant_id=shopper.merchant_id,
        digest=_digest(browser.endpoint),
        defaults={
            "shopper": shopper,
            "endpoint": browser.endpoint,
            "public_key": browser.public_key,
            "secret": browser.secret,
            "gone_at": None,
        },
    )
    _let_go(shopper, now)
    return _allowed(shopper, asked, now)


@transaction.atomic
def unsubscribe(merchant_id: int, endpoint: str, now: datetime) -> None:
    """That browser gets nothing any more; where it was the shopper's last, that is an opt-out. Nothing where it is not known."""
    row = PushSubscription.objects.select_for_update().filter(merchant=merchant_id, digest=_digest(endpoint)).first()
    if row is None or row.gone_at:
        return
    PushSubscription.objects.filter(pk=row.pk).update(gone_at=now)
    others = PushSubscription.objects.filter(shopper=row.shopper_id, gone_at__isnull=True)
    if row.shopper_id and not others.exists():
        consents.opt_out(row.shopper_id, "push", source="switched off in the browser", now=now)


def _let_go(shopper: Shopper, now: datetime) -> None:
    """Nobody has that many browsers: the oldest go, so that one token cannot fill the table."""
    living = PushSubscription.objects.filter(shopper=shopper, gone_at__isnull=True).order_by("-created_at", "-pk")
    PushSubscription.objects.filter(pk__in=list(living.values_list("pk", flat=True)[MOST_KEPT:])).update(gone_at=now)


def _allowed(shopper: Shopper, asked: Asked, now: datetime) -> bool:
    if asked.now:
        choice = consents.Choice("push", subscribed=True, wording=asked.wording)
        consents.choose(shopper.pk, [choice], source=asked.source, now=now)
        return True
    fact = ConsentFact("push", ConsentStatus.SUBSCRIBED, now, asked.source, asked.wording)
    [refused] = consents.record([consents.Stated(shopper, fact, now)])
    scheduling.wake({shopper.pk})
    return not refused


def token_for(shopper_code: UUID, now: datetime) -> str:
    """What a store's server puts on the page of a shopper it knows, so that the shopper's browser, and no other, can say whose it is."""
    until = int((now + TOKEN_FOR).timestamp())
    return sign(PURPOSE, shopper_code.bytes + until.to_bytes(8))


def shopper_of(token: str, merchant_id: int, now: datetime) -> Shopper | None:
    """Whom a token names; None where it is not ours, is too old, or names another merchant's shopper."""
    try:
        payload = unsign(PURPOSE, token)
    except BadToken:
        return None
    code, until = UUID(bytes=payload[:16]), int.from_bytes(payload[16:])
    return Shopper.objects.filter(code=code, merchant=merchant_id).first() if until > now.timestamp() else None


def _digest(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()


def _bytes(text: str) -> bytes:
    """Raises `ValueError` for what is no base64url."""
    return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
