"""Two thousand shoppers in twelve zones, and what each does in a week. The same every time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

# The last week of October: on its Sunday the clocks of the United States go back, on the one before those of Europe did.
BEGIN = datetime(2026, 10, 26, tzinfo=UTC)
WEEK = timedelta(days=7)
CHANNELS = ("email", "sms")


@dataclass(frozen=True, slots=True)
class Home:
    """Where shoppers live. `hours`: of Monday to Friday, Saturday, Sunday, in minutes, written down here a second time."""

    zone: str
    country: str
    region: str
    phone: str
    hours: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

    def allows(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.zone))
        opens, closes = self.hours[max(0, local.weekday() - 4)]
        return (
            timedelta(minutes=opens)
            <= timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
            < timedelta(minutes=closes)
        )


def _all_week(opens: int, closes: int) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return ((opens * 60, closes * 60),) * 3


NEVER = (0, 0)
HOMES = (
    Home("America/New_York", "US", "NY", "+1212{:07}", _all_week(8, 21)),
    Home("America/New_York", "US", "FL", "+1305{:07}", _all_week(8, 20)),
    Home("America/Chicago", "US", "TX", "+1512{:07}", ((540, 1260), (540, 1260), (720, 1260))),
    Home("America/Denver", "US", "CO", "+1303{:07}", _all_week(8, 21)),
    Home("America/Phoenix", "US", "AZ", "+1602{:07}", _all_week(8, 21)),
    Home("America/Los_Angeles", "US", "WA", "+1206{:07}", _all_week(8, 20)),
    Home("Pacific/Honolulu", "US", "HI", "+1808{:07}", _all_week(8, 21)),
    Home("America/Toronto", "CA", "ON", "+1416{:07}", ((540, 1290), (600, 1080), (600, 1080))),
    Home("Europe/London", "GB", "", "+44791{:07}", _all_week(9, 20)),
    Home("Europe/Paris", "FR", "", "+3361{:07}", ((480, 1200), (480, 1200), NEVER)),
    Home("Asia/Kolkata", "IN", "", "+91981{:07}", _all_week(10, 21)),
    Home("Australia/Sydney", "AU", "NSW", "+6141{:07}", ((540, 1200), (540, 1020), NEVER)),
)


@dataclass(slots=True)
class Person:
    number: int
    home: Home
    email: str
    phone: str
    zone_stated: bool
    address_known: bool
    consents: dict[str, bool]
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """`kind`: abandoned, open, emptied, ordered or opt_out; `about`: the cart's key, or the channel."""

    at: datetime
    kind: str
    person: int
    about: str


@dataclass(slots=True)
class World:
    people: list[Person] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)


def world(shoppers: int, seed: int) -> World:
    dice = Random(seed)
    made = World()
    for number in range(shoppers):
        made.people.append(_person(number, dice))
        made.happenings += _week_of(number, dice)
    made.happenings = sorted((one for one in made.happenings if one.at < BEGIN + WEEK), key=lambda one: one.at)
    return made


def _person(number: int, dice: Random) -> Person:
    home = HOMES[number % len(HOMES)]
    phone = home.phone.format(2_000_000 + number) if dice.random() < 0.8 else ""
    email = f"s{number}@example.com" if dice.random() < 0.9 or not phone else ""
    answers = {channel: dice.choices([True, False, None], [70, 10, 20])[0] for channel in CHANNELS}
    known = {channel: answer for channel, answer in answers.items() if answer is not None}
    return Person(number, home, email, phone, dice.random() < 0.3, dice.random() < 0.3, known)


def _around_closing(home: Home, day: datetime, off: timedelta) -> datetime:
    """So that what is due an hour later piles up in the last minutes of the hours, or comes just after them."""
    local = day.astimezone(ZoneInfo(home.zone))
    closes = home.hours[max(0, local.weekday() - 4)][1] or 20 * 60
    return local.replace(hour=closes // 60 - 1, minute=closes % 60, second=0).astimezone(UTC) + off


def _just_before_opening(home: Home, day: datetime) -> datetime:
    """So that what is due an hour later would leave within the last minute before the hours."""
    local = day.astimezone(ZoneInfo(home.zone))
    opens = home.hours[max(0, local.weekday() - 4)][0] or 8 * 60
    due = local.replace(hour=opens // 60, minute=opens % 60, second=0).astimezone(UTC) - timedelta(seconds=40)
    return due - timedelta(hours=1)


def _week_of(number: int, dice: Random) -> Iterator[Happening]:
    for cart in range(dice.choice([0, 1, 1, 1, 2, 2, 3])):
        key, at = f"cart-{number}-{cart}", BEGIN + WEEK * dice.random()
        when = dice.random()
        if when < 0.4:
            at = _around_closing(HOMES[number % len(HOMES)], at, -timedelta(minutes=2))
        elif when < 0.45:
            at = _around_closing(HOMES[number % len(HOMES)], at, timedelta(seconds=5))
        elif when < 0.5:
            at = _just_before_opening(HOMES[number % len(HOMES)], at)
        yield Happening(at, "abandoned", number, key)
        what = dice.random()
        if what < 0.3:
            yield Happening(at + timedelta(hours=dice.expovariate(1 / 20)), "ordered", number, key)
        elif what < 0.4:
            yield Happening(at + timedelta(hours=dice.uniform(0.2, 30)), "emptied", number, key)
        elif what < 0.5:
            back = at + timedelta(hours=dice.uniform(0.5, 10))
            yield Happening(back, "open", number, key)
            yield Happening(back + timedelta(minutes=30), "abandoned", number, key)
    if dice.random() < 0.12:
        yield Happening(BEGIN + WEEK * dice.random(), "opt_out", number, dice.choice(CHANNELS))
