"""Carts, the episodes of their life, and orders. Rows follow from facts alone (`campaigns.episodes`)."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import CartTrigger, Merchant, Store
from campaigns.models.shoppers import Shopper


class CartState(models.TextChoices):
    OPEN = "open", "Open"
    ABANDONED = "abandoned", "Abandoned"
    ORDERED = "ordered", "Ordered"
    EMPTIED = "emptied", "Emptied"


class Cart(models.Model):
    """A cart as last known. `key` is the provider's token, unique within its `source` (the connection's code).

    A synthetic cart stands for the abandonments of a shopper whose store gives no cart ids.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="carts", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, related_name="carts")
    shopper = models.ForeignKey(Shopper, on_delete=models.SET_NULL, null=True, related_name="carts")
    source = models.UUIDField()
    key = models.CharField(max_length=128)
    synthetic = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=CartState, default=CartState.OPEN)
    trigger = models.CharField(max_length=8, choices=CartTrigger, default=CartTrigger.SIMPLE)
    lines = models.JSONField(default=list)
    url = models.CharField(max_length=2000, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    occurred_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="cart_once_per_source"),
            models.CheckConstraint(condition=Q(total__isnull=True) | Q(total__gte=0), name="cart_total_not_negative"),
        ]
        indexes = [models.Index(fields=["merchant", "key"], name="cart_by_key")]

    def __str__(self) -> str:
        return self.key

    def state_at(self, now: datetime, abandoned_at: datetime | None) -> str:
        """The status as of `now`: an abandonment by silence lies in the future until the quiet period has passed."""
        if self.status == CartState.ABANDONED and abandoned_at and abandoned_at > now:
            return CartState.OPEN
        return self.status


class CartActivity(models.Model):
    """One fact about a cart, append-only: what `episodes.fold` reads. `event_id` breaks ties between equal times."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="activities", db_index=False)
    occurred_at = models.DateTimeField()
    status = models.CharField(max_length=16)
    shopper = models.ForeignKey(Shopper, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    event_id = models.CharField(max_length=160)
    lines = models.JSONField(null=True)
    url = models.CharField(max_length=2000, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    quiet_period_minutes = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cart", "event_id"], name="cart_fact_once_per_event")]

    def __str__(self) -> str:
        return f"{self.status} {self.occurred_at:%Y-%m-%d %H:%M}"


class Order(models.Model):
    """An order as last known. `placed_at` is the earliest time any fact gave; `delivery_id` is the reminder it is
    credited to (`campaigns.insight.attribution`)."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="orders")
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, related_name="orders")
    shopper = models.ForeignKey(Shopper, on_delete=models.SET_NULL, null=True, related_name="orders")
    source = models.UUIDField()
    key = models.CharField(max_length=128)
    cart_keys = ArrayField(models.CharField(max_length=128), default=list)
    status = models.CharField(max_length=12)
    lines = models.JSONField(default=list)
    discount_codes = ArrayField(models.CharField(max_length=128), default=list)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    refunded = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    placed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    delivery = models.ForeignKey("campaigns.Delivery", on_delete=models.SET_NULL, null=True, related_name="orders")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="order_once_per_source"),
            models.CheckConstraint(condition=Q(total__isnull=True) | Q(total__gte=0), name="order_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["shopper", "placed_at"], name="order_by_shopper"),
            models.Index(fields=["merchant", "placed_at"], name="order_by_time"),
            models.Index(fields=["merchant", "changed_at"], name="order_by_change"),
            models.Index(fields=["merchant", "key"], name="order_by_key"),
            GinIndex(fields=["cart_keys"], name="order_by_cart_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Closed(models.TextChoices):
    """How an episode ended."""

    ORDERED = "ordered", "Bought"
    COMPLETE = "complete", "Completed at the store"
    EMPTIED = "emptied", "Emptied"
    SUPERSEDED = "superseded", "The shopper came back to the cart"
    ELSEWHERE = "elsewhere", "Bought elsewhere, as the shopper said"


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def abandoned(self, now: datetime) -> "EpisodeQuerySet":
        """Episodes whose abandonment has happened by `now` (one by silence may still lie ahead)."""
        return self.filter(abandoned_at__lte=now)


class Episode(models.Model):
    """One stretch of a cart's life, from first activity to order, emptying or the next stretch: what a campaign may
    remind of, once. `abandoned_at` ahead of now: it will be abandoned then, unless something happens before."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="episodes", db_index=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="episodes", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, related_name="episodes")
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=8, choices=CartTrigger, default=CartTrigger.SIMPLE)
    started_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    abandoned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=12, choices=Closed, blank=True)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="episodes")
    recovered_at = models.DateTimeField(null=True)

    objects: ClassVar[EpisodeQuerySet] = EpisodeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "number"], name="episode_number_once_per_cart", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by="") | (Q(closed_at__isnull=False) & ~Q(closed_by="")),
                name="episode_closed_with_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "abandoned_at"], include=["store"], name="episode_by_abandoned_at"),
            models.Index(
                fields=["merchant", "recovered_at"], name="episode_recovered", condition=Q(recovered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cart} · {self.number}"
