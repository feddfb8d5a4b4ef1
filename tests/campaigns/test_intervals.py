"""The statistics of a test against known values, and against the trap that they are for: looking every day."""

from math import exp
from random import Random

import pytest

from campaigns.insight.intervals import SPREAD, Counted, difference, times_more, wilson


@pytest.mark.parametrize(
    ("won", "tried", "low", "high"),
    [  # Wilson's interval as statsmodels' proportion_confint(method="wilson") gives it
        (10, 100, 0.055229, 0.174366),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (50, 1000, 0.038130, 0.065314),
        (0, 0, 0.0, 1.0),
    ],
)
def test_a_rates_interval_is_wilsons(won: int, tried: int, low: float, high: float) -> None:
    found = wilson(Counted(won, tried))
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5))


def test_the_interval_of_a_difference_ends_where_the_papers_ratio_reaches_one_in_the_level() -> None:
    """Johari et al. 2022, equation of the normal mixture: at the interval's end the likelihood ratio is 1 / 0.05."""
    found = difference(Counted(80, 1000), Counted(60, 1000))
    assert (found.low + found.high) / 2 == pytest.approx(0.02)
    apart, prior = (found.high - found.low) / 2, SPREAD**2
    variance = sum(rate * (1 - rate) / 1000 for rate in (80.5 / 1001, 60.5 / 1001))
    both = variance + prior
    ratio = (variance / both) ** 0.5 * exp(prior * apart**2 / (2 * variance * both))
    assert ratio == pytest.approx(20)


def test_a_difference_is_wider_than_an_ordinary_interval_and_narrows() -> None:
    reaches = [difference(Counted(8 * n, 100 * n), Counted(6 * n, 100 * n)) for n in (1, 10, 100, 1000)]
    widths = [one.high - one.low for one in reaches]
    assert widths == sorted(widths, reverse=True)
    ordinary = 2 * 1.96 * (0.08 * 0.92 / 1000 + 0.06 * 0.94 / 1000) ** 0.5
    assert ordinary < widths[1] < 2.5 * ordinary
    assert reaches[0].low < 0 < reaches[3].low


def test_nothing_tried_says_nothing() -> None:
    found = difference(Counted(0, 0), Counted(5, 10))
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_small_share_of_which_nobody_bought_yet_is_not_worse_for_sure() -> None:
    """At one in a hundred, nobody among 300 happens once in twenty times."""
    assert (
        difference(Counted(60, 6000), Counted(0, 300)).low < 0 < difference(Counted(600, 60_000), Counted(0, 3000)).low
    )


def test_what_is_needed_is_enough_and_not_twice_too_much() -> None:
    one, other = Counted(80, 1000), Counted(60, 1000)
    times = times_more(one, other)
    assert times is not None
    assert times > 1
    for factor, sure in ((times * 1.03, True), (times / 1.1, False)):
        more = [Counted(round(each.won * factor), round(each.tried * factor)) for each in (one, other)]
        assert (difference(*more).low > 0) is sure
    assert times_more(Counted(60, 1000), Counted(60, 1000)) is None


def test_looking_every_day_at_equal_variants_finds_a_winner_less_than_once_in_twenty() -> None:
    """An ordinary interval, looked at as often, would call one a winner about every third time."""
    random, tests, ours, ordinary = Random(7), 300, 0, 0
    for _ in range(tests):
        wins, tried, called, peeked = [0, 0], 0, False, False
        for _ in range(60):
            tried += 40
            wins = [won + sum(random.random() < 0.1 for _ in range(40)) for won in wins]
            one, other = Counted(wins[0], tried), Counted(wins[1], tried)
            found = difference(one, other)
            called = called or found.low > 0 or found.high < 0
            spread = 1.96 * ((one.rate * (1 - one.rate) + other.rate * (1 - other.rate)) / tried) ** 0.5
            peeked = peeked or abs(one.rate - other.rate) > spread > 0
        ours, ordinary = ours + called, ordinary + peeked
    assert ours / tests < 0.05
    assert ordinary / tests > 0.15
