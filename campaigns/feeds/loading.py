"""Loads the feeds of many messages, in a number of queries that does not grow with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from campaigns.feeds.items import Feed, FeedCart
from campaigns.feeds.lines import Line, feed_of, lines_of
from campaigns.feeds.recommended import with_more
from products.candidates import Search, load_candidates
from products.offers import Offer, Place, load_catalog


def load_feeds(carts: Sequence[FeedCart], now: datetime) -> list[Feed]:
    """The feeds of many carts as of `now`, in their order: three queries, and one for each other kind that is shown."""
    places = load_catalog([_place(cart, key) for cart in carts for key in _keys(cart)], now)
    lines = [lines_of(cart, _offers(cart, places)) for cart in carts]
    searches = [_searches(cart, of_cart) for cart, of_cart in zip(carts, lines, strict=True)]
    results = iter(load_candidates([search for of_cart in searches for search in of_cart if search], now))
    candidates = [[next(results) if search else [] for search in of_cart] for of_cart in searches]
    feeds = [feed_of(*parts) for parts in zip(carts, lines, candidates, strict=True)]
    return with_more(carts, feeds, now)


def _keys(cart: FeedCart) -> list[str]:
    return [str(told["key"]) for told in cart.lines]


def _place(cart: FeedCart, key: str) -> Place:
    return Place(cart.merchant_id, cart.store_id, key)


def _offers(cart: FeedCart, places: Mapping[Place, Offer]) -> dict[str, Offer]:
    return {key: found for key in _keys(cart) if (found := places.get(_place(cart, key)))}


def _searches(cart: FeedCart, lines: Sequence[Line]) -> list[Search | None]:
    """One search for each line that cannot be bought; None where the policy wants no alternative."""
    gone = [line.gap for line in lines if line.gone]
    if cart.store_id is None or not cart.replaces:
        return [None] * len(gone)
    exclude = frozenset(name for line in lines for name in line.names) | cart.refused
    return [Search(cart.merchant_id, cart.store_id, gap, len(gone), exclude) for gap in gone]
