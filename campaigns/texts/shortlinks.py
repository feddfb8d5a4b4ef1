"""Links for texts: ten characters that name one delivery and one purpose, without a row of their own.

A delivery's code is random; 58 of its bits, mixed under a key of the purpose, make the token, and give the code's index a
range to look in. Without SECRET_KEY nobody can make a token, not even from a delivery's code, nor turn one purpose into
another. Ten letters and digits only: a phone leaves a "-" or "_" at the end out of the link (docs/decisions/0026-short-links.md).
"""

import hmac
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from aiq.lib.signing import BadToken
from campaigns.links import LinkMaker

CART, WAY_OUT = "cart", "way-out"
PURPOSES = (CART, WAY_OUT)
CHARS = 10
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HALF = 29
_MASK = (1 << _HALF) - 1
_ROUNDS = range(6)


@dataclass(frozen=True, slots=True)
class ShortLinks:
    """The links of one delivery of a text. `base` is the public address without a slash at its end."""

    base: str
    delivery: UUID
    open_url: str = field(default="", init=False)

    def track(self, url: str) -> str:
        return LinkMaker(self.base, self.delivery).track(url)

    def cart(self, url: str) -> str:
        return f"{self.base}/i/{token(CART, self.delivery)}"

    @property
    def unsubscribe_url(self) -> str:
        return f"{self.base}/i/{token(WAY_OUT, self.delivery)}"

    @property
    def preferences_url(self) -> str:
        return self.unsubscribe_url


@dataclass(frozen=True, slots=True)
class Short:
    """What a token may stand for: a purpose, and the first and last code that its delivery can have."""

    purpose: str
    first: UUID
    last: UUID


def token(purpose: str, delivery: UUID) -> str:
    """The ten characters for that purpose of a delivery."""
    number = _mix(_bits(delivery), settings.SECRET_KEY, purpose)
    digits = []
    for _ in range(CHARS):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def meanings(text: str) -> list[Short]:
    """All that a token may stand for, under this key and those before; at most one is a delivery's. Raises `BadToken`."""
    number = _number(text)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [Short(purpose, *_range(_unmix(number, key, purpose))) for key in keys for purpose in PURPOSES]


def _number(text: str) -> int:
    if len(text) != CHARS or not all(character in _ALPHABET for character in text):
        raise BadToken("not a short link")
    number = 0
    for character in text:
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    if number >> 2 * _HALF:
        raise BadToken("not a short link")
    return number


def _bits(delivery: UUID) -> int:
    """The first 58 random bits: 48, and 10 behind the four that say the version (RFC 9562, 5.4)."""
    return (delivery.int >> 80) << 10 | (delivery.int >> 66) & 0x3FF


def _range(bits: int) -> tuple[UUID, UUID]:
    first = (bits >> 10) << 80 | 4 << 76 | (bits & 0x3FF) << 66
    return UUID(int=first), UUID(int=first | (1 << 66) - 1)


def _mix(number: int, key: str, purpose: str) -> int:
    """A Feistel network (Luby and Rackoff, 1988): every number goes to another one, and back only with the key."""
    left, right = number >> _HALF, number & _MASK
    for turn in _ROUNDS:
        left, right = right, left ^ _scramble(right, turn, key, purpose)
    return left << _HALF | right


def _unmix(number: int, key: str, purpose: str) -> int:
    left, right = number >> _HALF, number & _MASK
    for turn in reversed(_ROUNDS):
        left, right = right ^ _scramble(left, turn, key, purpose), left
    return left << _HALF | right


def _scramble(half: int, turn: int, key: str, purpose: str) -> int:
    said = f"aiq.shortlinks:{purpose}:{turn}:{half}".encode()
    return int.from_bytes(hmac.digest(key.encode(), said, "sha256")[:4], "big") & _MASK
