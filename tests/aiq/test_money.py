"""Money and days as people read them, each in their own language."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, get_currency_precision

from aiq.lib.locales import known_locale, long_date
from aiq.lib.money import money


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "expected"),
    [
        ("12.5", "USD", "en_US", "$12.50"),
        ("1234.5", "EUR", "de_DE", "1.234,50 €"),
        ("1234.5", "CAD", "fr_CA", "1 234,50 $"),
        ("-3", "BRL", "pt_BR", "-R$ 3,00"),
        ("1234567", "INR", "en_IN", "₹12,34,567.00"),
        ("30", "CHF", "en_US", "CHF 30.00"),
        ("30", "chf", "en_US", "CHF 30.00"),
        ("1250.5", "JPY", "en_US", "¥1,251"),
        ("1.2345", "KWD", "en_US", "KWD 1.235"),
        ("2", "XYZ", "en_US", "XYZ 2.00"),
        ("1234.5", "", "de_DE", "1.234,50"),
        ("-0.001", "USD", "en_US", "$0.00"),
        ("0.125", "USD", "en_US", "$0.13"),
    ],
)
def test_money_reads_as_it_is_written_there(amount: str, currency: str, locale: str, expected: str) -> None:
    assert money(Decimal(amount), currency, locale).replace("\xa0", " ") == expected


def test_no_amount_is_no_text() -> None:
    assert money(None, "USD") == ""


def test_money_is_babels_in_every_language_but_for_the_space_that_babel_forgets() -> None:
    for locale in locale_identifiers():
        parsed = Locale.parse(locale)
        for currency in ("USD", "CHF", "JPY", "KWD", "XYZ"):
            unit = Decimal(1).scaleb(-get_currency_precision(currency))
            for amount in map(Decimal, ("0", "7.5", "999.995", "12345678.9", "-1234.5")):
                expected = format_currency(amount.quantize(unit, ROUND_HALF_UP), currency, locale=parsed)
                written = money(amount, currency, locale)
                assert written.replace("\xa0", "") == expected.replace("\xa0", ""), locale


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("fr-CA",), "fr_CA"),
        (("de_DE.UTF-8", "fr"), "de_DE"),
        (("EN-us",), "en_US"),
        (("de-XX",), "de"),
        (("zh-Hant-TW",), "zh_Hant_TW"),
        (("", "es"), "es"),
        (("garbage", "../../etc/passwd", "\0", "x" * 5000, "pt-BR"), "pt_BR"),
        (("", "??"), "en_US"),
        ((), "en_US"),
    ],
)
def test_a_language_is_understood_as_stores_and_browsers_spell_it(wanted: tuple[str, ...], expected: str) -> None:
    assert known_locale(*wanted) == expected


def test_a_day_has_its_month_in_words() -> None:
    day = date(2026, 12, 1)
    assert [long_date(day), long_date(day, "de_DE"), long_date(day, "es")] == [
        "December 1, 2026",
        "1. Dezember 2026",
        "1 de diciembre de 2026",
    ]
