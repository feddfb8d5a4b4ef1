"""In how many carts that shoppers left and may still come back to a product lies."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from campaigns.models import Cart, Episode
from products.models import Product

DAYS = 30
NEWEST = 2000


@dataclass(frozen=True, slots=True)
class OpenCarts:
    """`holding` of the `looked_at` carts hold the product; `all_of_them` False: only the newest were looked at."""

    holding: int
    looked_at: int
    all_of_them: bool


def open_carts(product: Product, now: datetime) -> OpenCarts:
    """Of the carts left in the last 30 days and still open, the newest two thousand at most; one query."""
    left = Episode.objects.filter(
        merchant_id=product.merchant_id,
        abandoned_at__range=(now - timedelta(days=DAYS), now),
        closed_at__isnull=True,
    )
    holds = Q(lines__contains=[{"key": product.key}])
    if product.sku:
        holds |= Q(lines__contains=[{"key": product.sku}]) | Q(lines__contains=[{"sku": product.sku}])
    carts = Cart.objects.filter(pk__in=left.order_by("-abandoned_at").values("cart")[:NEWEST])
    counted = carts.aggregate(all=Count("pk"), holding=Count("pk", filter=holds))
    return OpenCarts(counted["holding"], counted["all"], counted["all"] < NEWEST)
