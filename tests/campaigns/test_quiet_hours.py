"""When a message may leave: each rule with its source, where a shopper is, and the moments that are allowed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import geocoder
from phonenumbers.tzdata import TIMEZONE_DATA

from campaigns.quiet_hours import GRACE, RULES, VERSION, Place, look, place_of
from campaigns.quiet_hours.looking import clock
from campaigns.quiet_hours.places import zones_of_country
from campaigns.quiet_hours.rules import MORE_HOLIDAYS, STRICTEST, Rule

HOLIDAY = {"ZA": date(2026, 9, 24), "FR": date(2026, 7, 14), "ES": date(2026, 10, 12), "IT": date(2026, 6, 2)}
TEXTS = {"named": "texts are named", "calls": "for calls; we keep it for texts", "ours": "ours"}


@dataclass
class Person:
    phone: str | None = None
    timezone: str = ""
    country: str = ""
    region: str = ""


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def place(zone: str, rule: Rule) -> Place:
    return Place((zone,), "as the shopper stated", (rule,))


# The week of Monday 30 November 2026: first and last allowed minute of a weekday, of Saturday and of Sunday.
HOURS = {
    "US": ("8:00–21:00", "8:00–21:00", "8:00–21:00"),
    "US-AL": ("8:00–20:00", "8:00–20:00", ""),
    "US-CA": ("9:00–21:00", "9:00–21:00", "9:00–21:00"),
    "US-CT": ("9:00–20:00", "9:00–20:00", "9:00–20:00"),
    "US-FL": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-IL": ("9:00–21:00", "9:00–21:00", "9:00–21:00"),
    "US-KY": ("10:00–21:00", "10:00–21:00", "10:00–21:00"),
    "US-LA": ("8:00–20:00", "8:00–20:00", ""),
    "US-MA": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-MD": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-MI": ("9:00–21:00", "9:00–21:00", "9:00–21:00"),
    "US-MN": ("9:00–21:00", "9:00–21:00", "9:00–21:00"),
    "US-MS": ("8:00–20:00", "8:00–20:00", ""),
    "US-NM": ("9:00–21:00", "9:00–21:00", "9:00–21:00"),
    "US-NV": ("9:00–20:00", "9:00–20:00", "9:00–20:00"),
    "US-OK": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-OR": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-PA": ("9:00–19:00", "9:00–19:00", ""),
    "US-RI": ("9:00–18:00", "10:00–17:00", ""),
    "US-SD": ("9:00–21:00", "", ""),
    "US-TX": ("9:00–21:00", "9:00–21:00", "12:00–21:00"),
    "US-UT": ("8:00–21:00", "8:00–21:00", ""),
    "US-WA": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "US-WY": ("8:00–20:00", "8:00–20:00", "8:00–20:00"),
    "CA": ("9:00–21:30", "10:00–18:00", "10:00–18:00"),
    "CA-BC": ("9:00–21:30", "10:00–18:00", "10:00–18:00"),
    "GB": ("9:00–20:00", "9:00–20:00", "9:00–20:00"),
    "FR": ("8:00–20:00", "8:00–20:00", ""),
    "DE": ("9:00–20:00", "9:00–20:00", "9:00–20:00"),
    "ES": ("9:00–21:00", "", ""),
    "IT": ("10:00–19:00", "10:00–19:00", ""),
    "AU": ("9:00–20:00", "9:00–17:00", ""),
    "BR": ("9:00–20:00", "9:00–20:00", "9:00–20:00"),
    "IN": ("10:00–21:00", "10:00–21:00", "10:00–21:00"),
    "KR": ("8:00–21:00", "8:00–21:00", "8:00–21:00"),
    "ZA": ("8:00–20:00", "9:00–13:00", ""),
    "AE": ("7:00–21:00", "7:00–21:00", "7:00–21:00"),
}


# Hours begin and end at a full or a half hour: each minute around those, and every tenth between.
MINUTES = [n for n in range(1440) if n % 30 in (0, 1, 10, 20, 28, 29)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.country}-{rule.region}".strip("-"))
def test_each_rule_allows_its_hours_and_no_minute_more(rule: Rule) -> None:
    assert rule.source
    assert rule.url.startswith("http")
    for first, days in zip(HOURS[f"{rule.country}-{rule.region}".strip("-")], ((0, 4), (5,), (6,)), strict=True):
        for day in days:
            midnight = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(days=day)
            allowed = [n for n in MINUTES if look(place("UTC", rule), midnight + timedelta(minutes=n)).not_after]
            assert first == (f"{clock(allowed[0])}–{clock(allowed[-1] + 2)}" if allowed else "")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.holidays], ids=lambda rule: rule.name)
def test_where_a_rule_names_holidays_nothing_leaves_on_one(rule: Rule) -> None:
    noon = datetime.combine(HOLIDAY.get(rule.country, date(2026, 12, 25)), datetime.min.time(), UTC).replace(hour=12)
    found = look(place("UTC", rule), noon)
    assert found.not_after is None
    assert found.opens
    assert found.opens.date() > noon.date()
    assert "not on " in found.saw


@pytest.mark.parametrize(
    ("state", "day", "free"),
    [
        ("PA", "2027-03-26", False),  # Good Friday
        ("PA", "2027-06-14", False),  # Flag Day
        ("PA", "2026-11-03", False),  # election day
        ("PA", "2026-11-10", True),
        ("RI", "2026-11-03", False),
        ("RI", "2027-03-26", True),
        ("LA", "2027-02-09", False),  # Mardi Gras
        ("AL", "2027-04-26", False),  # Confederate Memorial Day
        ("UT", "2026-07-24", False),  # Pioneer Day
        ("MS", "2026-11-26", True),
        ("TX", "2026-12-25", True),
    ],
)
def test_states_have_legal_holidays_of_their_own(state: str, day: str, free: bool) -> None:
    (rule,) = (rule for rule in RULES if (rule.country, rule.region) == ("US", state))
    assert bool(look(place("America/New_York", rule), at(f"{day} 12:00", "America/New_York")).not_after) == free


def test_an_area_code_of_a_state_with_rules_of_its_own_brings_them() -> None:
    states = {rule.name: rule.name for rule in RULES if rule.region} | {"Washington State": "Washington"}
    for area in range(201, 990):
        number = f"+1{area}5550142"
        if state := states.get(geocoder.description_for_number(phonenumbers.parse(number), "en")):
            assert state in {rule.name for rule in place_of(Person(number), "", "").rules}, area


@pytest.mark.parametrize(
    ("person", "zones", "origin", "rules"),
    [
        (Person("+13035551234"), ["America/Denver"], "from the phone number", ["United States"]),
        (Person("+13055551234"), ["America/New_York"], "from the phone number", ["United States", "Florida"]),
        (
            Person("+13055551234", "America/Denver", "US", "TX"),
            ["America/Denver"],
            "as the shopper stated",
            ["United States", "Texas", "Florida"],
        ),
        (
            Person(None, "", "US", "TX"),
            ["America/Chicago", "America/Denver"],
            "from the address",
            ["United States", "Texas"],
        ),
        (Person(None, "", "us", "co"), ["America/Denver"], "from the address", ["United States"]),
        (
            Person("+18005551234", "Etc/GMT+5", "US", "Florida"),
            ["Etc/GMT+5"],
            "as the shopper stated",
            ["United States", "Anywhere else"],
        ),
        (Person(None, "", "FR"), ["Europe/Paris"], "from the country", ["France"]),
        (Person("+447911123456"), ["Europe/London"], "from the phone number", ["United Kingdom"]),
        (Person("+18005551234", "", "US", "CO"), ["America/Denver"], "from the address", ["United States"]),
        (Person("+919876543210"), ["Asia/Calcutta"], "from the phone number", ["India"]),
        (Person(None, "Not/AZone"), ["America/Chicago"], "the store's", ["United States", "Anywhere else"]),
        (Person(None, "Europe/Madrid"), ["Europe/Madrid"], "as the shopper stated", ["Spain"]),
        (Person(None, "Etc/GMT-3"), ["Etc/GMT-3"], "as the shopper stated", ["Anywhere else"]),
        (
            Person("+13035551234", "Europe/Madrid"),
            ["Europe/Madrid"],
            "as the shopper stated",
            ["United States", "Spain"],
        ),
        (Person("+13035551234", "", "FR"), ["America/Denver"], "from the phone number", ["France", "United States"]),
    ],
)
def test_where_a_shopper_is_comes_from_what_is_known_best(
    person: Person, zones: list[str], origin: str, rules: list[str]
) -> None:
    found = place_of(person, "America/Chicago", "Europe/Berlin")
    assert (list(found.zones), found.origin, [rule.name for rule in found.rules]) == (zones, origin, rules)


@pytest.mark.parametrize("person", [Person("+18005551234"), Person(None, "", "US")])
def test_a_country_without_a_word_on_the_zone_counts_in_every_zone_it_has(person: Person) -> None:
    found = place_of(person, "America/Chicago", "")
    assert set(found.zones) == set(zones_of_country("US"))
    assert STRICTEST in found.rules
    assert look(found, at("2026-11-24 13:00", "America/New_York")).opens == at("2026-11-24 09:00", "Pacific/Honolulu")
    assert look(found, at("2026-11-24 15:00", "America/New_York")).not_after == at(
        "2026-11-24 19:59", "America/New_York"
    )


def test_of_a_phone_number_with_several_zones_all_must_be_within_hours() -> None:
    mobile = place_of(Person("+61412345678"), "", "")
    perth, lord_howe = at("2026-11-24 09:00", "Australia/Perth"), at("2026-11-24 19:59", "Australia/Lord_Howe")
    assert look(mobile, perth + timedelta(minutes=120)).not_after == lord_howe
    assert "one of 8 zones" in look(mobile, perth - timedelta(hours=1)).saw


def test_an_area_code_counts_in_every_zone_that_a_number_of_it_may_be_in() -> None:
    def clocks(zones: tuple[str, ...]) -> set[timedelta | None]:
        return {ZoneInfo(zone).utcoffset(datetime(2026, 12, 1, tzinfo=ZoneInfo(zone))) for zone in zones}

    told = [(prefix[1:4], zones) for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith("1")]
    known = {area: place_of(Person(f"+1{area}5550142"), "", "") for area, _ in told if len(area) == 3}
    by_area = {area: clocks(found.zones) for area, found in known.items() if found.origin == "from the phone number"}
    assert {area for area, zones in told if not clocks(zones) <= by_area.get(area, clocks(zones))} == set()
    assert len(by_area) > 300


def test_what_is_seen_names_clock_zone_origin_and_source() -> None:
    found = look(place_of(Person("+13035551234"), "", ""), at("2026-11-24 20:41", "America/Denver"))
    assert (
        found.saw
        == f"20:41 in America/Denver, from the phone number; allowed 8:00–21:00, 47 CFR 64.1200(c)(1) (rules of {VERSION})"
    )


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("America/New_York", "2026-03-07 22:00", "2026-03-08 08:00"),  # spring: 23 hours lie between
        ("America/New_York", "2026-10-31 22:00", "2026-11-01 08:00"),  # autumn: 25
        ("America/New_York", "2026-03-08 03:30", "2026-03-08 08:00"),
        ("Australia/Lord_Howe", "2026-10-04 01:00", "2026-10-04 08:00"),  # half an hour
    ],
)
def test_a_change_of_the_clock_moves_the_hours_with_it(zone: str, now: str, opens: str) -> None:
    assert look(place(zone, RULES[0]), at(now, zone)).opens == at(opens, zone)


@pytest.mark.parametrize(
    ("zone", "opens", "ends"),
    [
        ("Asia/Kathmandu", "2026-11-24 02:15", "2026-11-24 15:14"),  # five hours and three quarters
        ("America/St_Johns", "2026-11-24 11:30", "2026-11-25 00:29"),
        (
            "Pacific/Chatham",
            "2026-09-25 19:15",
            "2026-09-26 08:14",
        ),  # twelve and three quarters; the clock moves in the next night
        ("Pacific/Chatham", "2026-09-26 18:15", "2026-09-27 07:14"),
        ("Australia/Lord_Howe", "2026-10-02 21:30", "2026-10-03 10:29"),
        ("Australia/Lord_Howe", "2026-10-03 21:00", "2026-10-04 09:59"),
        ("America/New_York", "2026-10-31 12:00", "2026-11-01 00:59"),
        ("America/New_York", "2026-11-01 13:00", "2026-11-02 01:59"),
        ("America/New_York", "2026-03-07 13:00", "2026-03-08 01:59"),
        ("America/New_York", "2026-03-08 12:00", "2026-03-09 00:59"),
    ],
)
def test_8_to_21_by_the_clock_there_is_told_in_moments_that_everybody_shares(zone: str, opens: str, ends: str) -> None:
    there = place(zone, RULES[0])
    assert look(there, at(opens) - timedelta(seconds=1)).opens == at(opens)
    assert look(there, at(opens)).not_after == at(ends)


@pytest.mark.parametrize(
    ("person", "opens", "ends"),
    [
        # Pensacola may be meant, or Tallahassee.
        (Person("+18505550142"), ("2026-11-24 08:00", "America/Chicago"), ("2026-11-24 19:59", "America/New_York")),
        # Gary, or South Bend.
        (Person("+12195550142"), ("2026-11-24 08:00", "America/Chicago"), ("2026-11-24 20:59", "America/New_York")),
        # Phoenix has no summer time, the Navajo Nation has; on the Sunday it ends they agree again.
        (Person("+19285550142"), ("2026-10-31 08:00", "America/Phoenix"), ("2026-10-31 20:59", "America/Denver")),
        (Person("+19285550142"), ("2026-11-01 08:00", "America/Phoenix"), ("2026-11-01 20:59", "America/Phoenix")),
        (Person(None, "", "US", "TX"), ("2026-11-24 09:00", "America/Denver"), ("2026-11-24 20:59", "America/Chicago")),
        (
            Person(None, "", "US", "KY"),
            ("2026-11-24 10:00", "America/Chicago"),
            ("2026-11-24 20:59", "America/New_York"),
        ),
    ],
)
def test_where_two_zones_may_be_meant_the_hours_of_both_hold(
    person: Person, opens: tuple[str, str], ends: tuple[str, str]
) -> None:
    found = place_of(person, "", "")
    assert look(found, at(*opens) - timedelta(seconds=1)).opens == at(*opens)
    assert look(found, at(*opens)).not_after == at(*ends)


MOMENTS = st.integers(0, 5 * 365 * 1440).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
PEOPLE = st.builds(
    Person,
    st.sampled_from(
        [
            None,
            "+13055551234",
            "+14015551234",
            "+19285551234",
            "+18505551234",
            "+18005551234",
            "+61412345678",
            "+33612345678",
            "+393123456789",
        ]
    ),
    st.sampled_from(
        [
            "",
            "",
            "America/St_Johns",
            "Asia/Kathmandu",
            "America/Nuuk",
            "Antarctica/Troll",
            "Pacific/Apia",
            "Pacific/Chatham",
        ]
    ),
    st.sampled_from(["", "US", "CA", "FR", "ES", "RU", "BR", "ZA"]),
    st.sampled_from(["", "TX", "RI", "QC", "PA", "BC"]),
)


@given(PEOPLE, MOMENTS)
@settings(max_examples=150, deadline=None)
def test_the_moment_chosen_is_allowed_and_none_before_it_is(person: Person, now: datetime) -> None:
    found = place_of(person, "America/Chicago", "UTC")
    looked = look(found, now)
    if looked.not_after:
        assert now < looked.not_after
        assert look(found, looked.not_after - timedelta(seconds=1)).not_after == looked.not_after
        assert look(found, looked.not_after).not_after is None
    elif looked.opens:
        assert look(found, looked.opens).not_after
        quarters = range(ceil((looked.opens - now) / timedelta(minutes=15)))
        assert not any(look(found, now + quarter * timedelta(minutes=15)).not_after for quarter in quarters)
        assert not look(found, looked.opens - timedelta(seconds=1)).not_after


def test_the_last_minute_is_left_to_the_group_under_way() -> None:
    denver = place("America/Denver", RULES[0])
    assert (
        look(denver, at("2026-11-24 20:58:59", "America/Denver")).not_after
        == at("2026-11-24 21:00", "America/Denver") - GRACE
    )
    assert look(denver, at("2026-11-24 20:59", "America/Denver")).not_after is None


def test_whoever_changes_a_rule_gives_the_rules_a_new_version() -> None:
    more = sorted((place, sorted(names)) for place, names in MORE_HOLIDAYS.items())
    assert (VERSION, crc32(repr((RULES, STRICTEST, more)).encode())) == ("2026-11-24.3", 752610553)


def test_the_table_of_rules_is_the_one_that_is_kept() -> None:
    rows = [
        f"| {rule.name} | {' | '.join(hours or 'none' for hours in HOURS[f'{rule.country}-{rule.region}'.strip('-')])} |"
        f" {'none' if rule.holidays else ''} | {TEXTS[rule.texts]} | [{rule.source}]({rule.url}) |"
        for rule in RULES
    ]
    page = Path(__file__).parents[2].joinpath("docs/quiet-hours.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("| ")][1:] == rows
    assert f"Rules of {VERSION};" in page
