"""From a message to the bytes that SMTP carries: multipart/alternative, written directly instead of through `email`.

Equal to what `django.core.mail` would send, as far as a parser can tell (tests/campaigns/test_mime.py), at a fraction of
the cost. Sources: RFC 5322 (headers), 2047 (encoded words), 2045/2046 (MIME), 8058 (one-click unsubscribe), 6531 (SMTPUTF8).
"""

import re
from base64 import b64encode, encodebytes
from collections.abc import Iterator
from email.utils import format_datetime
from functools import lru_cache

from campaigns.rendering import Message

MAX_LINE_BYTES = 990
_SOFT_LINE = 76
_WORD_BYTES = 39
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_ATOM = r"[^\s\x00-\x20\x7f@<>()\[\],;:\\\"\.]+"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_ATOM}(?:\.{_ATOM})*)")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]+")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^0-9A-Za-z]")
_MESSAGE_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


def build(message: Message, *, eight_bit: bool = True, utf8: bool = False) -> bytes:
    """The whole mail, CRLF line ends, not dot-stuffed.

    `eight_bit`: the server takes 8-bit bodies. `utf8`: it takes addresses beyond ASCII. Raises `ValueError` for what no
    mail may hold: line breaks in headers, addresses that are none.
    """
    text, text_encoding = _body(message.text, eight_bit)
    html, html_encoding = _body(message.html, eight_bit)
    boundary = _boundary(message.delivery_code, text, html)
    headers = "\r\n".join(_headers(message, utf8=utf8))
    return b"".join(
        (
            headers.encode(),
            f'\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode(),
            f"--{boundary}\r\n{_PLAIN}{text_encoding}\r\n\r\n".encode(),
            text,
            f"\r\n--{boundary}\r\n{_HTML}{html_encoding}\r\n\r\n".encode(),
            html,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


_PLAIN = 'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: '
_HTML = 'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: '


@lru_cache(maxsize=1024)
def wire_address(address: str, *, utf8: bool = False) -> str:
    """An address as it goes over the wire: the domain in IDNA, the local part as it is. Raises `ValueError`.

    A local part beyond ASCII needs SMTPUTF8 on every hop (RFC 6531): without it there is no right way to write it.
    """
    match = _ADDRESS.fullmatch(address)
    if not match or len(address) > 254:
        raise ValueError(f"{address!r} is no email address")
    local, domain = match.groups()
    if not local.isascii() and not utf8:
        raise ValueError(f"{address!r} needs a mail server that takes addresses beyond ASCII")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise ValueError(f"{address!r} has no valid domain") from error


def _headers(message: Message, *, utf8: bool) -> Iterator[str]:
    yield f"From: {_mailbox(message.from_name, message.from_email, utf8=utf8)}"
    yield f"To: {_written_mailbox(message.to_name, message.to_email, utf8=utf8)}"
    if message.reply_to:
        yield f"Reply-To: {_mailbox('', message.reply_to, utf8=utf8)}"
    yield _header("Subject", message.subject)
    yield f"Date: {_date(message.date)}"
    yield f"Message-ID: <{_matching(_MESSAGE_ID, message.message_id, 'message id')}>"
    if message.unsubscribe_url:
        yield f"List-Unsubscribe: <{_matching(_WEB_ADDRESS, message.unsubscribe_url, 'address to unsubscribe')}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield _header("X-AIQ-Delivery", message.delivery_code)
    for name, value in message.headers:
        yield _header(_matching(_HEADER_NAME, name, "header"), value)
    yield "MIME-Version: 1.0"


def _header(name: str, value: str) -> str:
    """An unstructured header: as it is where it fits, folded at blanks where it is long, encoded where it must be."""
    _refuse_control(value)
    if not value.isascii() or "=?" in value:
        return f"{name}: {_encoded_words(value)}"
    if len(name) + 2 + len(value) <= _SOFT_LINE:
        return f"{name}: {value}"
    return _folded(name, value)


def _folded(name: str, value: str) -> str:
    words = value.split(" ")
    if "" in words or any(len(word) > MAX_LINE_BYTES - 80 for word in words):
        return f"{name}: {_encoded_words(value)}"
    lines = [f"{name}: {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > _SOFT_LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _encoded_words(value: str) -> str:
    """RFC 2047: UTF-8 in base64, cut between characters, one word a line."""
    words: list[bytes] = [b""]
    for character in value:
        data = character.encode()
        if len(words[-1]) + len(data) > _WORD_BYTES:
            words.append(b"")
        words[-1] += data
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _written_mailbox(name: str, address: str, *, utf8: bool) -> str:
    address = wire_address(address, utf8=utf8)
    if not name.strip():
        return address
    phrase = _phrase(" ".join(name.split(" ")))
    return f"{phrase}{' ' if len(phrase) + len(address) < _SOFT_LINE - 12 else chr(13) + chr(10) + ' '}<{address}>"


_mailbox = lru_cache(maxsize=1024)(_written_mailbox)
_date = lru_cache(maxsize=64)(format_datetime)


def _phrase(name: str) -> str:
    _refuse_control(name)
    if not name.isascii() or "=?" in name or len(name) > 64:
        return _encoded_words(name)
    if _PLAIN_PHRASE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _refuse_control(value: str) -> None:
    if _CONTROL.search(value):
        raise ValueError("a header holds a line break or another control character")


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value) or len(value) > MAX_LINE_BYTES - 60:
        raise ValueError(f"{value[:80]!r} is no {what}")
    return value


def _body(text: str, eight_bit: bool) -> tuple[bytes, str]:
    """The body's bytes and their transfer encoding. Base64 only where a line is too long or the server too old."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.encode().replace(b"\n", b"\r\n")
    plain = data.isascii()
    if (plain or eight_bit) and b"\0" not in data and _has_short_lines(data):
        return data, "7bit" if plain else "8bit"
    return encodebytes(data).rstrip(b"\n").replace(b"\n", b"\r\n"), "base64"


def _has_short_lines(data: bytes) -> bool:
    """Looks back from the furthest place where each line may end, not at each of hundreds of lines."""
    start, rest = 0, len(data) - MAX_LINE_BYTES
    while start < rest:
        end = data.rfind(b"\r\n", start, start + MAX_LINE_BYTES + 2)
        if end < 0:
            return False
        start = end + 2
    return True


def _boundary(code: str, *bodies: bytes) -> str:
    """A line that occurs in no body. `=_` occurs in no base64 or quoted-printable (RFC 2045, section 6.7)."""
    boundary = f"=_{_NEITHER_LETTER_NOR_DIGIT.sub('', code)[:40]}"
    while any(boundary.encode() in body for body in bodies):
        boundary += "_"
    return boundary
