"""Which language a person reads, as stores and browsers spell it, and how dates are written in it. After CLDR, by Babel."""

from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

FALLBACK = "en_US"


def known_locale(*wanted: str) -> str:
    """The first of these that CLDR knows, in its spelling ("de_DE"); "en_US" if none is.

    Takes BCP 47 ("pt-BR") and POSIX ("de_DE.UTF-8"); of an unknown country the language alone stands.
    """
    return next((found for one in wanted if (found := _known(one))), FALLBACK)


@lru_cache(maxsize=512)
def long_date(day: date, locale: str = FALLBACK) -> str:
    """The day with its month in words: "December 1, 2026", "1. Dezember 2026". `locale` as `known_locale` gives it."""
    return format_date(day, "long", locale)


@lru_cache(maxsize=1024)
def _known(wanted: str) -> str:
    name = wanted.partition(".")[0].partition("@")[0].replace("-", "_")[:32]
    while name:
        try:
            return str(Locale.parse(name))
        except (ValueError, UnknownLocaleError):
            name = name.rpartition("_")[0]
    return ""
