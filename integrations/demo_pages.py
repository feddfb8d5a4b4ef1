"""Where the links of the demo's reminders lead: a page that says what a shopper would see there. Only in the demo.

The page of a cart offers notifications as a store's page does, with our script and a worker of its own.
"""

import json
from base64 import urlsafe_b64encode
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from django.views.static import serve

from accounts.models import Merchant
from campaigns.channels.push_address import Browser
from campaigns.channels.webpush import public_key
from campaigns.models import Cart
from campaigns.notifications import subscribing
from products.models import Product

SLUG = "fernwood"
ASKED = subscribing.Asked(True, "Remind me of my cart", "browser permission at the sample shop")
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; worker-src 'self'"


@require_GET
def shop(request: HttpRequest, key: str = "") -> HttpResponse:
    """A product of the sample shop, or its cart."""
    of_cart = key.startswith("cart/")
    product = Product.objects.filter(merchant__slug=SLUG, key=key).first() if key and not of_cart else None
    cart = _cart(key.removeprefix("cart/")) if of_cart else None
    offer = _offer(cart) if cart and settings.VAPID_PRIVATE_KEY else {}
    response = render(request, "demo/shop.html", {"product": product, "cart": of_cart, "offer": offer})
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _cart(key: str) -> Cart | None:
    carts = Cart.objects.filter(merchant__slug=SLUG, key=key, shopper__isnull=False, store__isnull=False)
    return carts.select_related("shopper", "store").first()


def _offer(cart: Cart) -> dict[str, str]:
    """What a store's server writes into the page for a shopper it knows."""
    assert cart.shopper
    assert cart.store
    return {
        "script": reverse("push_script", args=[cart.store.code]),
        "token": subscribing.token_for(cart.shopper.code, timezone.now()),
        "worker": reverse("demo_worker"),
        "who": str(cart.shopper),
    }


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The file that a store's programmer puts at the root."""
    line = f'importScripts("{reverse("push_worker")}");\n'
    return HttpResponse(line, content_type="text/javascript; charset=utf-8")


@csrf_exempt
@require_POST
def notifications(request: HttpRequest) -> HttpResponse:
    """A played shopper allows notifications: their browser is made up, and its address leads nowhere (RFC 2606)."""
    token = json.loads(request.body)["token"]
    merchant, now = Merchant.objects.get(slug=SLUG), timezone.now()
    shopper = subscribing.shopper_of(token, merchant.pk, now)
    if shopper is None:
        return JsonResponse({"data": {"reminders": False}}, status=422)
    secret = urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()
    made = Browser("", f"https://push.example/{uuid4()}", public_key(), secret)
    return JsonResponse({"data": {"reminders": subscribing.subscribe(shopper, made, ASKED, now)}})


urlpatterns = [
    path("demo/shop/", shop, name="demo_shop"),
    path("demo/shop/aiq-push-worker.js", worker, name="demo_worker"),
    path("demo/shop/notifications", notifications, name="demo_notifications"),
    path("demo/shop/<path:key>", shop, name="demo_product"),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
