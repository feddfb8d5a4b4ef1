"""Reads what the catcher kept: summaries for the list, parts for the page. A hostile mail is shown, never trusted."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from itertools import islice
from pathlib import Path

HEADER_BYTES = 16_384
NAME = re.compile(r"\d{20}-[\w-]+")
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Summary:
    """One caught mail in the list. `delivery` is the code in X-AIQ-Delivery, empty for mail to staff."""

    name: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A whole mail: its HTML (links open in a new tab), its text, its headers as they came."""

    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def newest(folder: Path, wanted: Callable[[Summary], bool], count: int) -> list[Summary]:
    """The newest `count` mails that are wanted, newest first. Files never change, so each header is parsed once."""
    names = sorted((path.name for path in folder.glob("*.eml")), reverse=True)
    return list(islice((mail for name in names if (mail := summary(folder / name)) and wanted(mail)), count))


def find(folder: Path, name: str) -> Path | None:
    """The file of that name, if there is one and the name is one that the catcher gives."""
    path = folder / f"{name}.eml"
    return path if NAME.fullmatch(name) and path.is_file() else None


@lru_cache(maxsize=4096)
def _summary(path: Path) -> Summary:
    with path.open("rb") as file:
        message = _parse(file.read(HEADER_BYTES))
    return Summary(
        name=path.stem,
        at=datetime.fromtimestamp(int(path.name[:20]) / 1e9, UTC),
        sender=header(message, "From"),
        recipient=header(message, "To"),
        subject=header(message, "Subject") or "(no subject)",
        delivery=header(message, "X-AIQ-Delivery"),
    )


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
