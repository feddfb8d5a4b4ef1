"""What a preview shows: the data of a real past cart, or of a made-up one while there is none."""

from dataclasses import asdict
from typing import Any

from accounts.models import Merchant, Store
from aiq.lib.money import money
from campaigns.feeds import FeedCart, load_feeds
from campaigns.models import Cart, Shopper
from campaigns.starters import SAMPLE_CONTEXT

CARTS_TO_CHOOSE = 12


def past_carts(merchant: Merchant) -> list[Cart]:
    """The newest carts with products and a known shopper, to choose from."""
    carts = Cart.objects.filter(merchant=merchant, shopper__isnull=False).exclude(lines=[])
    return list(carts.select_related("shopper", "store").order_by("-id")[:CARTS_TO_CHOOSE])


def context_of(merchant: Merchant, cart: Cart | None, *, feed: bool) -> dict[str, Any]:
    """A message's data (`campaigns.macros`) for a preview."""
    if cart is None:
        return _sample(merchant, feed=feed)
    currency = cart.currency or merchant.currency
    return {
        "shopper": _shopper(cart.shopper),
        "cart": {
            "url": cart.url,
            "total": money(cart.total, currency),
            "currency": currency,
            "item_count": sum(int(line.get("quantity") or 1) for line in cart.lines),
        },
        "items": _items(cart, currency) if feed else [],
        "store": _store(merchant, cart.store),
        "merchant": _merchant(merchant),
    }


def _sample(merchant: Merchant, *, feed: bool) -> dict[str, Any]:
    own = {"store": _store(merchant, merchant.stores.first()), "merchant": _merchant(merchant)}
    return {**SAMPLE_CONTEXT, **own, "items": SAMPLE_CONTEXT["items"] if feed else []}


def _items(cart: Cart, currency: str) -> list[dict[str, Any]]:
    feed = load_feeds([FeedCart(cart.merchant_id, cart.store_id, currency, cart.lines)])[0]
    return [asdict(item) for item in feed.items]


def _shopper(shopper: Shopper | None) -> dict[str, Any]:
    return {name: getattr(shopper, name, None) or "" for name in ("first_name", "last_name", "email")}


def _store(merchant: Merchant, store: Store | None) -> dict[str, Any]:
    return {"name": store.name if store else merchant.name, "url": store.url if store else ""}


def _merchant(merchant: Merchant) -> dict[str, Any]:
    return {
        "name": merchant.name,
        "logo": merchant.logo,
        "color": merchant.brand_color,
        "postal_address": merchant.postal_address,
    }
