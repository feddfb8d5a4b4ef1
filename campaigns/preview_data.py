"""What a preview shows: the data of a real past cart, or of a made-up one while there is none."""

from typing import Any

from django.utils import timezone

from accounts.models import Merchant
from campaigns.context import context_of, locale_of, merchant_data, store_data
from campaigns.feeds import FeedCart, load_feeds
from campaigns.models import Cart
from campaigns.starters import SAMPLE_CONTEXT

CARTS_TO_CHOOSE = 12


def past_carts(merchant: Merchant) -> list[Cart]:
    """The newest carts with products and a known shopper, to choose from."""
    carts = Cart.objects.filter(merchant=merchant, shopper__isnull=False).exclude(lines=[])
    return list(carts.select_related("shopper", "store").order_by("-id")[:CARTS_TO_CHOOSE])


def preview_context(merchant: Merchant, cart: Cart | None, *, feed: bool) -> dict[str, Any]:
    """A message's data (`campaigns.templating.macros`) as a delivery would have it now; without a cart, a sample shopper's."""
    if cart is None:
        own = {"store": store_data(merchant, merchant.stores.first()), "merchant": merchant_data(merchant)}
        return {**SAMPLE_CONTEXT, **own, "items": SAMPLE_CONTEXT["items"] if feed else []}
    currency = cart.currency or merchant.currency
    feed_cart = FeedCart(cart.merchant_id, cart.store_id, currency, cart.lines, locale_of(merchant, cart.shopper))
    feeds = load_feeds([feed_cart], timezone.now()) if feed else [None]
    return context_of(merchant, cart, cart.shopper, feeds[0])
