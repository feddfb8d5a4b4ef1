"""How a merchant uses each channel, where browsers take its notifications, and who was asked to confirm a consent."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Merchant
from campaigns.models.shoppers import CART_TOPIC, Shopper


class SenderKind(models.TextChoices):
    """What texts are sent from; carriers treat each differently."""

    LONG_CODE = "long_code", "Ordinary number (10DLC)"
    TOLL_FREE = "toll_free", "Toll-free number"
    SHORT_CODE = "short_code", "Short code"
    NAME = "name", "Name instead of a number"


class ChannelSettingsQuerySet(models.QuerySet["ChannelSettings"]):
    def for_merchant(self, merchant: Merchant) -> "ChannelSettingsQuerySet":
        return self.filter(merchant=merchant)


class ChannelSettings(models.Model):
    """One channel of one merchant; no row: as the channel is by itself. `code` stands in the address of its callbacks.

    `cap_messages` in `cap_hours` limits what one shopper gets over this channel from all campaigns; empty: no limit.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="channel_settings")
    channel = models.CharField(max_length=16)
    enabled = models.BooleanField(default=True)
    sender = models.CharField(max_length=32, blank=True)
    sender_kind = models.CharField(max_length=12, choices=SenderKind, default=SenderKind.LONG_CODE)
    price = models.DecimalField("price of one segment", max_digits=8, decimal_places=5, null=True, blank=True)
    quiet_hours = models.BooleanField(default=False, help_text="For email; texts and notifications always keep them.")
    cap_messages = models.PositiveSmallIntegerField(null=True, blank=True)
    cap_hours = models.PositiveSmallIntegerField(null=True, blank=True)

    objects: ClassVar[ChannelSettingsQuerySet] = ChannelSettingsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "channel settings"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "channel"], name="settings_once_per_merchant_channel"),
            models.CheckConstraint(
                condition=Q(cap_messages__isnull=True, cap_hours__isnull=True)
                | Q(cap_messages__gte=1, cap_hours__gte=1),
                name="cap_has_number_and_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.merchant}"


class PushSubscription(models.Model):
    """A browser that takes notifications (W3C Push API). `shopper` empty: nobody knows yet whose it is. `gone_at`: its service said so."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="push_subscriptions")
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, null=True, related_name="push_subscriptions")
    endpoint = models.TextField()
    digest = models.BinaryField(max_length=32)
    public_key = models.CharField(max_length=100)
    secret = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "digest"], name="subscription_once_per_merchant")]

    def __str__(self) -> str:
        return str(self.code)


class OptInRequest(models.Model):
    """A double opt-in under way: the shopper is asked by a message, and may confirm until `expires_at`.

    `times`: how often they were asked. `sent_at` empty: the message waits to be handed over, and is so once, not before `not_before`.
    `stated_at`: when the shopper signed up, where the store told.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="opt_in_requests")
    channel = models.CharField(max_length=16)
    topic = models.CharField(max_length=16, default=CART_TOPIC)
    source = models.CharField(max_length=120, blank=True)
    wording = models.TextField(blank=True)
    stated_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    times = models.PositiveSmallIntegerField(default=1, db_default=1)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shopper", "channel", "topic"], condition=Q(confirmed_at__isnull=True), name="one_open_opt_in"
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="opt_in_waiting", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.channel} asked {self.asked_at:%Y-%m-%d}"


class InboundText(models.Model):
    """A text a shopper sent us, by its meaning only: its words are not kept."""

    settings = models.ForeignKey(ChannelSettings, on_delete=models.CASCADE, related_name="inbound_texts")
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, null=True, related_name="inbound_texts")
    provider_id = models.CharField(max_length=200)
    meaning = models.CharField(max_length=12)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settings", "provider_id"], name="inbound_text_once")]

    def __str__(self) -> str:
        return self.meaning


class SenderDomain(models.Model):
    """What the DNS said of a merchant's sender domain when it was last looked at."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="sender_domains")
    domain = models.CharField(max_length=253)
    dkim_selector = models.CharField("DKIM selector", max_length=63, blank=True)
    found = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    gone = ArrayField(
        models.CharField(max_length=8),
        default=list,
        db_default=[],
        blank=True,
        help_text="What was in order once and no longer is.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "domain"], name="domain_once_per_merchant")]

    def __str__(self) -> str:
        return self.domain
