"""What a preview shows: the data of a real past cart, or of a made-up one while there is none."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Merchant
from campaigns.context import context_of, locale_of, merchant_data, store_data
from campaigns.feeds import FeedCart, Kind, Policy, kinds, load_feeds
from campaigns.feeds.items import DEFAULT_POLICY
from campaigns.feeds.kinds import ABANDONED, MAX_COUNT
from campaigns.incentives import showing
from campaigns.models import Cart, Discount
from campaigns.starters import SAMPLE_CONTEXT

CARTS_TO_CHOOSE = 12


def past_carts(merchant: Merchant) -> list[Cart]:
    """The newest carts with products and a known shopper, to choose from."""
    carts = Cart.objects.filter(merchant=merchant, shopper__isnull=False).exclude(lines=[])
    return list(carts.select_related("shopper", "store").order_by("-id")[:CARTS_TO_CHOOSE])


def past_cart(merchant: Merchant, code: str) -> Cart | None:
    """The cart of that code, where it is the merchant's."""
    try:
        return Cart.objects.select_related("shopper", "store").filter(merchant=merchant, code=UUID(code)).first()
    except ValueError:
        return None


def preview_context(
    merchant: Merchant,
    cart: Cart | None,
    *,
    feed: bool,
    body: str = "",
    policy: Policy = DEFAULT_POLICY,
    discount: Discount | None = None,
) -> dict[str, Any]:
    """A message's data (`campaigns.templating.macros`) as a delivery would have it now; without a cart, a sample shopper's.

    `feed`: products of the cart are shown; `body`: the source, whose other product feeds are loaded too; `discount`: shown with a
    code that is nobody's.
    """
    context = _context(merchant, cart, feed=feed, body=body, policy=policy)
    if discount:
        locale = locale_of(merchant, cart.shopper if cart else None)
        context["incentive"] = showing.example(discount, context["cart"]["url"], merchant, locale, timezone.now())
    return context


def _context(merchant: Merchant, cart: Cart | None, *, feed: bool, body: str, policy: Policy) -> dict[str, Any]:
    if cart is None:
        own = {"store": store_data(merchant, merchant.stores.first()), "merchant": merchant_data(merchant)}
        return {**SAMPLE_CONTEXT, **own, "items": SAMPLE_CONTEXT["items"] if feed else []}
    currency = cart.currency or merchant.currency
    shows = {one.slug: MAX_COUNT for one in kinds() if (feed or not one.of_cart) and _is_in(one, body)}
    facts = cart.merchant_id, cart.store_id, currency, cart.lines, locale_of(merchant, cart.shopper)
    feeds = load_feeds([FeedCart(*facts, shows, policy)], timezone.now()) if shows else [None]
    return context_of(merchant, cart, cart.shopper, feeds[0])


def _is_in(one: Kind, body: str) -> bool:
    """More than are shown do no harm; products of the cart may be shown by names alone."""
    return one.slug == ABANDONED or one.slug in body
