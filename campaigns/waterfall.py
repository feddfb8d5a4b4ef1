"""When a waterfall goes on to its next channel: what is wrong with this one, and is not wrong with the shopper or the cart. Pure."""

from dataclasses import replace
from typing import Protocol

from campaigns import reasons
from campaigns.decide import Verdict
from campaigns.models import QuietHours

# Reasons that lie in the channel. Quiet hours and its limit are such where the step says so; who is to be waited for is a matter of `onto`.
OF_THE_CHANNEL = frozenset(
    reasons.reason_of(code)
    for code in (
        "channel_on",
        "address",
        "consent",
        "not_suppressed",
        "double_opt_in",
        "one_text_per_episode",
        "within_48_hours",
    )
)
AS_THE_STEP_SAYS = frozenset({"quiet_hours", "capped"})
_MISSING = ("address", "consent", "double_opt_in")
_FIRST = frozenset({"identity", "campaign_live"})


class Tried(Protocol):
    """The content whose channel is being tried; `has_next`: the waterfall has another one after it."""

    @property
    def has_next(self) -> bool: ...
    @property
    def quiet_hours(self) -> str: ...


def onto(content: Tried, verdict: Verdict) -> Verdict:
    """Who is known and has no address here, or has not confirmed yet, is not waited for where another channel may reach them."""
    failed = {check.code for check in verdict.checks if not check.passed}
    lacks = next((code for code in _MISSING if code in failed), "")
    if not content.has_next or verdict.action != "wait" or not lacks or failed & _FIRST:
        return verdict
    return replace(verdict, action="stop", reason=reasons.reason_of(lacks), until=None)


def goes_on(content: Tried, verdict: Verdict) -> bool:
    """Whether what is skipped for that reason is tried on the next channel."""
    if not content.has_next or verdict.action != "stop":
        return False
    if verdict.reason in AS_THE_STEP_SAYS:
        return content.quiet_hours == QuietHours.NEXT
    return verdict.reason in OF_THE_CHANNEL
