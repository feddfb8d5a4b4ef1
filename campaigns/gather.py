"""Loads what a batch of due deliveries needs to be decided and rendered, in a number of queries that never grows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts import plans
from accounts.models import CartTrigger, OrderCloses, Store
from campaigns import audiences, orders, suppressions
from campaigns.channels.base import CHANNELS
from campaigns.contents import Ready, ready_contents
from campaigns.decide import Bought, ConsentSeen, StepFacts
from campaigns.feeds import Feed, FeedCart, load_feeds
from campaigns.models import Campaign, CampaignVersion, Cart, Consent, Delivery, Order, Shopper, Suppression
from campaigns.models.shoppers import CART_TOPIC


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery with everything its decision and its message are made of."""

    delivery: Delivery
    facts: StepFacts
    content: Ready
    address: str
    feed: Feed | None

    @property
    def shopper(self) -> Shopper | None:
        return self.cart.shopper

    @property
    def cart(self) -> Cart:
        return self.delivery.episode.cart

    @property
    def digest(self) -> bytes:
        return suppressions.digest(self.address)


def gather(delivery_ids: Sequence[int], now: datetime) -> list[Case]:
    """The cases in the order of their ids."""
    rows = _deliveries(delivery_ids)
    contents = ready_contents({row.content_id for row in rows})
    addresses = {row.pk: _address(row) for row in rows}
    known = _Known(
        now=now,
        consents=_consents(rows),
        orders=_orders(rows),
        suppressed=_suppressed(rows, addresses),
        feeds=_feeds([row for row in rows if _shows_feed(row, contents[row.content_id])]),
    )
    return [
        Case(
            row,
            _facts(row, addresses[row.pk], known),
            contents[row.content_id],
            addresses[row.pk],
            known.feeds.get(row.pk),
        )
        for row in rows
    ]


def _deliveries(ids: Sequence[int]) -> list[Delivery]:
    """The deliveries with all that belongs to them. What many share is loaded and made once, not joined to each."""
    rows = list(Delivery.objects.filter(pk__in=ids).select_related("episode__cart__shopper").order_by("pk"))
    campaigns = Campaign.objects.select_related("version", "merchant").in_bulk({row.campaign_id for row in rows})
    stores = Store.objects.in_bulk({store for row in rows if (store := row.episode.cart.store_id)})
    for row in rows:
        cart = row.episode.cart
        row.campaign = campaigns[row.campaign_id]
        row.merchant = row.campaign.merchant
        cart.store = stores.get(cart.store_id) if cart.store_id else None
    return rows


@dataclass(frozen=True, slots=True)
class _Known:
    now: datetime
    consents: dict[tuple[int, str], Consent]
    orders: dict[int, list[Order]]
    suppressed: dict[tuple[int, str, bytes], str]
    feeds: dict[int, Feed]


def _facts(row: Delivery, address: str, known: _Known) -> StepFacts:
    episode, merchant = row.episode, row.merchant
    shopper = episode.cart.shopper
    feed = known.feeds.get(row.pk)
    in_audience, audience_saw = _audience(row.campaign, shopper)
    suppressed = known.suppressed.get((merchant.pk, row.channel, suppressions.digest(address)), "") if address else ""
    return StepFacts(
        now=known.now,
        expires_at=row.expires_at,
        campaign_status=row.campaign.status,
        plan_covers=feed is None or plans.includes(merchant.plan, plans.DYNAMIC_CONTENT),
        plan=merchant.get_plan_display(),
        closed_by=episode.closed_by,
        closed_at=episode.closed_at,
        bought=_bought(row, known.orders[row.pk]),
        shopper_known=shopper is not None,
        has_address=bool(address),
        in_audience=in_audience,
        audience_saw=audience_saw,
        consent=_consent(known.consents.get((shopper.pk, row.channel))) if shopper else None,
        suppressed=suppressed,
        regulated_goods=merchant.regulated_goods,
        age_verified=_is_verified(shopper),
        birthdate=shopper.birthdate if shopper else None,
        dynamic=feed is not None,
        buyable=len(feed.items) if feed else None,
        stock_saw=_stock_saw(feed),
    )


def _address(row: Delivery) -> str:
    shopper = row.episode.cart.shopper
    return CHANNELS.get(row.channel).address_of(shopper) if shopper else ""


def _audience(campaign: Campaign, shopper: Shopper | None) -> tuple[bool | None, str]:
    version = campaign.version
    assert isinstance(version, CampaignVersion)
    if shopper is None:
        return None, ""
    return audiences.matches(version.audience_rules, shopper)


def _consent(row: Consent | None) -> ConsentSeen | None:
    return ConsentSeen(row.status == "subscribed", row.at) if row else None


def _consents(rows: Iterable[Delivery]) -> dict[tuple[int, str], Consent]:
    shoppers = {shopper for row in rows if (shopper := row.episode.cart.shopper_id)}
    found = Consent.objects.filter(shopper_id__in=shoppers, topic=CART_TOPIC, closed_at__isnull=True)
    return {(one.shopper_id, one.channel): one for one in found}


def _orders(rows: Sequence[Delivery]) -> dict[int, list[Order]]:
    """Orders that each delivery's cart may have ended in, since its last activity."""
    concerned: dict[int, list[Order]] = defaultdict(list)
    if not rows:
        return concerned
    carts = [row.episode.cart for row in rows]
    since = min(row.episode.last_activity_at for row in rows)
    theirs = Q(shopper_id__in={cart.shopper_id for cart in carts} - {None}) | Q(
        cart_keys__overlap=[c.key for c in carts], source__in={c.source for c in carts}
    )
    by_shopper: dict[int | None, list[Order]] = defaultdict(list)
    by_cart: dict[str, list[Order]] = defaultdict(list)
    for order in Order.objects.filter(theirs, placed_at__gte=since).order_by("placed_at"):
        by_shopper[order.shopper_id].append(order)
        for key in order.cart_keys:
            by_cart[key].append(order)
    for row in rows:
        cart = row.episode.cart
        found = by_cart[cart.key] + (by_shopper[cart.shopper_id] if cart.shopper_id else [])
        concerned[row.pk] = [order for order in found if order.placed_at >= row.episode.last_activity_at]
    return concerned


def _bought(row: Delivery, found: Iterable[Order]) -> Bought | None:
    """Read from the orders themselves, not only from the episode: the order may have been recorded a moment ago."""
    older = row.merchant.order_closes == OrderCloses.OLDER
    cart = row.episode.cart
    closing = next((order for order in found if orders.closes(cart, order, older_carts=older)), None)
    return Bought(closing.placed_at, closing.key) if closing else None


def _suppressed(rows: Iterable[Delivery], addresses: dict[int, str]) -> dict[tuple[int, str, bytes], str]:
    digests = [suppressions.digest(address) for address in addresses.values() if address]
    found = Suppression.objects.filter(merchant__in={row.merchant_id for row in rows}, digest__in=digests)
    return {(one.merchant_id, one.channel, bytes(one.digest)): one.get_reason_display() for one in found}


def _shows_feed(row: Delivery, content: Ready) -> bool:
    """A simple event in a campaign with a feed is sent without the block."""
    return content.feed and row.episode.trigger == CartTrigger.DYNAMIC


def _feeds(rows: Sequence[Delivery]) -> dict[int, Feed]:
    carts = [row.episode.cart for row in rows]
    wanted = [FeedCart(cart.merchant_id, cart.store_id, cart.currency, cart.lines) for cart in carts]
    return {row.pk: feed for row, feed in zip(rows, load_feeds(wanted) if wanted else [], strict=True)}


def _stock_saw(feed: Feed | None) -> str:
    if feed is None:
        return ""
    return "; ".join(
        f"{choice.key}: {choice.saw}"
        + (f", {choice.choice} {choice.alternative_key}".rstrip() if choice.choice != "keep" else "")
        for choice in feed.choices
    )


def _is_verified(shopper: Shopper | None) -> bool:
    return shopper is not None and str(shopper.attributes.get("age_verified", "")).lower() in {"true", "yes", "1"}
