"""What the Review page says of when messages leave: the hours that hold for each channel, and how many a shopper may get."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.urls import reverse

from campaigns.channels.base import CHANNELS
from campaigns.drafting.checklist import OK, WARN, Check
from campaigns.models import Campaign, ChannelSettings, QuietHours, Step

# From the end of the common hours, 20:00, to their beginning at 9:00. Days without any come on top in some places.
NIGHT = timedelta(hours=13)
MESSAGES = {"email": "Mails", "sms": "Texts", "push": "Notifications"}


def hours_checks(campaign: Campaign, steps: Sequence[Step]) -> Iterator[Check]:
    """One line per channel that keeps quiet hours or has a limit, and one per step that a night may cost. One query."""
    own = {one.channel: one for one in ChannelSettings.objects.for_merchant(campaign.merchant)}
    fix = reverse("campaigns:content", args=[campaign.code])
    for channel in dict.fromkeys(step.channel for step in steps if step.channel in CHANNELS):
        settings = own.get(channel)
        kept = CHANNELS.get(channel).quiet_hours or bool(settings and settings.quiet_hours)
        if text := " ".join([*_hours(channel, kept=kept), *_cap(settings)]):
            yield Check("quiet_hours", OK, text)
        hurried = [step for step in steps if step.channel == channel and kept and _is_hurried(step)]
        if hurried:
            hours = min(step.expires_after_minutes for step in hurried) // 60
            text = (
                f"{MESSAGES.get(channel, channel)} that come due in the evening are left out: they are too late after {hours} hours,"
                f" and quiet hours can last {NIGHT.seconds // 3600}."
            )
            yield Check("quiet_hours", WARN, text, fix, "Let them wait longer")


def _hours(channel: str, *, kept: bool) -> Iterator[str]:
    if kept:
        what = MESSAGES.get(channel, channel)
        yield f"{what} leave between 8:00 and 21:00 where the shopper is, in stricter states and countries in shorter hours."


def _cap(settings: ChannelSettings | None) -> Iterator[str]:
    if settings and settings.cap_messages:
        yield f"A shopper gets at most {settings.cap_messages} in {settings.cap_hours} hours on this channel."


def _is_hurried(step: Step) -> bool:
    return step.quiet_hours == QuietHours.HOLD and timedelta(minutes=step.expires_after_minutes) < NIGHT
