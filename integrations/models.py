"""The doors: connections to stores with their keys and secrets, and every event that came in through them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Merchant, Store


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def connected(self) -> "ConnectionQuerySet":
        return self.filter(disconnected_at__isnull=True)


class Connection(models.Model):
    """A merchant's link to one provider, feeding one or more of its stores. `code` is public: it stands in webhook addresses."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    stores = models.ManyToManyField(Store, related_name="connections", blank=True)
    carts_enabled = models.BooleanField("abandoned carts", default=True)
    quiet_period_minutes = models.PositiveIntegerField(null=True, blank=True)
    secrets_encrypted = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    redact_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when what came from this shop is to be erased."
    )

    objects: ClassVar[ConnectionQuerySet] = ConnectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key by its SHA-256; the key itself is shown once. The first characters help people tell keys apart."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="api_keys")
    digest = models.BinaryField(unique=True, max_length=32)
    prefix = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}…"


class EventState(models.TextChoices):
    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    IGNORED = "ignored", "Ignored"
    QUARANTINED = "quarantined", "Quarantined"


class EventKey(models.Model):
    """The narrow row of an event: its idempotency key (kept at least 30 days) and its state, which is the queue."""

    code = models.UUIDField(unique=True, db_default=models.Func(function="gen_random_uuid"), editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="events", db_index=False)
    event_id = models.CharField(max_length=160)
    body_hash = models.BinaryField(max_length=32)
    state = models.CharField(max_length=12, choices=EventState, db_default=EventState.RECEIVED)
    reason = models.CharField(max_length=64, blank=True, db_default="")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "event_id"], name="event_once_per_connection"),
            models.CheckConstraint(
                condition=Q(state__in=["received", "processed"]) | ~Q(reason=""),
                name="event_reason_where_not_processed",
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "id"], name="event_waiting", condition=Q(state="received")),
            models.Index(fields=["received_at"], name="event_by_time"),
            models.Index(fields=["received_at"], name="event_quarantined", condition=Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        return self.event_id


class InboundEvent(models.Model):
    """The wide row: the raw body until it is translated, then its allow-listed form. Append-only but for that."""

    key = models.OneToOneField(EventKey, on_delete=models.CASCADE, primary_key=True, related_name="event")
    received_at = models.DateTimeField(db_default=Now())
    topic = models.CharField(max_length=64)
    body = models.TextField(blank=True)
    note = models.TextField(blank=True, db_default="")
    shopper_id = models.BigIntegerField(null=True)
    cart_id = models.BigIntegerField(null=True)
    order_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["shopper_id"], name="event_by_shopper", condition=Q(shopper_id__isnull=False)),
            models.Index(fields=["cart_id"], name="event_by_cart", condition=Q(cart_id__isnull=False)),
            models.Index(fields=["order_id"], name="event_by_order", condition=Q(order_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key_id}"
