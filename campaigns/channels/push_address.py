"""Where a shopper's notifications go: some browsers, written as the one text that stands for an address."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that takes notifications. `public_key` and `secret` are its own, in base64url (RFC 8291)."""

    code: str
    endpoint: str
    public_key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Address:
    """`who`: for people's eyes; `browsers`: newest first. Without browsers it can only be caught."""

    who: str
    browsers: tuple[Browser, ...] = ()


def written(who: str, browsers: Sequence[Browser]) -> str:
    """The address as text; empty where no browser takes anything."""
    return msgspec.json.encode(Address(who, tuple(browsers))).decode() if browsers else ""


def read(text: str) -> Address:
    """What `written` made, or a mere name."""
    return _decoder.decode(text) if text.startswith("{") else Address(text)


_decoder = msgspec.json.Decoder(Address)
