"""Where running services wrote down how to reach them: small JSON files under AIQ_DATA_DIR.

Whoever starts a service writes its file once it answers; everybody else reads it. No Django import.
"""

import json
import os
from pathlib import Path
from typing import Any


def address_file(data_dir: Path, name: str) -> Path:
    """The file of that service."""
    return data_dir / f"{name}.json"


def read_address(data_dir: Path, name: str) -> dict[str, Any]:
    """What the service wrote; empty where it does not run or the file cannot be read."""
    try:
        found = json.loads(address_file(data_dir, name).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_address(data_dir: Path, name: str, address: dict[str, Any]) -> None:
    """Replace the file in one step: a reader sees the old or the new one, never half."""
    draft = data_dir / f".{name}.{os.getpid()}"
    draft.write_text(json.dumps(address))
    draft.replace(address_file(data_dir, name))


def remove_address(data_dir: Path, name: str) -> None:
    """The service stopped; nobody should find it."""
    address_file(data_dir, name).unlink(missing_ok=True)
