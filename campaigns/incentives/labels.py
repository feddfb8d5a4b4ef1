"""What a discount gives, in the words of a message: "15% off", "5,00 € Rabatt". Pure.

The words are short enough to be our own for the languages we write starters in; another language reads them in English.
"""

import re
from decimal import Decimal

from aiq.lib.locales import FALLBACK
from aiq.lib.money import money
from campaigns.models import DiscountKind

_WORDS = {
    "en": ("{} off", "Free shipping"),
    "es": ("{} de descuento", "Envío gratis"),
    "fr": ("{} de réduction", "Livraison offerte"),
    "de": ("{} Rabatt", "Versandkostenfrei"),
}
_CENTS = re.compile(r"[.,]00(?!\d)")
_SPACED_PERCENT = frozenset({"es", "fr", "de"})


def gives(kind: str, value: Decimal | None, currency: str, locale: str = FALLBACK) -> str:
    """`locale` as `aiq.lib.locales.known_locale` gives it."""
    language = locale.partition("_")[0]
    off, free_shipping = _WORDS.get(language, _WORDS["en"])
    if kind == DiscountKind.FREE_SHIPPING or value is None:
        return free_shipping
    if kind == DiscountKind.AMOUNT:
        return off.format(_short(money(value, currency, locale), whole=value == value.to_integral_value()))
    return off.format(_percent(value, language, locale))


def _percent(value: Decimal, language: str, locale: str) -> str:
    number = money(value, "", locale)
    number = number[:-3] if value == value.to_integral_value() else number.rstrip("0")
    return f"{number}\xa0%" if language in _SPACED_PERCENT else f"{number}%"


def _short(amount: str, *, whole: bool) -> str:
    """ "$5 off" rather than "$5.00 off"."""
    return _CENTS.sub("", amount) if whole else amount
