"""Amounts of money as people read them, in their own language: `$12.50`, `12,50 €`, `CHF 30.00`. The one place that decides how.

The patterns are CLDR's, taken apart once per currency and language: Babel's own formatting takes ten times as long, and
a mail shows several amounts.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

from aiq.lib.locales import FALLBACK


@dataclass(frozen=True, slots=True)
class _Style:
    """What stands around the number, first of amounts from 0 and then below; its smallest unit; its marks."""

    before: tuple[str, str]
    after: tuple[str, str]
    unit: Decimal
    point: str
    group: str
    first: int
    others: int


@lru_cache(maxsize=4096)
def money(amount: Decimal | None, currency: str, locale: str = FALLBACK) -> str:
    """The amount rounded to the currency's smallest unit; no amount: no text. No currency: the bare number.

    `locale` as `aiq.lib.locales.known_locale` gives it.
    """
    if amount is None:
        return ""
    style = _style(currency, locale)
    rounded = amount.quantize(style.unit, rounding=ROUND_HALF_UP)
    negative = rounded < 0
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    number = _grouped(whole, style) + (style.point + fraction if fraction else "")
    return style.before[negative] + number + style.after[negative]


def _grouped(whole: str, style: _Style) -> str:
    if len(whole) <= style.first:
        return whole
    at, parts = len(whole) - style.first, [whole[-style.first :]]
    while at > 0:
        parts.append(whole[max(0, at - style.others) : at])
        at -= style.others
    return style.group.join(reversed(parts))


@lru_cache(maxsize=1024)
def _style(currency: str, locale: str) -> _Style:
    code, known = currency.upper(), Locale.parse(locale)
    pattern = known.currency_formats["standard"] if code else known.decimal_formats[None]
    symbol = get_currency_symbol(code, known) if code else ""
    marks = known.number_symbols.get("latn") or {}
    first, others = pattern.grouping
    return _Style(
        before=(_before(pattern.prefix[0], symbol), _before(pattern.prefix[1], symbol)),
        after=(_after(pattern.suffix[0], symbol), _after(pattern.suffix[1], symbol)),
        unit=Decimal(1).scaleb(-get_currency_precision(code)) if code else Decimal("0.01"),
        point=marks.get("decimal", "."),
        group=marks.get("group", ","),
        first=first,
        others=others,
    )


def _before(affix: str, symbol: str) -> str:
    """CLDR's currencySpacing, which Babel leaves out: letters do not touch the number (`CHF 30`, not `CHF30`)."""
    text = affix.replace("¤", symbol)
    return f"{text}\xa0" if "¤" in affix and text[-1:].isalpha() else text


def _after(affix: str, symbol: str) -> str:
    text = affix.replace("¤", symbol)
    return f"\xa0{text}" if "¤" in affix and text[:1].isalpha() else text
