"""Secrets at rest: Fernet under DATA_KEY; what was written under a key of DATA_KEY_FALLBACKS can still be read."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotDecryptError(ValueError):
    """The text was written under a key that is not among ours, or was altered."""


def encrypt(text: str) -> str:
    return _box(settings.DATA_KEY, tuple(settings.DATA_KEY_FALLBACKS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text that `encrypt` was given. Raises `CannotDecryptError`."""
    try:
        return _box(settings.DATA_KEY, tuple(settings.DATA_KEY_FALLBACKS)).decrypt(token.encode()).decode()
    except (InvalidToken, ValueError):
        raise CannotDecryptError("Not written under a key of DATA_KEY or DATA_KEY_FALLBACKS.") from None


@lru_cache(maxsize=8)
def _box(key: str, fallbacks: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_material(one)) for one in (key, *fallbacks)])


def _material(key: str) -> bytes:
    """Fernet wants 32 bytes; operators set text of any length. A domain prefix keeps it apart from other uses of the key."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"aiq.lib.crypto:" + key.encode()).digest())
