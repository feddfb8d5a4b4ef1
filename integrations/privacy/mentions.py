"""Whom of many people a text names, in one reading of the text, however many they are. Pure.

What stands around each @, and runs of digits, are looked up; who is found that way is then looked for exactly (`spellings`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import phonenumbers

from integrations.privacy.spellings import Spellings

_JSON_ESCAPES = re.compile(r"(?:\\u[0-9a-f]{4})+")
# An escaped sign, or one outside of ASCII: no letter or digit is ever written so.
_LINK_ESCAPES = re.compile(r"(?:%[2-7][0-9a-f]|%[c-f][0-9a-f](?:%[89ab][0-9a-f])+)+")
_ANY_ESCAPE = re.compile(r"%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[nrt]")
_DOMAIN = re.compile(r"[\w.-]+")
_DIGITS = re.compile(r"[0-9]+")
_RUN = re.compile(r"[0-9]+(?:[ ().\-/+]{1,4}[0-9]+)*")
# "00", a country's three digits, "0" and the fourteen of a number at most.
_LONGEST = 20


class Mentions:
    """The addresses of people by primary key, each a lower-case email and an E.164 number, either of which may be empty."""

    def __init__(self, addresses: Mapping[int, tuple[str, str]], named: Mapping[int, Spellings]) -> None:
        self._named = named
        self._by_domain: dict[str, dict[str, int]] = defaultdict(dict)
        self._by_digits: dict[str, set[int]] = defaultdict(set)
        for pk, (email, phone) in addresses.items():
            name, _, domain = email.rpartition("@")
            if name:
                self._by_domain[domain][name] = pk
            for form in _forms(phone) if phone else ():
                self._by_digits[form].add(pk)
        self._longest = max((len(name) for names in self._by_domain.values() for name in names), default=0)

    def whose(self, text: str) -> set[int]:
        """Those whose address stands in the text, and not only a longer one."""
        lower = text.lower()
        found = {*self._emails(lower), *self._phones(lower)}
        if "%" in lower or "\\" in lower:
            found |= {*self._emails(_unescaped(lower)), *self._phones(_ANY_ESCAPE.sub(" ", lower))}
        return {pk for pk in found if self._named[pk].exact.search(text)}

    def _emails(self, text: str) -> Iterator[int]:
        at = text.find("@")
        while at >= 0:
            domain = _DOMAIN.match(text, at + 1)
            names = self._by_domain.get(domain.group().rstrip(".-")) if domain else None
            if names:
                starts = range(max(0, at - self._longest), at)
                yield from (names[text[start:at]] for start in starts if text[start:at] in names)
            at = text.find("@", at + 1)

    def _phones(self, text: str) -> Iterator[int]:
        if not self._by_digits:
            return
        for run in _RUN.finditer(text):
            chunks = _DIGITS.findall(run.group())
            for first in range(len(chunks)):
                joined = ""
                for chunk in chunks[first:]:
                    joined += chunk
                    if len(joined) > _LONGEST:
                        break
                    yield from self._by_digits.get(joined, ())


def _unescaped(text: str) -> str:
    return _LINK_ESCAPES.sub(lambda found: unquote(found.group()).lower(), _JSON_ESCAPES.sub(_from_json, text))


def _from_json(found: re.Match[str]) -> str:
    units = bytes.fromhex(found.group().replace("\\u", ""))
    return units.decode("utf-16-be", errors="replace").lower()


def _forms(phone: str) -> set[str]:
    """The digits of a number as it may be dialled; `spellings` says which of them count."""
    parsed = phonenumbers.parse(phone, None)
    own, country = phonenumbers.national_significant_number(parsed), str(parsed.country_code)
    return {f"{out}{code}{own}" for out in ("", "00") for code in ("", "0", country, f"{country}0")}
