"""In what standing a sender is with mailbox providers: bounces and complaints of a sliding week, against their limits.

Complaints: below 0.1 %, never 0.3 % (Google, "Email sender guidelines", https://support.google.com/a/answer/81126; Yahoo,
"Sender best practices", https://senders.yahooinc.com/best-practices/). Bounces: mail services put senders on review at 5 %
(Amazon SES, "Reputation metrics", https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html); 2 % is our
own early warning. A rate is over its limit only where chance alone would hardly explain it: one of twenty says nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

from django.db.models import Sum

from accounts.models import Merchant
from campaigns.models import Campaign, DailyFigure

WINDOW = timedelta(days=7)
FEWEST = 100
CONFIDENCE = 1.96  # standard deviations: 95 %
GOOD, WATCH, OVER, FEW = "good", "watch", "over", "few"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many mails. `good` and `limit` are shares, not percentages; `advice` says what brings it down."""

    label: str
    verb: str
    count: int
    of: int
    good: float
    limit: float
    advice: str

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def level(self) -> str:
        if self.of < FEWEST:
            return FEW
        if surely(self.count, self.of) >= self.limit:
            return OVER
        return WATCH if self.share >= self.good else GOOD

    @property
    def words(self) -> str:
        """“7 of 140 mails bounced (5.0 %)”; of complaints with two places, since they are counted in tenths of a percent."""
        places = 1 if self.limit >= 0.01 else 2
        return f"{self.count:,} of {self.of:,} mails {self.verb} ({100 * self.share:.{places}f} %)"

    @property
    def limits(self) -> str:
        return f"Good below {100 * self.good:g} %, harmful from {100 * self.limit:g} %."


@dataclass(frozen=True, slots=True)
class Reputation:
    """What became of the mails of a window."""

    mailed: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def rates(self) -> tuple[Rate, Rate]:
        return (
            Rate(
                "Bounces", "bounced", self.bounced, self.mailed, 0.02, 0.05,
                "Look at where these addresses come from, and take out old or imported ones.",
            ),
            Rate(
                "Complaints", "were marked as spam", self.complained, self.mailed, 0.001, 0.003,
                "Look at who agreed to these reminders and how, and at what the message promises.",
            ),
        )  # fmt: skip

    @property
    def harm(self) -> Rate | None:
        """The rate that is over its limit, if any."""
        return next((rate for rate in self.rates if rate.level == OVER), None)

    @property
    def worth_a_look(self) -> tuple[Rate, ...]:
        return tuple(rate for rate in self.rates if rate.level in {WATCH, OVER})


def surely(count: int, of: int) -> float:
    """The share that is at least behind so many of so many (Wilson's lower bound of a proportion, 95 %)."""
    if not of:
        return 0.0
    share, z = count / of, CONFIDENCE
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + z * z / of))


def reputation(merchant: Merchant, campaign: Campaign | None, now: datetime) -> Reputation:
    """Of one campaign, or of the merchant's mails altogether, from rolled-up figures."""
    since = (now - WINDOW).astimezone(ZoneInfo(merchant.timezone)).date()
    rows = DailyFigure.objects.for_merchant(merchant).filter(campaign=campaign, day__gt=since)
    sums = rows.aggregate(mailed=Sum("mailed"), bounced=Sum("bounced"), complained=Sum("complained"))
    return Reputation(**{name: total or 0 for name, total in sums.items()})
