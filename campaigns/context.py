"""The data a message is made from (`campaigns.templating.macros` names it): plain values, stored with the delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

from accounts.models import Merchant, Store
from aiq.lib.locales import known_locale
from aiq.lib.money import money
from campaigns.audiences import ShopperLike
from campaigns.feeds import Feed, Item

ITEM_FIELDS = tuple(field.name for field in fields(Item))
# No message shows the phone number: by it a text is known to have gone there (`SentMessage.address`).
SHOPPER_FIELDS = ("first_name", "last_name", "email", "phone")


class CartLike(Protocol):
    """What a message shows of a cart."""

    @property
    def url(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def total(self) -> Decimal | None: ...
    @property
    def lines(self) -> list[dict[str, Any]]: ...
    @property
    def store(self) -> Store | None: ...


def context_of(merchant: Merchant, cart: CartLike, shopper: ShopperLike | None, feed: Feed | None) -> dict[str, Any]:
    """The context of one message. `feed` None: the message shows no products."""
    url = url_of(cart)
    currency = cart.currency or merchant.currency
    return {
        "shopper": {name: getattr(shopper, name, None) or "" for name in SHOPPER_FIELDS},
        "cart": {
            "url": url,
            "total": money(cart.total, currency, locale_of(merchant, shopper)) if _total_stands(feed) else "",
            "currency": currency,
            "item_count": item_count(cart.lines),
        },
        "items": [_item(item, url) for item in feed.items] if feed else [],
        **_feeds(feed, url),
        "store": store_data(merchant, cart.store),
        "merchant": merchant_data(merchant),
    }


def url_of(cart: CartLike) -> str:
    """The way back to a cart, or to its shop; empty where the store gave neither."""
    return cart.url or (cart.store.url if cart.store else "") or _shop_of(cart.lines)


def locale_of(merchant: Merchant, shopper: ShopperLike | None) -> str:
    """How money and dates are written for this shopper: in the shopper's own language, else in the merchant's."""
    return known_locale(shopper.locale if shopper else "", merchant.locale)


def _shop_of(lines: Sequence[Mapping[str, Any]]) -> str:
    """The front page of the shop whose product pages the lines point to: the way back where the store gave no other."""
    for line in lines:
        address = urlsplit(str(line.get("url") or ""))
        if address.scheme in {"http", "https"} and address.netloc:
            return f"{address.scheme}://{address.netloc}/"
    return ""


def _total_stands(feed: Feed | None) -> bool:
    """The cart's own total is no longer true beside products that were replaced, left out or changed their price."""
    return feed is None or feed.as_left


def _feeds(feed: Feed | None, cart_url: str) -> dict[str, Any]:
    if feed is None or not feed.more:
        return {}
    return {"feeds": {kind: [_item(item, cart_url) for item in items] for kind, items in feed.more.items()}}


def _item(item: Item, cart_url: str) -> dict[str, Any]:
    """Flat, so `asdict`, which looks for what is nested, would take ten times as long."""
    return {name: getattr(item, name) for name in ITEM_FIELDS} | {"url": item.url or cart_url}


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
