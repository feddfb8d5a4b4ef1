"""How sure a rate and a difference of rates are. Pure.

A rate has Wilson's interval (Wilson 1927). A difference of rates has an interval that stays right however often one looks
at it, from the mixture sequential probability ratio test (Johari, Koomen, Pekelis, Walsh: "Always valid inference:
continuous monitoring of A/B tests", Operations Research 70, 2022): with an ordinary one, who looks every day and stops at
the first "significant" day is wrong far more often than one time in twenty. See docs/decisions/0025-when-a-variant-wins.md.
"""

from dataclasses import dataclass
from math import log, sqrt

Z95 = 1.959963984540054
LEVEL = 0.05
# The differences that are looked for, as a spread around none: two points, such as 6 % against 8 %.
SPREAD = 0.02
MOST_TIMES = 50


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Of `tried`, `won` did what was hoped for."""

    won: int
    tried: int

    @property
    def rate(self) -> float:
        return self.won / self.tried if self.tried else 0.0


def wilson(counted: Counted, z: float = Z95) -> Interval:
    """The 95 % interval of a rate; from 0 to 1 where nothing was tried."""
    if not counted.tried:
        return Interval(0.0, 1.0)
    n, rate = counted.tried, counted.rate
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def difference(one: Counted, other: Counted, level: float = LEVEL) -> Interval:
    """The interval of `one`'s rate less `other`'s that holds at all times together, but for a chance of `level`."""
    if not one.tried or not other.tried:
        return Interval(-1.0, 1.0)
    reach = _reach(_variance_apart(one, other), level)
    apart = one.rate - other.rate
    return Interval(max(-1.0, apart - reach), min(1.0, apart + reach))


def times_more(one: Counted, other: Counted, level: float = LEVEL) -> float | None:
    """How many times as many are needed, all in all, for the difference to be sure if it stays as it is; None: more than
    anybody would wait for."""
    apart = abs(one.rate - other.rate)
    variance = _variance_apart(one, other)
    times = 1.0
    while apart <= _reach(variance / times, level):
        times *= 1.02
        if times > MOST_TIMES:
            return None
    return times


def _variance_apart(one: Counted, other: Counted) -> float:
    """Of a difference of rates. At least what it would be if there were none: a small share of which nobody bought yet is not sure of that."""
    both = Counted(one.won + other.won, one.tried + other.tried)
    pooled = _variance(both) * both.tried * (1 / one.tried + 1 / other.tried)
    return max(_variance(one) + _variance(other), pooled)


def _variance(counted: Counted) -> float:
    """Of a rate; half a success and half a failure are added, so that a small count is never sure of itself."""
    rate = (counted.won + 0.5) / (counted.tried + 1)
    return rate * (1 - rate) / counted.tried


def _reach(variance: float, level: float) -> float:
    prior = SPREAD * SPREAD
    return sqrt(variance * (variance + prior) / prior * (log((variance + prior) / variance) - 2 * log(level)))
