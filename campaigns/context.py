"""The data a message is made from (`campaigns.macros` names it): plain values, stored with the delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from accounts.models import Merchant, Store
from aiq.lib.money import money
from campaigns.feeds import Feed
from campaigns.models import Cart, Shopper

SHOPPER_FIELDS = ("first_name", "last_name", "email")


def context_of(merchant: Merchant, cart: Cart, shopper: Shopper | None, feed: Feed | None) -> dict[str, Any]:
    """The context of one message. `feed` None: the message shows no products."""
    return {
        "shopper": {name: getattr(shopper, name, None) or "" for name in SHOPPER_FIELDS},
        "cart": {
            "url": cart.url,
            "total": money(cart.total, cart.currency or merchant.currency),
            "currency": cart.currency or merchant.currency,
            "item_count": item_count(cart.lines),
        },
        "items": [asdict(item) for item in feed.items] if feed else [],
        "store": store_data(merchant, cart.store),
        "merchant": merchant_data(merchant),
    }


def item_count(lines: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(line.get("quantity") or 1) for line in lines)


def store_data(merchant: Merchant, store: Store | None) -> dict[str, Any]:
    return {"name": store.name if store else merchant.name, "url": store.url if store else ""}


def merchant_data(merchant: Merchant) -> dict[str, Any]:
    return {
        "name": merchant.name,
        "logo": merchant.logo,
        "color": merchant.brand_color,
        "postal_address": merchant.postal_address,
    }
