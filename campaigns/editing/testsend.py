"""A test of a message to people of the merchant: made and sent as a delivery would be, but nothing of it counts.

Its links lead straight to where they point, and its way out opts nobody out.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.models import User
from campaigns.channels.base import CHANNELS, Channel, ChannelError, Envelope, OutcomeUnknown, Receipt
from campaigns.composing import from_whom
from campaigns.links import links_of_a_test
from campaigns.models import Campaign, CampaignLog, ChannelSettings, Step
from campaigns.rendering import Prepared

MOST = 10
TESTS, WITHIN = 20, timedelta(minutes=10)
ACTION = "sent a test"
_BETWEEN = re.compile(r"[\s,;]+")
# Within a phone number there are blanks; a plus sign begins the next one.
_BETWEEN_NUMBERS = re.compile(r"[,;\r\n]+|\s+(?=\+)")


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one address: `why` says why it got nothing, or may not have."""

    address: str
    sent: bool
    why: str = ""


def addresses_in(text: str) -> list[str]:
    """The addresses of a line or several, each once; separated by commas, semicolons or blanks."""
    between = _BETWEEN if "@" in text else _BETWEEN_NUMBERS
    return list(dict.fromkeys(part.strip() for part in between.split(text) if part.strip()))


def too_many(user: User, now: datetime) -> bool:
    """Whether this person has sent so many tests lately that the next one should wait."""
    return CampaignLog.objects.filter(user=user, action=ACTION, at__gt=now - WITHIN).count() >= TESTS


def send_tests(
    addresses: Sequence[str],
    *,
    campaign: Campaign,
    step: Step,
    prepared: Prepared,
    context: Mapping[str, Any],
    user: User,
    now: datetime,
) -> list[Tested]:
    """Send a step's message to each address; what became of each, in order. Raises `MissingData` or `RenderFailed`."""
    channel: Channel = CHANNELS.get(step.channel)
    links = links_of_a_test(settings.PUBLIC_URL)
    rendered = prepared.render(context, links)
    marked = replace(rendered, subject=f"[Test] {rendered.subject}")
    read = [(address, *_read(channel, address)) for address in addresses]
    own = ChannelSettings.objects.for_merchant(campaign.merchant).filter(channel=step.channel).first()
    name, sender = from_whom(step, campaign.merchant, own)
    messages = [
        channel.compose(marked, Envelope(str(uuid.uuid4()), found, sender, name, now, links.unsubscribe_url))
        for _, found, _ in read
        if found
    ]
    outcomes = iter(channel.send_many(messages))
    tested = [_tested(found, next(outcomes)) if found else Tested(address, False, why) for address, found, why in read]
    sent = sum(one.sent for one in tested)
    note = f"{sent} of {len(tested)} sent"
    CampaignLog.objects.create(campaign=campaign, user=user, action=ACTION, note=note)
    return tested


def _read(channel: Channel, address: str) -> tuple[str, str]:
    """The address as the channel takes it, or none and why."""
    try:
        return channel.read_address(address), ""
    except ValueError as error:
        return "", str(error)


def _tested(address: str, outcome: Receipt | ChannelError | OutcomeUnknown) -> Tested:
    if isinstance(outcome, Receipt):
        return Tested(address, True)
    if isinstance(outcome, OutcomeUnknown):
        return Tested(address, False, f"It may have arrived or not: {outcome.text}")
    return Tested(address, False, f"Not taken: {outcome.text}")
