"""Reads what the catchers kept: summaries for the list, parts for the page. A hostile mail is shown, never trusted."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

HEADER_BYTES = 16_384
SUFFIXES = (".eml", ".json")
NAME = re.compile(r"\d{20}-[\w-]+")
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Summary:
    """One caught message in the list. `delivery` is the code in X-AIQ-Delivery, empty for mail to staff. `kind`: mail, or what
    `aiq.lib.catching` was told, then with all its `fields`."""

    name: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    delivery: str
    kind: str = "mail"
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """A whole mail: its HTML (links open in a new tab), its text, its headers as they came."""

    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def newest(folder: Path, wanted: Callable[[Summary], bool], count: int) -> list[Summary]:
    """The newest `count` messages that are wanted, newest first. Files never change, so each header is parsed once."""
    names = sorted((path.name for path in folder.glob("[0-9]*") if path.suffix in SUFFIXES), reverse=True)
    return list(islice((mail for name in names if (mail := summary(folder / name)) and wanted(mail)), count))


def find(folder: Path, name: str) -> Path | None:
    """The file of that name, if there is one and the name is one that the catcher gives."""
    if not NAME.fullmatch(name):
        return None
    return next((path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)


@lru_cache(maxsize=4096)
def _summary(path: Path) -> Summary:
    if path.suffix == ".json":
        return _caught(path)
    with path.open("rb") as file:
        message = _parse(file.read(HEADER_BYTES))
    return Summary(
        name=path.stem,
        at=_at(path),
        sender=header(message, "From"),
        recipient=header(message, "To"),
        subject=header(message, "Subject") or "(no subject)",
        delivery=header(message, "X-AIQ-Delivery"),
    )


def _caught(path: Path) -> Summary:
    """A message of another channel than email (`aiq.lib.catching`); what it says first stands for a subject."""
    fields = json.loads(path.read_bytes())
    return Summary(
        name=path.stem,
        at=_at(path),
        sender=fields.get("sender", ""),
        recipient=fields.get("recipient", ""),
        subject=fields.get("title") or fields.get("text", ""),
        delivery=fields.get("delivery", ""),
        kind=fields["kind"],
        fields=fields,
    )


def _at(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.name[:20]) / 1e9, UTC)


def summary(path: Path) -> Summary | None:
    """None where the file was tidied away meanwhile."""
    try:
        return _summary(path)
    except FileNotFoundError:
        return None


def read(path: Path) -> Parts:
    """Raises FileNotFoundError."""
    message = _parse(path.read_bytes())
    html = _text(message, "html")
    base = '<base target="_blank" rel="noopener">'
    framed = HEAD.sub(lambda found: found[0] + base, html, count=1) if HEAD.search(html) else base + html
    names = dict.fromkeys(message.keys())
    return Parts(
        html=framed if html else "",
        text=_text(message, "plain"),
        headers=tuple((name, value) for name in names for value in _values(message, name)),
    )


def header(message: EmailMessage, name: str) -> str:
    """The header as text, decoded; what the standard library cannot read is empty."""
    return next(iter(_values(message, name)), "")


def _values(message: EmailMessage, name: str) -> list[str]:
    try:
        return [" ".join(str(value).split()) for value in message.get_all(name, [])]
    except (ValueError, IndexError, AttributeError, LookupError):
        return []


def _parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def _text(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""
