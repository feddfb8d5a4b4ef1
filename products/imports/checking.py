"""Whether a row is a product, and if not, everything that is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from aiq.lib.currencies import CODES
from aiq.lib.fields import FieldProblem, Id, Price, unturned
from aiq.lib.weblinks import link
from products.facts import ProductFact, StockFact
from products.imports import google
from products.imports.rows import Problem, SourceRow
from products.models import FeedFormat

ALIASES = {
    "id": "key",
    "product_id": "key",
    "title": "name",
    "image_link": "image",
    "link": "url",
    "availability": "in_stock",
}
YES = frozenset({"yes", "y", "true", "1", "in stock", "available"})
NO = frozenset({"no", "n", "false", "0", "out of stock", "sold out", "unavailable"})
# Can be ordered, cannot be sent: neither yes nor no, so a line stays and it is offered to nobody.
LATER = frozenset({"preorder", "pre order", "backorder", "back order"})
MAX_QUANTITY = 1_000_000_000
_AMOUNT = re.compile(r"(?:([A-Z]{3})\s*|[$€£]\s*)?([\d.,]+)\s*(?:([A-Z]{3})|[$€£])?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"(?:\d+|\d{1,3}(?:\.\d{3})+),\d{1,2}")
T = TypeVar("T")


@dataclass(slots=True)
class Checked:
    """`fact` is None where the row is left out. `key` is told even then, where it could be read."""

    fact: ProductFact | None = None
    key: str = ""
    problems: list[Problem] = field(default_factory=list)


def check(row: SourceRow, feed_format: str, currency: str, as_of: datetime) -> Checked:
    """A row of a file of that format. Prices without a currency are in `currency`, the merchant's own."""
    if row.problem:
        return Checked(problems=[Problem(row.line, "", row.problem)])
    googles = feed_format != FeedFormat.CSV
    values = google.in_our_words(row.values, as_of) if googles else _ours(row.values)
    reading = _Reading(row.line, values)
    fact = reading.fact(currency, as_of, google.attributes(row.values) if googles else ())
    left_out = any(not problem.kept for problem in reading.problems)
    return Checked(None if left_out else fact, fact.key.replace("\0", ""), reading.problems)


def _ours(values: Mapping[str, str]) -> dict[str, str]:
    aliased = {ALIASES[name]: text for name, text in values.items() if name in ALIASES}
    return aliased | {name: text for name, text in values.items() if name not in ALIASES}


class _Reading:
    """Reads the values of one row, and gathers what is wrong instead of stopping at it."""

    def __init__(self, line: int, values: Mapping[str, str]) -> None:
        self.line, self.values = line, values
        self.problems: list[Problem] = []

    def fact(self, currency: str, as_of: datetime, attributes: tuple[tuple[str, str], ...]) -> ProductFact:
        for name, text in self.values.items():
            if "\0" in text:
                self._wrong(name, "Holds a character that is no text.")
        sku = self._value("sku", Id.read) or ""
        key = self._value("key", Id.read) or sku
        if not key and not self.problems:
            self._wrong("key", "A product needs its key: the id that its carts use.")
        price, stated = self._amount("price")
        before, _ = self._amount("compare_at_price")
        return ProductFact(
            key=key,
            sku=sku,
            price=price,
            compare_at_price=before,
            currency=self._currency() or stated or (currency if price is not None else ""),
            image=self._link("image"),
            url=self._link("url"),
            group=self._value("group", Id.read) or "",
            attributes=attributes,
            updated_at=as_of,
            stock=self._stock(as_of),
            name=unturned(self.values.get("name", "")),
            brand=unturned(self.values.get("brand", "")),
            category=unturned(self.values.get("category", "")),
        )

    def _value(self, name: str, read: Callable[[str], T]) -> T | None:
        text = self.values.get(name, "")
        try:
            return read(text) if text else None
        except FieldProblem as problem:
            self._wrong(name, problem.detail)
            return None

    def _amount(self, name: str) -> tuple[Decimal | None, str]:
        return self._value(name, amount) or (None, "")

    def _currency(self) -> str:
        code = self.values.get("currency", "").upper()
        if code and code not in CODES:
            self._wrong("currency", "Not a currency of ISO 4217, like USD.")
        return code

    def _link(self, name: str) -> str:
        text = self.values.get(name, "")
        kept = link(text) if text else ""
        if text and not kept:
            self._wrong(name, "Not an address that begins with https:// or http://; recorded without it.", kept=True)
        return kept

    def _stock(self, as_of: datetime) -> tuple[StockFact, ...]:
        location = self._value("location", Id.read) or ""
        quantity = self._value("quantity", whole_number)
        in_stock = {"yes": True, "no": False}.get(self._value("in_stock", yes_or_no) or "")
        if quantity is None and in_stock is None:
            return ()
        return (StockFact(location=location, quantity=quantity, in_stock=in_stock, as_of=as_of),)

    def _wrong(self, name: str, detail: str, *, kept: bool = False) -> None:
        value = self.values.get(name, "").replace("\0", "\ufffd")[:200]
        self.problems.append(Problem(self.line, name, detail, value, kept))


def amount(text: str) -> tuple[Decimal, str]:
    """ "12.99", "12.99 USD", "$1,299.00", "12,99 EUR": the number and the currency, "" where none is named. Raises
    `FieldProblem`."""
    found = _AMOUNT.fullmatch(text.strip(), 0, 60)
    if not found:
        raise FieldProblem("price", "Must be at least 0, written like 45.00 or 45.00 USD.")
    number, currency = found[2], found[1] or found[3] or ""
    if currency and currency not in CODES:
        raise FieldProblem("currency", "Not a currency of ISO 4217, like USD.")
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(number):
        number = number.replace(".", "").replace(",", ".")
    return Price.read(number), currency


def whole_number(text: str) -> int:
    """ "12", "12.0", "-3". Raises `FieldProblem`."""
    if not re.fullmatch(r"[+-]?\d{1,10}(\.0+)?", text) or abs(number := int(text.partition(".")[0])) > MAX_QUANTITY:
        raise FieldProblem("quantity", "Must be a whole number, written like 12.")
    return number


def yes_or_no(text: str) -> str:
    """ "yes", "no", or "" where it can be ordered and not be sent. Raises `FieldProblem`."""
    word = text.strip().lower().replace("_", " ").replace("-", " ")
    if word in LATER:
        return ""
    if word in YES | NO:
        return "yes" if word in YES else "no"
    raise FieldProblem("in_stock", "Must be yes or no, or Google's in_stock, out_of_stock, preorder, backorder.")
