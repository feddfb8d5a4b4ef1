"""Deliveries: the queue of record of what is to be sent, what was sent, and what became of it."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Merchant
from campaigns.models.campaigns import Campaign, Content, Step
from campaigns.models.carts import Episode
from campaigns.models.shoppers import Shopper


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    CLAIMED = "claimed", "Claimed"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"


D = DeliveryStatus
SOURCES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    D.CLAIMED: frozenset({D.PENDING}),
    D.SENDING: frozenset({D.CLAIMED}),
    # Pending, claimed: its outcome was unknown, it waits to be handed over again under its key, and a report came first.
    D.SENT: frozenset({D.SENDING, D.UNKNOWN, D.PENDING, D.CLAIMED}),
    # Bounced: softly (`SoftBounce`), and the provider got through after all.
    D.DELIVERED: frozenset({D.SENT, D.BOUNCED, D.SENDING, D.UNKNOWN, D.PENDING, D.CLAIMED}),
    D.BOUNCED: frozenset({D.SENT, D.DELIVERED, D.SENDING, D.UNKNOWN, D.PENDING, D.CLAIMED}),
    D.SKIPPED: frozenset({D.PENDING, D.CLAIMED}),
    D.FAILED: frozenset({D.SENDING, D.UNKNOWN}),
    # Pending, claimed: it may have left before, and is not to be handed over again.
    D.UNKNOWN: frozenset({D.SENDING, D.PENDING, D.CLAIMED}),
    D.PENDING: frozenset({D.CLAIMED, D.SENDING, D.UNKNOWN, D.FAILED}),
}
WAS_SENT = frozenset({D.SENT, D.DELIVERED, D.BOUNCED})


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def for_merchant(self, merchant: Merchant) -> "DeliveryQuerySet":
        return self.filter(merchant=merchant)

    def due(self, now: datetime) -> "DeliveryQuerySet":
        return self.filter(status=D.PENDING, send_at__lte=now)

    def stale(self, now: datetime) -> "DeliveryQuerySet":
        """Claimed or handed over by somebody whose lease has ended."""
        return self.filter(status__in=[D.CLAIMED, D.SENDING], lease_until__lt=now)

    def sent(self) -> "DeliveryQuerySet":
        return self.filter(status__in=WAS_SENT)


class Delivery(models.Model):
    """One message to one shopper for one step and episode: unique in the database, sent at most once.

    `due_at` is when the step asks for it; `send_at` is when it is looked at next (a deferral moves it). `rank` is that of
    the channel in a waterfall, empty elsewhere: of a waterfall's channels one at a time may be on its way or have reached.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Each index is written three times per message. A key without one of its own leads a longer one below, or (campaign,
    # content, step) is asked for only when a merchant is deleted.
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    shopper = models.ForeignKey(
        Shopper, on_delete=models.SET_NULL, null=True, related_name="deliveries", db_index=False
    )
    channel = models.CharField(max_length=16)
    rank = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    reason = models.CharField(max_length=32, blank=True)
    due_at = models.DateTimeField()
    send_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # Nobody knows what came of an attempt before: whatever becomes of this one, it is never said that it did not leave.
    may_have_left = models.BooleanField(default=False, db_default=False)
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "step", "channel"], name="delivery_once_per_episode_step_channel"
            ),
            models.UniqueConstraint(
                fields=["episode", "step"],
                condition=Q(rank__isnull=False) & ~Q(status__in=["skipped", "failed", "bounced"]),
                name="one_channel_of_a_waterfall",
            ),
            models.CheckConstraint(
                condition=(Q(status="skipped") & ~Q(reason=""))
                | (~Q(status="skipped") & (Q(status__in=["failed", "unknown"]) | Q(reason=""))),
                name="skipped_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["claimed", "sending"], claim_token__isnull=False, lease_until__isnull=False)
                | (~Q(status__in=["claimed", "sending"]) & Q(lease_until__isnull=True)),
                name="claim_has_token_and_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["send_at"], name="delivery_due", condition=Q(status="pending")),
            models.Index(
                fields=["lease_until"], name="delivery_leased", condition=Q(status__in=["claimed", "sending"])
            ),
            models.Index(fields=["shopper", "sent_at"], name="delivery_by_shopper"),
            models.Index(fields=["merchant", "-id"], name="delivery_newest"),
            models.Index(fields=["merchant", "sent_at"], name="delivery_sent", condition=Q(sent_at__isnull=False)),
            # Written once a message is settled, not while it is on its way.
            models.Index(
                fields=["campaign", "content", "status", "-id"],
                name="delivery_settled",
                condition=Q(status__in=["sent", "delivered", "bounced", "skipped", "failed", "unknown"]),
            ),
            BrinIndex(fields=["due_at"], name="delivery_by_due_time", autosummarize=True),
            models.Index(fields=["merchant"], name="delivery_unknown", condition=Q(status__in=["unknown", "failed"])),
        ]

    def __str__(self) -> str:
        return str(self.code)


class SentMessage(models.Model):
    """What a message was rendered from, written when it is handed over. Content never changes and rendering is a pure
    function, so this and the content give the very message again."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, primary_key=True, related_name="message")
    at = models.DateTimeField()
    context = models.JSONField()

    def __str__(self) -> str:
        return str(self.delivery_id)

    def address(self, channel: str) -> str:
        """The mailbox or number it was handed over to, whatever its shopper has by now; empty where that was not kept."""
        field = {"email": "email", "sms": "phone"}.get(channel, "")
        return str((self.context.get("shopper") or {}).get(field) or "")


class TrackingKind(models.TextChoices):
    """Anymail's words, so that every provider's report fits."""

    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Bounced"
    DEFERRED = "deferred", "Deferred"
    REJECTED = "rejected", "Rejected"
    OPENED = "opened", "Opened"
    CLICKED = "clicked", "Clicked"
    COMPLAINED = "complained", "Marked as spam"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"


class TrackingEvent(models.Model):
    """What happened to a sent message, append-only. `machine`: a scanner or a privacy proxy, never counted as a person."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tracking")
    kind = models.CharField(max_length=16, choices=TrackingKind)
    at = models.DateTimeField()
    machine = models.BooleanField(default=False)
    url = models.CharField(max_length=2000, blank=True)
    provider_event_id = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "kind", "provider_event_id"],
                condition=~Q(provider_event_id=""),
                name="provider_report_once",
            )
        ]
        indexes = [BrinIndex(fields=["at"], name="tracking_by_time", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class SoftBounce(models.Model):
    """A message that an address did not take this time, by the address's keyed hash: several of one address within a month suppress it.
    Gone once the message was delivered, or lost for good."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, primary_key=True, related_name="soft_bounce")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["merchant", "digest"], name="soft_bounce_by_address")]

    def __str__(self) -> str:
        return str(self.delivery_id)
