"""The feeds of products that are not in the cart: the same for simple triggers, as long as the store is known.

What a message shows in one place it shows in no other: kinds are filled in the order of `campaigns.feeds.kinds`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aiq.lib.money import money
from campaigns.feeds.items import Feed, FeedCart, Item
from campaigns.feeds.kinds import ALSO_LIKE, BEST_SELLERS, NEW_ARRIVALS, ON_SALE
from products import affinity, shelves
from products.affinity import Basket
from products.offers import Offer

Source = Callable[[Sequence[Basket], datetime], list[list[Offer]]]
SOURCES: Mapping[str, Source] = {
    ALSO_LIKE: affinity.together,
    BEST_SELLERS: affinity.best_sellers,
    NEW_ARRIVALS: shelves.new_arrivals,
    ON_SALE: shelves.on_sale,
}


def with_more(carts: Sequence[FeedCart], feeds: Sequence[Feed], now: datetime) -> list[Feed]:
    """The feeds with all other kinds that their messages show: one query for each kind, however many carts there are."""
    filled = list(feeds)
    for kind, source in SOURCES.items():
        asking = [number for number, cart in enumerate(carts) if cart.shows.get(kind)]
        found = source([_basket(carts[number], filled[number], kind) for number in asking], now) if asking else []
        for number, offers in zip(asking, found, strict=True):
            filled[number] = _with(filled[number], kind, offers, carts[number])
    return filled


def _basket(cart: FeedCart, feed: Feed, kind: str) -> Basket:
    return Basket(
        cart.merchant_id,
        cart.store_id,
        keys=frozenset(str(line["key"]) for line in cart.lines),
        limit=cart.shows[kind],
        exclude=feed.taken | cart.refused,
        groups=feed.groups,
        currency=cart.currency,
    )


def _with(feed: Feed, kind: str, offers: Sequence[Offer], cart: FeedCart) -> Feed:
    items = tuple(_item(offer, cart) for offer in offers)
    return replace(
        feed,
        more={**feed.more, kind: items},
        taken=feed.taken | {offer.key for offer in offers},
        groups=feed.groups | {offer.group for offer in offers if offer.group},
    )


def _item(offer: Offer, cart: FeedCart) -> Item:
    currency = offer.currency or cart.currency
    before = offer.compare_at_price
    cheaper = before is not None and offer.price is not None and offer.price < before
    return Item(
        name=offer.name,
        brand=offer.brand,
        price=money(offer.price, currency, cart.locale),
        was_price=money(before, currency, cart.locale) if cheaper else "",
        quantity=1,
        image=offer.image,
        url=offer.url,
        key=offer.key,
    )
