"""Sample payloads as bytes, and their vectors."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "payloads"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text())


def raw(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def parsed(name: str) -> Any:
    return json.loads(raw(name))


def vectors(provider: str) -> list[dict[str, Any]]:
    return [vector for vector in VECTORS if vector["provider"] == provider]
