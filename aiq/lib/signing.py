"""Short signed tokens for links in messages, and keyed hashes of addresses we must never forget.

A token is base64url(payload + first 16 bytes of HMAC-SHA256), its key derived per purpose from SECRET_KEY, so that a
token of one purpose never verifies as another. Half of a SHA-256 MAC is RFC 2104's own advice for truncation.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache

from django.conf import settings

MAC_BYTES = 16
MAX_TOKEN_CHARS = 8192


class BadToken(ValueError):  # noqa: N818
    """The token was not made by us for this purpose."""


def sign(purpose: str, payload: bytes) -> str:
    """A URL-safe token without padding that carries `payload` in the clear and cannot be altered."""
    mac = hmac.digest(_key(settings.SECRET_KEY, purpose), payload, "sha256")
    return urlsafe_b64encode(payload + mac[:MAC_BYTES]).rstrip(b"=").decode("ascii")


def unsign(purpose: str, token: str) -> bytes:
    """The payload of a token made by `sign`, under SECRET_KEY or one of SECRET_KEY_FALLBACKS. Raises `BadToken`."""
    raw = _decode(token)
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        expected = hmac.digest(_key(secret, purpose), payload, "sha256")[:MAC_BYTES]
        if hmac.compare_digest(expected, mac):
            return payload
    raise BadToken("signature does not match")


def keyed_hash(value: str) -> bytes:
    """HMAC-SHA256 (32 bytes) under HASH_KEY, which never rotates: how a suppressed address outlives its erasure."""
    return hmac.digest(settings.HASH_KEY.encode(), value.encode(), "sha256")


def _decode(token: str) -> bytes:
    if len(token) > MAX_TOKEN_CHARS:
        raise BadToken("too long")
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (Base64Error, ValueError) as error:
        raise BadToken("not base64url") from error
    if len(raw) < MAC_BYTES or urlsafe_b64encode(raw).rstrip(b"=") != token.encode("ascii"):
        raise BadToken("not a token")
    return raw


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), b"aiq.signing:" + purpose.encode(), "sha256")
