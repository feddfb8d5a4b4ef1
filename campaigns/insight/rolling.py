"""Everything that is rolled up so that no page counts a big table, together: by the clock, and for a past that was just made.

Figures are counted anew from stored facts, whole days at a time, so that a run may die, be repeated or meet another one.
Each run takes the last days, and one of those before in its turn: what a late report changed about an older day, and
what an earlier run missed, is right once its turn has come.
"""

from datetime import datetime

from campaigns.incentives import uptake
from campaigns.insight import ab_results, figures, reason_figures, step_figures

RECENT = 3
# As far as pages look back: both periods of Home. A prime number of turns, so that runs at even intervals reach each day.
OLDEST = 64
TURNS = OLDEST - RECENT
TURN_SECONDS = 30


def roll_up(now: datetime, days: int = RECENT) -> None:
    """Count the last `days` days and one before, in a number of statements that does not grow."""
    again = turn(now, days)
    figures.roll_up(now, days, again)
    step_figures.roll_up(now, days, again)
    reason_figures.roll_up(now, days, again)
    ab_results.count(now)
    uptake.count(now)


def turn(now: datetime, days: int = RECENT) -> int:
    """How many days ago the older day lies whose turn it is."""
    return days + int(now.timestamp() // TURN_SECONDS) % TURNS
