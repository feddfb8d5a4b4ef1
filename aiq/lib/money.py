"""Amounts of money as people read them: `$12.50`, `€8`, `CHF 30.00`. The one place that decides how."""

from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "CAD": "CA$",
    "AUD": "A$",
    "NZD": "NZ$",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "ILS": "₪",
}
# Minor units of ISO 4217, where they are not two.
DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def money(amount: Decimal | None, currency: str) -> str:
    """The amount rounded to the currency's minor unit, thousands apart; no amount: no text. No currency: the bare number."""
    if amount is None:
        return ""
    unit = Decimal(1).scaleb(-DIGITS.get(currency, 2))
    rounded = amount.quantize(unit, rounding=ROUND_HALF_UP)
    sign = "-" if rounded < 0 else ""
    return f"{sign}{_prefix(currency)}{abs(rounded):,}"


def _prefix(currency: str) -> str:
    return SYMBOLS.get(currency) or (f"{currency} " if currency else "")
