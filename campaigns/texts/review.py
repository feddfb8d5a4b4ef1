"""What is checked of a campaign's texts before it goes live, beyond their words: how late, how many, and who may get them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from accounts import access
from campaigns.drafting.checklist import STOP, WARN, Check
from campaigns.models import Campaign, CampaignKind, ChannelSettings, Consent, Step
from campaigns.models.shoppers import CART_TOPIC
from campaigns.texts.law import LATEST, asks_twice


def text_checks_of(campaign: Campaign, steps: Sequence[Step]) -> Iterator[Check]:
    """Nothing is said where there are no texts, nor of what is fine."""
    texts = [step for step in steps if step.channel == "sms"]
    if not texts:
        return
    own = ChannelSettings.objects.for_merchant(campaign.merchant).filter(channel="sms").first()
    fix = reverse("campaigns:content" if len(steps) == 1 else "campaigns:steps", args=[campaign.code])
    yield from _late(campaign, texts, fix)
    yield from _several(campaign, texts, fix)
    yield from _numbers(own)
    if asks_twice(own):
        yield from _unconfirmed(campaign)


def _late(campaign: Campaign, texts: Sequence[Step], fix: str) -> Iterator[Check]:
    if any(timedelta(minutes=step.delay_minutes) >= LATEST for step in texts):
        text = "A text comes later than 48 hours after the cart was left. Carriers do not allow that."
        if len(texts) == 1 and campaign.steps.count() == 1:
            fix = reverse("campaigns:recipients", args=[campaign.code])
        yield Check("within_48_hours", STOP, text, fix, "Send it sooner")


def _several(campaign: Campaign, texts: Sequence[Step], fix: str) -> Iterator[Check]:
    """Of a waterfall's texts each may be the first that a shopper gets; elsewhere a second one would never leave."""
    if len({step.position for step in texts}) < 2:
        return
    if campaign.kind == CampaignKind.WATERFALL:
        yield Check(
            "one_text_per_episode", WARN, "Who got one text about a cart gets no second one.", fix, "Look at it"
        )
    else:
        text = "Carriers allow one text about each cart, and this campaign has several."
        yield Check("one_text_per_episode", STOP, text, fix, "Keep one of them")


def _numbers(own: ChannelSettings | None) -> Iterator[Check]:
    """Without a number texts leave only for the catcher."""
    if settings.SMS_GATEWAY and not (own and own.sender) and not settings.SMS_GATEWAY.get("sender"):
        text = "No number is given that texts come from."
        yield Check("sender", STOP, text, reverse("channel_settings"), "Give the number", access.MANAGE_SETTINGS)


def _unconfirmed(campaign: Campaign) -> Iterator[Check]:
    open_rows = Consent.objects.filter(
        shopper__merchant=campaign.merchant,
        channel="sms",
        topic=CART_TOPIC,
        status="subscribed",
        closed_at__isnull=True,
    )
    subscribed, unconfirmed = open_rows.count(), open_rows.filter(Q(double_opt_in=False)).count()
    if unconfirmed:
        text = f"{unconfirmed:,} of {subscribed:,} subscribers have not confirmed by text and get none: carriers ask for it."
        yield Check("double_opt_in", WARN, text)
