"""The catalogue of a merchant and the stock of its stores."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Merchant, Store


class ProductQuerySet(models.QuerySet["Product"]):
    def for_merchant(self, merchant: Merchant) -> "ProductQuerySet":
        return self.filter(merchant=merchant)


class Product(models.Model):
    """One thing a shopper can buy: a variant where the store has variants, tied to its siblings by `group`."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="products")
    key = models.CharField("id at the store's side", max_length=128)
    sku = models.CharField("SKU", max_length=128, blank=True)
    name = models.CharField(max_length=300, blank=True)
    brand = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=120, blank=True)
    price = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    compare_at_price = models.DecimalField("price before", max_digits=16, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    image = models.URLField(max_length=2000, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    group = models.CharField(max_length=128, blank=True)
    stock_ref = models.CharField(max_length=128, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    hidden = models.BooleanField(default=False, help_text="Never offered in place of another or recommended.")
    recalled = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Called back: never shown in a message, not even where it was left behind.",
    )
    updated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "key"], name="product_key_once_per_merchant"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="product_price_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "category", "price"], name="product_by_category_price"),
            models.Index(fields=["merchant", "group"], name="product_by_group", condition=~Q(group="")),
            models.Index(fields=["merchant", "stock_ref"], name="product_by_stock_ref", condition=~Q(stock_ref="")),
            models.Index(fields=["merchant", "sku"], name="product_by_sku", condition=~Q(sku="")),
            models.Index(fields=["merchant", "-created_at", "-id"], name="product_newest_first"),
            models.Index(
                F("merchant"),
                F("price") / F("compare_at_price"),
                F("id"),
                name="product_best_saving_first",
                condition=Q(compare_at_price__gt=F("price")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key


class StockSource(models.TextChoices):
    """Who told a stock figure."""

    PUSHED = "pushed", "Told by the store"
    IMPORTED = "imported", "Read from an import"


class Stock(models.Model):
    """How much of a product a store has, as last told. Neither figure nor yes/no known: there is no row.

    A pushed figure stands until the next one (`valid_until` null). A scheduled import's ends after two missed runs: from
    `valid_until` on the stock counts as unknown. `feed_import` is the import that told an imported figure.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="stock")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="stock")
    location = models.CharField(max_length=128, blank=True)
    quantity = models.IntegerField(null=True, blank=True)
    in_stock = models.BooleanField()
    source = models.CharField(max_length=16, choices=StockSource, default=StockSource.PUSHED)
    as_of = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    feed_import = models.ForeignKey(
        "products.FeedImport", on_delete=models.SET_NULL, null=True, related_name="stock", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "store", "location"], name="one_stock_per_product_store_location"
            )
        ]
        indexes = [
            models.Index(fields=["feed_import"], name="stock_of_import", condition=Q(feed_import__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.store}"


class PriceChange(models.Model):
    """A price from a moment on, append-only: the first one known, and each that differed from the one before."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="price_changes", db_index=False)
    price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    compare_at_price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["product", "at"], name="price_change_by_product")]

    def __str__(self) -> str:
        return f"{self.price} {self.currency} from {self.at:%Y-%m-%d}"


class OwnAlternative(models.Model):
    """What the merchant wants offered when a product has sold out, in the order of `position`."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="own_alternatives", db_index=False)
    alternative = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "alternative"], name="own_alternative_once_per_product"),
            models.CheckConstraint(condition=~Q(product=F("alternative")), name="own_alternative_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.alternative} for {self.product}"
