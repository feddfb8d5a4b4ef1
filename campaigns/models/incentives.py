"""Discounts that a message may carry, their codes, and which code was given to whom."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from accounts.models import Merchant
from campaigns.models.carts import Episode
from campaigns.models.shoppers import Shopper


class DiscountKind(models.TextChoices):
    PERCENT = "percent", "Percent off"
    AMOUNT = "amount", "Amount off"
    FREE_SHIPPING = "free_shipping", "Free shipping"


class DiscountQuerySet(models.QuerySet["Discount"]):
    def for_merchant(self, merchant: Merchant) -> "DiscountQuerySet":
        return self.filter(merchant=merchant)

    def offered(self) -> "DiscountQuerySet":
        """What a campaign may still choose."""
        return self.filter(archived_at__isnull=True)


class Discount(models.Model):
    """What a shopper gets for coming back. `code_shared` is one code for everybody; without it each episode gets one of its own from the pool.

    `expires_after_hours` counts from the moment a code is given. `per_campaign` and `per_day` limit how many a campaign gives, in all and each
    day of the merchant's time zone. `rest_days`: not for who was given any discount within so many days. `stacks`: may be given beside another
    discount that is still valid for the same episode.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="discounts")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=DiscountKind, default=DiscountKind.PERCENT)
    value = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    code_shared = models.CharField("one code for everybody", max_length=64, blank=True)
    pattern = models.CharField(max_length=64, blank=True, help_text="How new codes look: # a letter or digit.")
    minimum_cart = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    expires_after_hours = models.PositiveIntegerField(null=True, blank=True)
    per_campaign = models.PositiveIntegerField(null=True, blank=True)
    per_day = models.PositiveIntegerField(null=True, blank=True)
    rest_days = models.PositiveSmallIntegerField(null=True, blank=True)
    stacks = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True, help_text="When owners were told that its codes run low.")

    objects: ClassVar[DiscountQuerySet] = DiscountQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "name"], name="discount_name_once_per_merchant"),
            models.CheckConstraint(
                condition=Q(kind="free_shipping", value__isnull=True)
                | Q(kind="percent", value__gt=0, value__lte=100)
                | (Q(kind="amount", value__gt=0) & ~Q(currency="")),
                name="discount_has_its_value",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DiscountCode(models.Model):
    """A unique code in a discount's pool. Free until a `GivenDiscount` holds it. Once per merchant, since shops do not tell upper from lower case."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    discount = models.ForeignKey(Discount, on_delete=models.CASCADE, related_name="codes", db_index=False)
    value = models.CharField(max_length=64)
    given = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(F("merchant"), Upper("value"), name="code_once_per_merchant")]
        indexes = [models.Index(fields=["discount", "id"], name="code_free", condition=Q(given=False))]

    def __str__(self) -> str:
        return self.value


class GivenDiscount(models.Model):
    """A discount given to an episode: once, and served again for it. `pooled` is the unique code that nobody else gets; `value` what was shown.

    `token` is the end of the short link that carries the code to the cart.
    """

    token = models.CharField(max_length=16, unique=True)
    discount = models.ForeignKey(Discount, on_delete=models.PROTECT, related_name="given", db_index=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="given_discounts")
    shopper = models.ForeignKey(
        Shopper, on_delete=models.SET_NULL, null=True, related_name="given_discounts", db_index=False
    )
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="given_discounts", db_index=False
    )
    pooled = models.OneToOneField(DiscountCode, on_delete=models.PROTECT, null=True, related_name="holder")
    value = models.CharField(max_length=64)
    given_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    order = models.ForeignKey("campaigns.Order", on_delete=models.SET_NULL, null=True, related_name="given_discounts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["discount", "episode"], name="discount_given_once_per_episode"),
        ]
        indexes = [
            models.Index(fields=["campaign", "discount", "given_at"], name="given_by_campaign"),
            models.Index(fields=["discount", "given_at"], name="given_by_discount"),
            models.Index(
                fields=["discount"], include=["order"], name="given_redeemed", condition=Q(redeemed_at__isnull=False)
            ),
            models.Index(fields=["shopper", "given_at"], name="given_by_shopper"),
            models.Index(Upper("value"), name="given_by_value", condition=Q(pooled__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.value


class DiscountFigure(models.Model):
    """What had come of a discount that was given very often, when it was last counted (`campaigns.incentives.uptake`)."""

    discount = models.OneToOneField(Discount, on_delete=models.CASCADE, primary_key=True, related_name="figure")
    given = models.PositiveIntegerField()
    redeemed = models.PositiveIntegerField()
    money = models.JSONField(default=dict)
    counted_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.discount}: {self.redeemed} of {self.given}"
