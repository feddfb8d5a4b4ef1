"""End customers: who they are, how stores know them, what they allowed, and to whom nothing may go."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper

from accounts.models import Merchant, check_timezone
from campaigns.channels.push_address import Browser


class Topic(models.TextChoices):
    """The topics of `campaigns.facts.Topic`, in words."""

    CART = "cart", "Cart reminders"
    NEWSLETTER = "newsletter", "Newsletters"


CART_TOPIC = Topic.CART.value


class Shopper(models.Model):
    """A person a store sells to. `code` is the contactID of the API. Never merged with another by itself."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="shoppers", db_index=False)
    email = models.EmailField(max_length=254, null=True, blank=True)
    phone = models.CharField(max_length=16, null=True, blank=True)
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    timezone = models.CharField(max_length=64, blank=True, validators=[check_timezone])
    locale = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, blank=True, db_default="", help_text="ISO 3166-1, as the store told it.")
    region = models.CharField(max_length=3, blank=True, db_default="", help_text="State or province, such as FL.")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    not_interested = ArrayField(
        models.CharField(max_length=128),
        default=list,
        db_default=[],
        blank=True,
        help_text="Products that are not to be shown again.",
    )
    birthdate = models.DateField(null=True, blank=True)
    favorite_store = models.CharField(max_length=128, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "email"], name="shopper_email_once_per_merchant"),
            models.UniqueConstraint(fields=["merchant", "phone"], name="shopper_phone_once_per_merchant"),
            models.CheckConstraint(
                condition=Q(email__isnull=True) | Q(email=Lower("email")), name="shopper_email_lower"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="shopper_phone_e164"
            ),
        ]
        indexes = [
            GinIndex(fields=["tags"], name="shopper_by_tag"),
            models.Index(fields=["merchant", "-id"], name="shopper_newest"),
            # The beginnings of words that the list is searched by, in upper case as Django asks for them.
            *(
                models.Index("merchant", OpClass(Upper(name), name="text_pattern_ops"), name=f"shopper_by_{name}")
                for name in ("email", "phone", "first_name", "last_name")
            ),
        ]

    def __str__(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        return name or self.email or self.phone or "Unknown shopper"

    @property
    def browsers(self) -> Sequence[Browser]:
        """Those that take notifications, newest first; for one shopper: `campaigns.notifications.browsers.living` is for many."""
        living = self.push_subscriptions.filter(gone_at__isnull=True).order_by("-created_at", "-pk")
        return [Browser(str(row.code), row.endpoint, row.public_key, row.secret) for row in living]


class ShopperKey(models.Model):
    """What a connection calls a shopper (its srcID). `source` is the connection's code."""

    source = models.UUIDField()
    key = models.CharField(max_length=128)
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="shopper_key_once_per_source")]

    def __str__(self) -> str:
        return self.key


class Consent(models.Model):
    """A span of the consent history: append-only, the open row (no `closed_at`) is what holds now.

    An opt-out is reopened only by the shopper, never by what a store sends.
    """

    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=16)
    topic = models.CharField(max_length=16, default=CART_TOPIC)
    status = models.CharField(max_length=12, choices=[("subscribed", "Subscribed"), ("unsubscribed", "Unsubscribed")])
    double_opt_in = models.BooleanField(default=False)
    source = models.CharField(max_length=120, blank=True)
    wording = models.TextField(blank=True)
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shopper", "channel", "topic"], condition=Q(closed_at__isnull=True), name="one_open_consent"
            ),
            models.CheckConstraint(condition=Q(status__in=["subscribed", "unsubscribed"]), name="consent_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.get_status_display()}"


class SuppressionReason(models.TextChoices):
    BOUNCE = "bounce", "Hard bounce"
    BOUNCES = "bounces", "Bounced again and again"
    COMPLAINT = "complaint", "Marked as spam"
    DEAD_NUMBER = "dead_number", "Dead number"
    STAFF = "staff", "Suppressed by staff"
    LEGAL = "legal", "Legal request"


class Suppression(models.Model):
    """An address to which nothing goes, whatever the consent. Kept as a keyed hash, so that it outlives erasure."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="suppressions")
    channel = models.CharField(max_length=16)
    digest = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=16, choices=SuppressionReason)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "channel", "digest"], name="suppressed_once_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.get_reason_display()}"


class RefusedAddress(models.Model):
    """A no whose address no shopper of the merchant has any more, `at` the time it was said: it is handed to whoever has the address
    next. Kept as a keyed hash, so that it outlives erasure."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=16)
    topic = models.CharField(max_length=16, default=CART_TOPIC)
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "digest", "channel", "topic"], name="refused_once_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.topic}"


class AudienceQuerySet(models.QuerySet["Audience"]):
    def for_merchant(self, merchant: Merchant) -> "AudienceQuerySet":
        return self.filter(merchant=merchant)


class Audience(models.Model):
    """A saved filter over shoppers. `rules` is a list of {"field", "is", "value"}, all of which must hold
    (`campaigns.audiences`). No audience on a campaign means: all subscribed users."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="audiences")
    name = models.CharField(max_length=120)
    rules = models.JSONField(default=list, blank=True)
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AudienceQuerySet] = AudienceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["merchant", "name"], name="audience_name_once_per_merchant")]

    def __str__(self) -> str:
        return self.name
