"""Where the links of the demo's reminders lead: a page that says what a shopper would see there. Only in the demo."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET
from django.views.static import serve

from products.models import Product


@require_GET
def shop(request: HttpRequest, key: str = "") -> HttpResponse:
    """A product of the sample shop, or its cart."""
    product = Product.objects.filter(merchant__slug="fernwood", key=key).first() if key else None
    response = render(request, "demo/shop.html", {"product": product, "cart": key.startswith("cart/")})
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    return response


urlpatterns = [
    path("demo/shop/", shop, name="demo_shop"),
    path("demo/shop/<path:key>", shop, name="demo_product"),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
