"""The sample shoppers' post: finds the reminder that the mail catcher kept for an address, and the links in it."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_CLICK = re.compile(r'https?://[^\s"\'<>]+/c/[\w-]+')
_OPEN = re.compile(r'https?://[^\s"\'<>]+/o/[\w-]+\.gif')
_CODE = re.compile(r"\bTEA-[0-9A-Z]{8}\b")
_UNSUBSCRIBE = re.compile(r"<(https?://[^>]+/u/[\w-]+)>")


@dataclass(frozen=True, slots=True)
class Mail:
    """The links of one reminder and its discount's code; empty where it has none of a kind."""

    subject: str
    click: str
    open: str
    unsubscribe: str
    code: str = ""


@dataclass
class Mailbox:
    """A folder of caught mail. Each file is read once, when it is new."""

    folder: Path
    _seen: set[str] = field(default_factory=set)
    _mails: dict[str, Mail] = field(default_factory=dict)

    def skip_what_is_there(self) -> None:
        self._seen = {path.name for path in self.folder.glob("*.eml")}

    def newest_for(self, email: str) -> Mail | None:
        """The newest reminder to that address; None where mail is not caught here, or has not come."""
        for path in sorted(self.folder.glob("*.eml")):
            if path.name not in self._seen:
                self._seen.add(path.name)
                self._read(path)
        return self._mails.get(email)

    def _read(self, path: Path) -> None:
        try:
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
        except FileNotFoundError:
            return
        if "X-AIQ-Delivery" in message:
            for address in message["To"].addresses:
                self._mails[address.addr_spec] = _links(message)


def _links(message: EmailMessage) -> Mail:
    part = message.get_body(("html",))
    html = part.get_content() if part else ""
    return Mail(
        subject=str(message["Subject"]),
        click=_first(_CLICK, html),
        open=_first(_OPEN, html),
        unsubscribe=_first(_UNSUBSCRIBE, str(message.get("List-Unsubscribe", ""))),
        code=_first(_CODE, html),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return (found[1] if found.lastindex else found[0]) if found else ""
