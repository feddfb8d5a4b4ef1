"""What the page of a product says of the carts it lies in: pages are put together in templates, so products need not know carts."""

from django import template
from django.utils import timezone

from campaigns import open_carts as carts
from products.models import Product

register = template.Library()


@register.simple_tag
def open_carts(product: Product) -> carts.OpenCarts:
    return carts.open_carts(product, timezone.now())
