"""What a single value of a document from outside may be: each kind reads what was given, or says with a code what is wrong.

The kinds are msgspec custom types, so that checking a document and publishing its schema have one source.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from aiq.lib.currencies import CODES

MAX_ID = 128
MAX_DIGITS = 12
MAX_TEXT = 20_000
# What turns the direction of writing of all that stands behind it (Unicode Standard Annex 9: embeddings, overrides, isolates).
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_PRICE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_EMAIL = re.compile(
    r"(?=.{3,254}\Z)[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])?\Z"
)


class FieldProblem(ValueError):  # noqa: N818
    """What is wrong with one value. `field` names the member of the object that it is about, "" for the value itself."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class Kind:
    """A value's kind: `read` turns what JSON gave into it or raises `FieldProblem`; `schema` is its JSON schema."""

    schema: ClassVar[dict[str, Any]]

    @classmethod
    def read(cls, value: Any) -> Any:
        raise NotImplementedError


def read(kind: type[Any], value: Any) -> Any:
    """msgspec's dec_hook."""
    if issubclass(kind, Kind):
        return kind.read(value)
    raise NotImplementedError(kind)


def schema(kind: type[Any]) -> dict[str, Any]:
    """msgspec's schema_hook."""
    if issubclass(kind, Kind):
        return kind.schema
    raise NotImplementedError(kind)


def _text(value: Any, limit: int = MAX_TEXT) -> str:
    if not isinstance(value, str):
        raise FieldProblem("type", "Must be text.")
    if len(value) > limit:
        raise FieldProblem("too_long", f"At most {limit} characters.")
    return value


def unturned(text: str) -> str:
    """Words that cannot turn around what is written behind them: "Instead of … (sold out)", or a decision. Right-to-left
    scripts need none of what is taken out."""
    return text if text.isascii() else text.translate(_TURNS)


class Id(Kind, str):
    """The store's id of something, text or integer, kept as text. Blank is as absent."""

    schema = {"anyOf": [{"type": "string", "maxLength": MAX_ID}, {"type": "integer"}]}

    @classmethod
    def read(cls, value: Any) -> "Id":
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(_text(str(value), MAX_ID))
        if not isinstance(value, str):
            raise FieldProblem("type", "Must be text or an integer.")
        return cls(_text(value, MAX_ID) if value.strip() else "")


class Text(Kind, str):
    """Words for people. Blank is as absent; surplus space at the ends is taken off."""

    schema = {"type": "string", "maxLength": MAX_TEXT}

    @classmethod
    def read(cls, value: Any) -> "Text":
        return cls(unturned(_text(value)).strip())


class Email(Kind, str):
    """An address, kept in lower case. Blank is as absent."""

    schema = {"type": "string", "format": "email", "maxLength": 254}

    @classmethod
    def read(cls, value: Any) -> "Email":
        text = _text(value).strip().lower()
        if text and not _EMAIL.match(text):
            raise FieldProblem("email", "Not an email address.")
        return cls(text)


class Currency(Kind, str):
    """An ISO 4217 code. Blank is as absent."""

    schema = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]}

    @classmethod
    def read(cls, value: Any) -> "Currency":
        text = _text(value)
        if text and text not in CODES:
            raise FieldProblem("currency", "Not a currency of ISO 4217, like USD.")
        return cls(text)


class Price(Kind, Decimal):
    """Money: a number or text `digits[.digits]`, at least 0, at most 12 digits. The tail of a long float is rounded to
    the four decimals that are kept: it is noise of the binary form, or of a division."""

    schema = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}]}

    @classmethod
    def read(cls, value: Any) -> "Price":
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise FieldProblem("type", "Must be a number, or text like 45.00.")
        text = cls._without_noise(value) if isinstance(value, float) else str(value)
        if not _PRICE.fullmatch(text, 0, 400):
            raise FieldProblem("price", "Must be at least 0, written like 45.00.")
        if len(text) > MAX_DIGITS and sum(map(str.isdigit, text)) > MAX_DIGITS:
            raise FieldProblem("price", f"At most {MAX_DIGITS} digits.")
        return cls(text)

    @staticmethod
    def _without_noise(value: float) -> str:
        text = repr(value)
        return text if len(text) <= MAX_DIGITS and "e" not in text else f"{value:.4f}".rstrip("0").rstrip(".")


class Moment(Kind, datetime):
    """A time, in UTC: ISO 8601 with zone, or unix seconds."""

    schema = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number", "description": "unix seconds"}]}

    @classmethod
    def read(cls, value: Any) -> "Moment":
        try:
            moment = cls._moment(value)
        except FieldProblem:
            raise
        except (ValueError, OverflowError, OSError):
            raise FieldProblem("time", "Must be ISO 8601 with a zone, or unix seconds.") from None
        if moment.year < 1970:
            raise FieldProblem("time", "Before 1970.")
        return moment

    @classmethod
    def _moment(cls, value: Any) -> "Moment":
        if isinstance(value, str):
            moment = cls.fromisoformat(value)
            if moment.tzinfo is None:
                raise FieldProblem("time", "The zone is missing, like Z or +02:00.")
            return moment.astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return cls.fromtimestamp(value, UTC)
        raise FieldProblem("type", "Must be text or a number.")


class Day(Kind, date):
    """A calendar day, like 1990-05-31."""

    schema = {"type": "string", "format": "date"}

    @classmethod
    def read(cls, value: Any) -> "Day":
        try:
            return cls.fromisoformat(_text(value)[:10])
        except ValueError:
            raise FieldProblem("date", "Must be a day like 1990-05-31.") from None


@cache
def _zones() -> frozenset[str]:
    """All names: the standard library walks the file system for them each time."""
    return frozenset(available_timezones())


class Zone(Kind, str):
    """A name of the IANA time zone database. Blank is as absent."""

    schema = {"type": "string", "examples": ["America/Denver"]}

    @classmethod
    def read(cls, value: Any) -> "Zone":
        text = _text(value)
        if text and text not in _zones():
            raise FieldProblem("timezone", "Not a time zone, like America/Denver.")
        return cls(text)


class Attribute(Kind, str):
    """A value of the store's own, of any simple type, kept as text."""

    schema = {"type": ["string", "number", "boolean", "null"]}

    @classmethod
    def read(cls, value: Any) -> "Attribute":
        if isinstance(value, (dict, list)):
            raise FieldProblem("type", "Must be text, a number, true, false or null.")
        if isinstance(value, bool):
            return cls("true" if value else "false")
        return cls("" if value is None else _text(str(value), 1000))
