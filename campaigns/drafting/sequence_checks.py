"""What is checked of a campaign's steps together before it goes live: how many, on which channels, and what its kind asks for."""

from collections.abc import Iterator, Sequence

from django.urls import reverse

from accounts import plans
from campaigns.drafting.checklist import STOP, Check
from campaigns.drafting.sequence import MOST_STEPS, MOST_VARIANTS
from campaigns.models import Campaign, CampaignKind, Step
from campaigns.usable import ways


def sequence_checks(campaign: Campaign, steps: Sequence[Step]) -> Iterator[Check]:
    """Nothing is said of what is fine: each message has its own checks."""
    channels = reverse("campaigns:channels", args=[campaign.code])
    content = reverse("campaigns:content", args=[campaign.code])
    if not steps:
        yield Check("steps", STOP, "There is no message yet.", content, "Add a step")
        return
    feature = CampaignKind(campaign.kind).feature
    if feature and (reason := plans.why_not(campaign.merchant.plan, feature)):
        yield Check("kind", STOP, reason, channels, "Choose another kind")
    yield from _of_channels(campaign, steps, channels)
    if len({step.position for step in steps}) > MOST_STEPS:
        yield Check("steps", STOP, f"A campaign has at most {MOST_STEPS} steps.", content, "Take one out")
    if campaign.kind == CampaignKind.AB:
        yield from _of_test(steps, content)
    if campaign.kind == CampaignKind.WATERFALL and len({step.channel for step in steps}) < 2:
        yield Check("kind", STOP, "A waterfall needs at least two channels.", channels, "Choose another channel")


def _of_channels(campaign: Campaign, steps: Sequence[Step], fix: str) -> Iterator[Check]:
    used = {step.channel for step in steps}
    for way in ways(campaign.merchant):
        if way.slug in used and way.reason:
            yield Check("channel", STOP, way.reason, fix, "Choose another channel")


def _of_test(steps: Sequence[Step], fix: str) -> Iterator[Check]:
    variants = [step for step in steps if step.position == steps[0].position]
    if not 2 <= len(variants) <= MOST_VARIANTS:
        text = f"An A/B test needs from two to {MOST_VARIANTS} variants of its message."
        yield Check("variants", STOP, text, fix, "Add a variant")
    elif any(step.share == 0 for step in variants):
        yield Check("variants", STOP, "A variant with a share of nothing is never sent.", fix, "Give it a share")
