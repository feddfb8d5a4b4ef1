"""How an address may stand in a text: in any case, escaped as JSON or a link escapes it, a phone number with signs between its digits. Pure."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers

# A character that JSON or a link wrote as its number may stand right before an address, and ends in what looks like a part of it.
_ESCAPED = r"(?<=%[0-9A-F]{2})|(?<=\\u[0-9A-F]{4})|(?<=\\[nrt])"
_BETWEEN = r"(?:%[0-9A-F]{2}|\\u[0-9A-F]{4}|[ ().\-/+]){0,4}"
# A number without its country is looked for where it is long enough to be nothing else.
_LONG = 9
NOTHING = "(?!)"
ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Spellings:
    """Patterns without regard to case. `rough` is one that PostgreSQL looks for fast: it finds every spelling, and longer addresses too.
    `exact` leaves those out, since joann@example.com is not ann@example.com. Without an address both find nothing."""

    rough: str
    exact: re.Pattern[str]


def spellings(email: str, phone: str) -> Spellings:
    """Of a lower-case address and an E.164 number; either may be empty."""
    found = [*([_email(email)] if email else ()), *([_phone(phone)] if phone else ())]
    exact = "|".join(exact for _, exact in found) or NOTHING
    return Spellings("|".join(rough for rough, _ in found), re.compile(exact, re.I))


def unnamed(key: str) -> str:
    """What takes the place of an id in which an address stands, and is as unique."""
    return f"{ERASED}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def whole_words(words: Iterable[str]) -> str:
    """The pattern of names, longest first: Ed is not in "subscribed"."""
    return "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(filter(None, words), key=len, reverse=True))


def _email(address: str) -> tuple[str, str]:
    """A hyphen before it parts it from a word, as in ids: cart-ann@example.com."""
    written = "".join(map(_sign, address))
    return written, rf"(?:(?<![\w.+])|{_ESCAPED}){written}(?![\w-]|\.\w)"


def _sign(sign: str) -> str:
    if sign.isascii() and sign.isalnum():
        return sign
    cases = sorted({sign, sign.upper()})
    ways = [
        way for one in cases for way in (re.escape(one), "".join(f"%{byte:02X}" for byte in one.encode()), _json(one))
    ]
    return f"(?:{'|'.join(ways)})"


def _json(sign: str) -> str:
    units = sign.encode("utf-16-be").hex()
    return "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _phone(number: str) -> tuple[str, str]:
    parsed = phonenumbers.parse(number, None)
    national = phonenumbers.national_significant_number(parsed)
    own, whole = _BETWEEN.join(national), _BETWEEN.join(f"{parsed.country_code}{national}")
    abroad = rf"{_BETWEEN.join(str(parsed.country_code))}{_BETWEEN}(?:0{_BETWEEN})?"
    begin, rough = (rf"(?:00{_BETWEEN})?(?:{abroad}|0{_BETWEEN})?", own) if len(national) >= _LONG else (abroad, whole)
    return rough, rf"(?:(?<![0-9])|{_ESCAPED}){begin}{own}(?![0-9])"
