"""What sells, and what is bought together: counted from the merchant's own orders by `campaigns`, read by product feeds."""

from django.db import models
from django.db.models import Q

from accounts.models import Merchant
from products.models.catalogue import Product


class ProductSales(models.Model):
    """In how many orders a product was, ever; `recent` weighs them by age, halving as time goes by."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="sales")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    orders = models.PositiveIntegerField(default=0)
    recent = models.FloatField(default=0)
    last_sold_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["merchant", "-recent"], name="sales_best_first")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.orders}"


class ProductPair(models.Model):
    """In how many orders `other` was bought together with `product`. Each pair stands twice, once from either side."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pairs", db_index=False)
    other = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    orders = models.PositiveIntegerField(default=0)
    recent = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "other"], name="pair_once")]
        # Most pairs are seen once, and such are not read: they cost this index nothing.
        indexes = [
            models.Index(fields=["product", "-recent", "other"], name="pair_strongest_first", condition=Q(orders__gt=1))
        ]

    def __str__(self) -> str:
        return f"{self.product_id} with {self.other_id}: {self.orders}"


class SalesMark(models.Model):
    """How far the orders of a merchant are counted: up to which row, and when recent figures were last aged. `recent`: how
    many orders, weighed by age as the others are."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    order_id = models.BigIntegerField(default=0)
    recent = models.FloatField(default=0, db_default=0)
    aged_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"up to {self.order_id}"
