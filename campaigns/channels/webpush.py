"""One notification to one browser: encrypted for it alone (RFC 8291), signed with our key (RFC 8292), posted to its push
service (RFC 8030). No model, no queue: `PushChannel` says to whom."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from time import time
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from aiq.lib.http import FetchError, Limits, NoAnswer, post
from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt
from campaigns.channels.push_address import Browser

LIMITS = Limits(bytes=2_000, seconds=15, connect_seconds=5, silent_seconds=10)
# A day at most (RFC 8292, section 2); less, so that a clock that runs ahead is no trouble.
TOKEN_SECONDS = 12 * 3600
GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Push:
    """`ttl`: seconds it is kept for a browser that is off; `topic`: replaces what waits with the same; `urgency`: RFC 8030."""

    payload: bytes
    ttl: int
    topic: str
    urgency: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it; `gone`: that browser takes nothing any more."""

    outcome: Outcome
    gone: bool = False


def public_key() -> str:
    """Our key as a page gives it to its browser: the uncompressed point in base64url."""
    point = _key(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def push(browser: Browser, one: Push) -> Answered:
    """Never raises for what a browser's keys, a service or the network do."""
    try:
        body = _encrypted(browser, one.payload)
    except (ValueError, TypeError):
        return Answered(ChannelError("the keys of this browser cannot be used", permanent=True), gone=True)
    try:
        said = post(browser.endpoint, body, _headers(browser, one), LIMITS)
    except NoAnswer as error:
        return Answered(OutcomeUnknown(str(error)))
    except FetchError as error:
        return Answered(ChannelError(str(error), permanent=not error.passing))
    return _answered(said.status, said.headers.get("Location", ""))


def _answered(status: int, location: str) -> Answered:
    words = f"the push service answered {status}"
    if 200 <= status < 300:
        return Answered(Receipt(location[:200]))
    if status in GONE:
        return Answered(ChannelError(words, permanent=True), gone=True)
    # 401 and 403: our key, not this message; an operator can mend it.
    passing = status in {401, 403, 408, 425, 429} or status >= 500
    return Answered(ChannelError(words, permanent=not passing))


def _encrypted(browser: Browser, payload: bytes) -> bytes:
    """Raises `ValueError` or `TypeError` for keys that are none."""
    # Here, since it brings an HTTP client of 20 MB that no other process needs.
    from pywebpush import WebPusher, WebPushException

    keys = {"p256dh": browser.public_key, "auth": browser.secret}
    try:
        made: Any = WebPusher({"endpoint": browser.endpoint, "keys": keys}).encode(payload, "aes128gcm")
    except WebPushException as error:
        raise ValueError(str(error)) from error
    body: bytes = made["body"]
    return body


def _headers(browser: Browser, one: Push) -> dict[str, str]:
    parts = urlsplit(browser.endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time()) + TOKEN_SECONDS,
        "sub": settings.PUSH_CONTACT,
    }
    return {
        **_key(settings.VAPID_PRIVATE_KEY).sign(claims),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(one.ttl),
        "Topic": one.topic,
        "Urgency": one.urgency,
    }


@lru_cache(maxsize=2)
def _key(text: str) -> Any:
    return Vapid02.from_raw(text.encode())
