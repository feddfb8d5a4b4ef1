"""Whether a message may leave at a moment, until when, and if not, from when. Pure. Clocks on the wall decide, each in its zone:
a change of the clock moves the hours with it, and comes at night, outside the hours of any rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from campaigns.quiet_hours.places import Place
from campaigns.quiet_hours.rules import DAYS, ELECTION_DAY, FLAG_DAY, GOOD_FRIDAY, MORE_HOLIDAYS, VERSION, Rule

# The last minute of the hours is left to the group under way: what is handed over then still arrives within them.
GRACE = timedelta(minutes=1)
LOOK_AHEAD = timedelta(days=14)
_DAY = timedelta(days=1)
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Looked:
    """What the clock said. `not_after`: it may leave, before this moment. `opens`: it may not before; neither: not within two weeks."""

    saw: str
    not_after: datetime | None = None
    opens: datetime | None = None


def look(place: Place, now: datetime) -> Looked:
    """What quiet hours say at `now`; of several zones and rules the one that forbids is told, or the one that ends first."""
    pairs = [(zone, rule) for zone in _distinct(place.zones, now.date()) for rule in place.rules]
    for zone, rule in pairs:
        if not _within(zone, rule, now):
            opens = next((at for at in _openings(pairs, now) if all(_within(*pair, at) for pair in pairs)), None)
            return Looked(_words(place, zone, rule, now), opens=opens)
    not_after, zone, rule = min(((_end(*pair, now), *pair) for pair in pairs), key=lambda found: found[0])
    return Looked(_words(place, zone, rule, now), not_after=not_after)


def _within(zone: str, rule: Rule, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    hours = rule.week[local.weekday()]
    if hours is None or _is_holiday(rule, local.date()):
        return False
    seconds = (local.hour * 60 + local.minute) * _MINUTE + local.second
    return hours[0] * _MINUTE <= seconds < hours[1] * _MINUTE - GRACE.total_seconds()


def _end(zone: str, rule: Rule, now: datetime) -> datetime:
    """When the hours of today end, less the grace; `now` is within them."""
    local = now.astimezone(ZoneInfo(zone))
    hours = rule.week[local.weekday()]
    assert hours
    return _instant(zone, local.date(), hours[1]) - GRACE


def _openings(pairs: list[tuple[str, Rule]], now: datetime) -> Iterator[datetime]:
    """Every moment after `now` at which hours begin somewhere, in order."""
    found = set()
    for zone, rule in pairs:
        day = now.astimezone(ZoneInfo(zone)).date()
        for _ in range(LOOK_AHEAD.days):
            if hours := rule.week[day.weekday()]:
                found.add(_instant(zone, day, hours[0]))
            day += _DAY
    yield from sorted(at for at in found if at > now)


def _instant(zone: str, day: date, minute: int) -> datetime:
    wall = time(minute // 60, minute % 60) if minute < 24 * 60 else time.max
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=1024)
def _distinct(zones: tuple[str, ...], day: date) -> tuple[str, ...]:
    """One of each that show the same time from that day on."""
    noon = datetime.combine(day, time(12), UTC)
    days = [noon + number * _DAY for number in range(-1, LOOK_AHEAD.days + 2)]
    clocks = {
        tuple(ZoneInfo(zone).utcoffset(at.astimezone(ZoneInfo(zone))) for at in days): zone for zone in zones[::-1]
    }
    return tuple(clocks.values())[::-1] if len(zones) > 1 else zones


def _is_holiday(rule: Rule, day: date) -> bool:
    if not rule.holidays:
        return False
    more = MORE_HOLIDAYS.get((rule.country, rule.region))
    return day in _holidays(rule.country, rule.region) or (more is not None and not more.isdisjoint(_called(day)))


@lru_cache(maxsize=1024)
def _called(day: date) -> frozenset[str]:
    """By which of the names in `MORE_HOLIDAYS` a day goes. Election day is the Tuesday after the first Monday of November, kept every year."""
    names = {
        GOOD_FRIDAY: "Good Friday" in _holidays("US", "LA").get(day, ""),
        FLAG_DAY: (day.month, day.day) == (6, 14),
        ELECTION_DAY: day.month == 11 and day.weekday() == 1 and 2 <= day.day <= 8,
    }
    return frozenset(name for name, is_one in names.items() if is_one)


@lru_cache(maxsize=64)
def _holidays(country: str, region: str) -> holidays.HolidayBase:
    """Fills itself by the year, as dates are asked for."""
    return holidays.country_holidays(country, subdiv=region or None)


def _words(place: Place, zone: str, rule: Rule, now: datetime) -> str:
    local = now.astimezone(ZoneInfo(zone))
    which = (
        f"{zone}, {place.origin}"
        if len(place.zones) == 1
        else f"{zone}, one of {len(place.zones)} zones {place.origin}"
    )
    return f"{local:%H:%M} in {which}; allowed {_allowed(rule, local.date())}, {rule.source} (rules of {VERSION})"


def _allowed(rule: Rule, day: date) -> str:
    if _is_holiday(rule, day):
        return "not on holidays"
    hours = rule.week[day.weekday()]
    return f"{clock(hours[0])}\N{EN DASH}{clock(hours[1])}" if hours else f"not on {DAYS[day.weekday()]}"


def clock(minute: int) -> str:
    """Minutes of the day as people write them: 8:00, 21:30."""
    return f"{minute // 60}:{minute % 60:02}"
