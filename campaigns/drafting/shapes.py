"""What becomes of a campaign's steps when its kind or its channels are chosen anew.

Regular: each message is a step of its own. Waterfall: each step has a message for each channel, in the order in which they
are tried. A/B: one channel, and the first message has at least two variants. Nothing that was written is lost: what does
not fit any more is taken out, as `sequence.remove` does. Runs under the campaign's lock.
"""

from collections.abc import Sequence
from datetime import datetime

from campaigns.drafting import sequence
from campaigns.models import Campaign, CampaignKind, Step


def reshape(campaign: Campaign, kind: str, channels: Sequence[str], now: datetime) -> None:
    """Give the campaign this kind and these channels; for a waterfall in the order they are tried in."""
    before = campaign.kind
    campaign.kind = kind
    if before == CampaignKind.AB and kind != CampaignKind.AB:
        _end_test(campaign, now)
    if before == CampaignKind.WATERFALL and kind != CampaignKind.WATERFALL:
        campaign.steps.update(lead=None, rank=1)
    _SHAPES[CampaignKind(kind)](campaign, channels, now)
    sequence.arrange(campaign)


def keep_variant(campaign: Campaign, letter: str, now: datetime) -> bool:
    """End the test: everybody gets this variant from now on. False: there is no such variant."""
    place = next((place for place in sequence.places(campaign.steps.all()) if place.tested), None)
    chosen = next((step for step in place.steps if step.variant == letter), None) if place else None
    if place is None or chosen is None:
        return False
    kept = place.steps[0]
    sequence.copy_message(chosen, kept)
    kept.save()
    campaign.kind = CampaignKind.REGULAR
    _end_test(campaign, now)
    return True


def _end_test(campaign: Campaign, now: datetime) -> None:
    campaign.steps.exclude(variant="a").update(removed_at=now)


def _regular(campaign: Campaign, channels: Sequence[str], now: datetime) -> None:
    first = campaign.steps.first()
    delay = first.delay_minutes if first else sequence.DEFAULT_DELAY
    there = sequence.channels_of(campaign.steps.all())
    for channel in channels:
        if channel not in there:
            sequence.add(campaign, channel, delay)
    campaign.steps.exclude(channel__in=channels).update(removed_at=now)


def _waterfall(campaign: Campaign, channels: Sequence[str], now: datetime) -> None:
    for place in sequence.places(campaign.steps.all()) or [sequence.Place(1, ())]:
        _fall(campaign, place, channels)
    campaign.steps.exclude(channel__in=channels).update(removed_at=now)


def _fall(campaign: Campaign, place: sequence.Place, channels: Sequence[str]) -> None:
    """One message for each channel at this place; the others are left to be taken out."""
    by_channel = {step.channel: step for step in place.steps}
    lead = place.steps[0] if place.steps else None
    for rank, channel in enumerate(channels, 1):
        step = by_channel.get(channel)
        if step is None:
            step = Step(campaign=campaign, channel=channel, position=place.position)
            step.delay_minutes = lead.delay_minutes if lead else sequence.DEFAULT_DELAY
            step.expires_after_minutes = lead.expires_after_minutes if lead else step.expires_after_minutes
            step.quiet_hours = lead.quiet_hours if lead else step.quiet_hours
        step.rank = rank
        if lead and step.pk != lead.place_id:
            step.lead_id = lead.place_id
        step.save()
        lead = lead or step


def _test(campaign: Campaign, channels: Sequence[str], now: datetime) -> None:
    channel = channels[0]
    before = sequence.places(campaign.steps.all())
    campaign.steps.exclude(channel=channel).update(removed_at=now)
    for place in before:
        if all(step.channel != channel for step in place.steps):
            sequence.add(campaign, channel, place.delay_minutes)
    first = campaign.steps.filter(channel=channel).first() or sequence.add(campaign, channel, sequence.DEFAULT_DELAY)
    if not campaign.steps.filter(lead=first.place_id).exists():
        sequence.add_variant(first)


_SHAPES = {CampaignKind.REGULAR: _regular, CampaignKind.WATERFALL: _waterfall, CampaignKind.AB: _test}
