"""How the environment becomes settings: keys, database, Redis, email. No Django import: settings call this."""

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KEY_NAMES = ("SECRET_KEY", "DATA_KEY", "HASH_KEY")


def keys(env: Any, data_dir: Path, *, may_generate: bool) -> dict[str, str]:
    """The three keys: given, or with embedded services generated once under AIQ_DATA_DIR/keys.

    A missing key where none may be generated is left empty; the system check aiq.E001 says so.
    """
    return {name: env(name, default="") or (_kept_key(data_dir / "keys" / name) if may_generate else "") for name in KEY_NAMES}


def _kept_key(path: Path) -> str:
    """Create the key file atomically; whoever loses the race reads the winner's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(secrets.token_urlsafe(48))
    draft.chmod(0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
