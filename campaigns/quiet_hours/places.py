"""Where a shopper is, as far as anybody knows: the zones that count, from what they are known, and the rules that hold there."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as phone_zones

from campaigns.quiet_hours.regions import REGION_OF_AREA, ZONES_OF_AREA, ZONES_OF_REGION
from campaigns.quiet_hours.rules import Rule, rules_of

# Numbers for all of North America say 42 zones in 20 countries, which is to say nothing; Australia's mobiles say 8.
MOST_ZONES = 10
# The crown dependencies share the mobile numbers and the clock of the United Kingdom, and are named first.
_SAME_AS = {"GG": "GB", "JE": "GB", "IM": "GB"}


class Whereabouts(Protocol):
    """What is known of where somebody is: a shopper."""

    @property
    def phone(self) -> str | None: ...
    @property
    def timezone(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def region(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A message must be within hours in every zone, by every rule. `origin`: where the zones are known from, in words."""

    zones: tuple[str, ...]
    origin: str
    rules: tuple[Rule, ...]


def place_of(shopper: Whereabouts, store_zone: str, merchant_zone: str) -> Place:
    """The zone as stated, else by phone number, address, store, merchant. A country with many zones and no word on
    which: all of them. The rules are those of address, number and stated zone together, else of the zone that counts."""
    return _place(shopper.timezone, shopper.phone or "", shopper.country, shopper.region, store_zone, merchant_zone)


@lru_cache(maxsize=8192)
def _place(stated: str, phone: str, country: str, region: str, store_zone: str, merchant_zone: str) -> Place:
    country, region = country.upper(), region.upper()
    # Written out, or misspelled: a state that nobody knows may be a strict one.
    region = region if (country, region) in ZONES_OF_REGION else ""
    dialled = _of_phone(phone)
    known = (
        (_existing([stated]), "as the shopper stated"),
        (dialled.zones, "from the phone number"),
        (ZONES_OF_REGION.get((country, region), ()), "from the address"),
        (zones_of_country(country), "from the country"),
        (zones_of_country(dialled.place[0]), "from the phone number's country"),
        (_existing([store_zone]), "the store's"),
        (_existing([merchant_zone]), "the merchant's"),
        (("UTC",), "nobody knows where"),
    )
    zones, origin = next((zones, origin) for zones, origin in known if zones)
    named = _places((country, region), dialled.place, *_of_zones(_existing([stated])))
    return Place(zones, origin, rules_of(named or _of_zones(zones)))


def _places(*named: tuple[str, str]) -> list[tuple[str, str]]:
    """Those that name a country, once each; not one without a state where another names the state."""
    states = {country for country, region in named if region}
    return [one for one in dict.fromkeys(named) if one[0] and (one[1] or one[0] not in states)]


def _of_zones(zones: Iterable[str]) -> list[tuple[str, str]]:
    """The countries of zones that lie in one."""
    return [(country, "") for zone in zones if (country := _country_of_zone().get(zone))]


@dataclass(frozen=True, slots=True)
class _Dialled:
    place: tuple[str, str] = ("", "")
    zones: tuple[str, ...] = ()


def _of_phone(phone: str) -> _Dialled:
    """Country, state or province where it has rules of its own ("other" where not), and zones of a number; empty where it says nothing."""
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return _Dialled()
    country = phonenumbers.region_code_for_number(number) or ""
    if country in _SAME_AS:
        return _Dialled((_SAME_AS[country], ""), zones_of_country(_SAME_AS[country]))
    if not country.isalpha():
        return _Dialled()
    area = phone[2:5] if country in {"US", "CA"} else ""
    zones = ZONES_OF_AREA.get(area) or _existing(phone_zones.time_zones_for_number(number))
    if not 0 < len(zones) <= MOST_ZONES:
        return _Dialled((country, ""))
    return _Dialled((country, REGION_OF_AREA.get(area, "other") if area else ""), zones)


@lru_cache(maxsize=300)
def zones_of_country(country: str) -> tuple[str, ...]:
    """Every zone of a country (ISO 3166-1), after the time zone database; none for one it does not know."""
    return _existing(zone for zone, code in _country_of_zone().items() if country and code == country)


@cache
def _country_of_zone() -> dict[str, str]:
    lines = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines()
    fields = [line.split("\t") for line in lines if not line.startswith("#")]
    return {zone: code for code, _, zone, *_ in fields}


def _existing(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name and _exists(name))


@lru_cache(maxsize=700)
def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
