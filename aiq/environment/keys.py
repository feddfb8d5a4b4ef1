"""The keys of an installation: given, or with embedded services made once and kept under AIQ_DATA_DIR/keys."""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aiq.environment.reading import Env

KEY_NAMES = ("SECRET_KEY", "DATA_KEY", "HASH_KEY")


def keys(env: Any, data_dir: Path, *, may_generate: bool) -> dict[str, str]:
    """The three keys: given, or with embedded services generated once under AIQ_DATA_DIR/keys.

    A missing key where none may be generated is left empty; the system check aiq.E001 says so.
    """
    return {
        name: env(name, default="") or (_kept_key(data_dir / "keys" / name) if may_generate else "")
        for name in KEY_NAMES
    }


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def _kept_key(path: Path, new: Callable[[], str] = _new_key) -> str:
    """Create the key file atomically; whoever loses the race reads the winner's."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(new())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def vapid(env: Env, data_dir: Path, *, may_generate: bool) -> str:
    """The private key with which push services know us (RFC 8292), raw in base64url: given as that or as PEM, else generated once.

    A new one would end every subscription, so it is never made anew where it may be missing by mistake.
    """
    text = env("VAPID_PRIVATE_KEY", default="") or (
        _kept_key(data_dir / "keys" / "VAPID_PRIVATE_KEY", _new_vapid_key) if may_generate else ""
    )
    try:
        return _raw_key(text) if text else ""
    except (ValueError, TypeError):
        hint = "Give the 32 bytes of a P-256 key in base64url, or a PEM file by VAPID_PRIVATE_KEY_FILE."
        env.note("aiq.E012", "VAPID_PRIVATE_KEY is not a key of the curve P-256.", hint)
        return ""


def _raw_key(text: str) -> str:
    """Raises `ValueError` or `TypeError` for what is no such key."""
    if text.startswith("-----BEGIN"):
        key = load_pem_private_key(text.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise TypeError("another kind of key")
        return _in_base64url(key)
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32:
        raise ValueError("not 32 bytes")
    return _in_base64url(ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()))


def _new_vapid_key() -> str:
    return _in_base64url(ec.generate_private_key(ec.SECP256R1()))


def _in_base64url(key: ec.EllipticCurvePrivateKey) -> str:
    return urlsafe_b64encode(key.private_numbers().private_value.to_bytes(32)).rstrip(b"=").decode()
