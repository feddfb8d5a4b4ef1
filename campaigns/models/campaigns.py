"""Campaigns as marketers build them, and the frozen versions that deliveries point to."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts import plans
from accounts.models import Merchant, Store
from campaigns.models.incentives import Discount
from campaigns.models.shoppers import Audience


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    PENDING_APPROVAL = "pending_approval", "Pending approval"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    ARCHIVED = "archived", "Archived"


class CampaignKind(models.TextChoices):
    """Regular: every step on its channel. A/B: each shopper gets one variant. Waterfall: one message over the first usable channel."""

    REGULAR = "regular", "Regular"
    AB = "ab", "A/B test"
    WATERFALL = "waterfall", "Waterfall"

    @property
    def feature(self) -> str:
        """What of `accounts.plans` it needs; empty: nothing."""
        return {CampaignKind.AB: plans.AB, CampaignKind.WATERFALL: plans.WATERFALL}.get(self, "")


S = CampaignStatus
SOURCES: dict[CampaignStatus, frozenset[CampaignStatus]] = {
    S.PENDING_APPROVAL: frozenset({S.DRAFT, S.PAUSED}),
    S.DRAFT: frozenset({S.PENDING_APPROVAL}),
    S.LIVE: frozenset({S.DRAFT, S.PENDING_APPROVAL, S.PAUSED}),
    S.PAUSED: frozenset({S.LIVE}),
    S.ARCHIVED: frozenset({S.DRAFT, S.LIVE, S.PAUSED}),
}


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def for_merchant(self, merchant: Merchant) -> "CampaignQuerySet":
        return self.filter(merchant=merchant)

    def for_merchants(self, merchant_ids: Iterable[int]) -> "CampaignQuerySet":
        return self.filter(merchant_id__in=list(merchant_ids))

    def met(self) -> "CampaignQuerySet":
        """Campaigns that a cart event can meet: those that are or were just live."""
        return self.filter(status__in=[S.LIVE, S.PAUSED])


class Campaign(models.Model):
    """An abandoned-cart campaign. Its steps and content are edited in draft and paused; going live freezes a version."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="campaigns")
    name = models.CharField("internal name", max_length=120)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    status = models.CharField(max_length=20, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    kind = models.CharField(max_length=12, choices=CampaignKind, default=CampaignKind.REGULAR)
    priority = models.SmallIntegerField(
        default=0, help_text="Where two campaigns want the same shopper at once, the higher one goes."
    )
    cooldown_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long a shopper who got this campaign is left alone by it."
    )
    type = models.CharField(max_length=20, choices=[("abandoned_cart", "Abandoned Cart")], blank=True)
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, null=True, blank=True, related_name="campaigns")
    stores = models.ManyToManyField(Store, blank=True, related_name="campaigns")
    version = models.ForeignKey("CampaignVersion", on_delete=models.PROTECT, null=True, related_name="+")
    live_since = models.DateTimeField(null=True, blank=True)
    edited = models.BooleanField(default=True, help_text="Changed since the version that is or was live.")
    paused_why = models.TextField(blank=True, help_text="Why it paused itself; empty where a person did.")
    sent_back_reason = models.TextField(blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[CampaignQuerySet] = CampaignQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="live") | (Q(live_since__isnull=False) & Q(version__isnull=False)),
                name="live_has_version_and_time",
            )
        ]
        indexes = [models.Index(fields=["merchant"], name="campaign_met", condition=Q(status__in=["live", "paused"]))]

    def __str__(self) -> str:
        return self.name

    @property
    def editable(self) -> bool:
        return self.status in {S.DRAFT, S.PAUSED}

    def move(self, to: CampaignStatus, **fields: object) -> bool:
        """One arrow of the state machine, as one conditional UPDATE; False: somebody was faster or it is not allowed."""
        moved = Campaign.objects.filter(pk=self.pk, status__in=SOURCES[to]).update(status=to, **fields)
        if moved:
            self.refresh_from_db()
        return bool(moved)


class SoldOut(models.TextChoices):
    """What becomes of a line of the cart that has sold out. Whatever is chosen, a message with nothing buyable is held back."""

    REPLACE = "replace", "Replace it with an alternative"
    KEEP = "keep", "Keep it, marked as sold out"
    DROP = "drop", "Leave it out"
    HOLD = "hold", "Hold the message back"


class PriceRose(models.TextChoices):
    """What becomes of a message where a price is higher now than it was in the cart."""

    SHOW = "show", "Show the price as it is now"
    HOLD = "hold", "Hold the message back"


class NoCode(models.TextChoices):
    """What becomes of a message when its discount has no code to give."""

    SEND = "send", "Send without the discount"
    HOLD = "hold", "Hold the message until there are codes again"


class QuietHours(models.TextChoices):
    """What becomes of a message that comes due within the shopper's quiet hours."""

    HOLD = "hold", "Wait until they end"
    DROP = "drop", "Leave it out"
    NEXT = "next", "Try the next channel"


class KeptSteps(models.Manager["Step"]):
    """Steps that were not taken out of their campaign. One that was live is never deleted: its deliveries point to it."""

    def get_queryset(self) -> "models.QuerySet[Step]":
        return super().get_queryset().filter(removed_at__isnull=True)


class Step(models.Model):
    """One message of a campaign, as it is being edited: when, on which channel, and its content's source.

    Of the variants of an A/B test and of the channels of a waterfall a shopper gets one: they share a position, and all
    but the first point to it by `lead`, so that a delivery is unique for them together. `lead` stays when they change.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=1)
    channel = models.CharField(max_length=16, default="email")
    delay_minutes = models.PositiveIntegerField(default=60)
    expires_after_minutes = models.PositiveIntegerField(default=24 * 60)
    template = models.CharField(max_length=64, blank=True, help_text="The template this began from.")
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    body = models.TextField(blank=True)
    blocks = models.JSONField(
        null=True, blank=True, help_text="The message as blocks; none: `body` is written by hand."
    )
    feed = models.BooleanField("product feed: User Abandoned Items", default=False)
    sold_out = models.CharField(max_length=8, choices=SoldOut, default=SoldOut.REPLACE)
    price_rose = models.CharField(max_length=8, choices=PriceRose, default=PriceRose.SHOW)
    discount = models.ForeignKey(Discount, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    no_code = models.CharField(max_length=8, choices=NoCode, default=NoCode.SEND)
    variant = models.CharField(max_length=2, default="a", help_text="Of an A/B test; all else has one variant.")
    rank = models.PositiveSmallIntegerField(default=1, help_text="Of a waterfall's channels: 1 is tried first.")
    share = models.PositiveSmallIntegerField(
        default=50, help_text="Of an A/B test's shoppers, relative to the others'."
    )
    lead = models.ForeignKey("self", on_delete=models.RESTRICT, null=True, blank=True, related_name="following")
    quiet_hours = models.CharField(max_length=8, choices=QuietHours, default=QuietHours.HOLD)
    extras = models.JSONField(
        default=dict, blank=True, help_text="What only this channel has, such as a push's picture."
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[KeptSteps] = KeptSteps()
    everything: ClassVar["models.Manager[Step]"] = models.Manager()

    class Meta:
        ordering = ["position", "rank", "variant", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "position", "channel", "variant"],
                condition=Q(removed_at__isnull=True),
                name="step_once_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.position}"

    @property
    def place_id(self) -> int:
        """The step that stands for all of which a shopper gets one."""
        return self.lead_id or self.pk


class CampaignVersion(models.Model):
    """What was set live, frozen: audience rules and stores as they were, contents beside it. Never updated."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    audience_name = models.CharField(max_length=120, blank=True)
    audience_rules = models.JSONField(default=list)
    store_ids = ArrayField(models.BigIntegerField(), default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="version_number_once_per_campaign")]

    def __str__(self) -> str:
        return f"{self.campaign} v{self.number}"


class Content(models.Model):
    """The compiled message of one step of one version. Never updated: senders cache it by its key for ever.

    `step` is the step that stands for all of which a shopper gets one (`Step.lead`)."""

    version = models.ForeignKey(CampaignVersion, on_delete=models.CASCADE, related_name="contents")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="contents")
    position = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=16)
    delay_minutes = models.PositiveIntegerField()
    expires_after_minutes = models.PositiveIntegerField()
    subject = models.CharField(max_length=600)
    preheader = models.CharField(max_length=600, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    html = models.TextField()
    text = models.TextField()
    feed = models.BooleanField(default=False)
    feeds = models.JSONField(default=dict, help_text="How many products of each kind of feed it shows.")
    sold_out = models.CharField(max_length=8, choices=SoldOut, default=SoldOut.REPLACE)
    price_rose = models.CharField(max_length=8, choices=PriceRose, default=PriceRose.SHOW)
    discount = models.ForeignKey(Discount, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    no_code = models.CharField(max_length=8, choices=NoCode, default=NoCode.SEND)
    variant = models.CharField(max_length=2, default="a", help_text="Of an A/B test; all else has one variant.")
    rank = models.PositiveSmallIntegerField(default=1, help_text="Of a waterfall's channels: 1 is tried first.")
    share = models.PositiveSmallIntegerField(
        default=50, help_text="Of an A/B test's shoppers, relative to the others'."
    )
    quiet_hours = models.CharField(max_length=8, choices=QuietHours, default=QuietHours.HOLD)
    extras = models.JSONField(
        default=dict, blank=True, help_text="What only this channel has, such as a push's picture."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position", "channel", "variant"], name="content_once_per_place")
        ]

    def __str__(self) -> str:
        return self.subject


class CampaignLog(models.Model):
    """Who did what to a campaign, append-only."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="log")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.action
