"""Webhook secrets of a connection: encrypted in its row, all live ones tried, so that a change can overlap."""

import json
from collections.abc import Sequence

from aiq.lib.crypto import decrypt, encrypt
from integrations.models import Connection


def live_secrets(connection: Connection) -> tuple[str, ...]:
    """The secrets that verify now, newest first. Raises `CannotDecryptError` where DATA_KEY was lost."""
    return tuple(json.loads(decrypt(connection.secrets_encrypted))) if connection.secrets_encrypted else ()


def set_secrets(connection: Connection, secrets: Sequence[str]) -> None:
    """Exactly these are live from now on, within 30 s."""
    connection.secrets_encrypted = encrypt(json.dumps(list(secrets))) if secrets else ""
    connection.save(update_fields=["secrets_encrypted"])
