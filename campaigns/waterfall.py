"""When a waterfall goes on to its next channel: what is wrong with this one, and is not wrong with the shopper or the cart. Pure."""

from dataclasses import replace
from typing import Protocol

from campaigns import reasons
from campaigns.decide import Verdict
from campaigns.models import QuietHours

# Reasons that lie in the channel. Quiet hours are one where the step says so.
OF_THE_CHANNEL = frozenset(reasons.reason_of(code) for code in ("channel_on", "address", "consent", "not_suppressed"))
_COMES_WITH_TIME = {"address", "consent"}


class Tried(Protocol):
    """The content whose channel is being tried; `has_next`: the waterfall has another one after it."""

    @property
    def has_next(self) -> bool: ...
    @property
    def quiet_hours(self) -> str: ...


def onto(content: Tried, verdict: Verdict) -> Verdict:
    """Who is known and has no address here is not waited for where another channel may reach them."""
    missing = [check.code for check in verdict.checks if not check.passed]
    if not content.has_next or verdict.action != "wait" or not set(missing) <= _COMES_WITH_TIME:
        return verdict
    return replace(verdict, action="stop", reason=reasons.reason_of(missing[0]), until=None)


def goes_on(content: Tried, verdict: Verdict) -> bool:
    """Whether what is skipped for that reason is tried on the next channel."""
    if not content.has_next or verdict.action != "stop":
        return False
    if verdict.reason == "quiet_hours":
        return content.quiet_hours == QuietHours.NEXT
    return verdict.reason in OF_THE_CHANNEL
