"""Every page of staff on a platform with eighteen months behind it: the slowest is what counts. No floor."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.models import Membership, Merchant, Role, User
from accounts.scoping import BoundedPaginator, MerchantScopedAdmin
from bench import past
from bench.play import Play
from bench.report import Figure
from campaigns.insight import rolling
from campaigns.models import Campaign, Delivery, DeliveryStatus, Order, Shopper
from integrations.models import EventKey

ROUNDS = 3
MUST, AIM = 500.0, 200.0


def measure(play: Play) -> Iterator[Figure]:
    rows = past.write(play.much(10_000_000, 300_000))
    rolling.roll_up(timezone.now(), days=past.FIGURE_DAYS)
    merchant = Merchant.objects.order_by("pk")[0]
    client = _owner_of(merchant)
    taken = sorted(((_median(client, path), name) for name, path in pages(merchant).items()), reverse=True)
    slowest, name = taken[0]
    held = ", ".join(f"{table} {number:,}" for table, number in rows.items())
    first = "; ".join(f"{one} {milliseconds:.0f}" for milliseconds, one in taken[:8])
    yield Figure(
        "pages", f"{slowest:.0f} ms", "", slowest, MUST, AIM, "ms", more_is_better=False,
        why=f"the slowest of {len(taken)} pages for an owner is “{name}”; milliseconds of the slowest: {first}; half of them take less than "
        f"{median(one for one, _ in taken):.0f}. Rows: {held}.",
    )  # fmt: skip


def _owner_of(merchant: Merchant) -> Client:
    user = User.objects.create_user("owner@bench.example", "correct horse battery")
    access.set_role(user, merchant, Role.OWNER)
    client = Client(HTTP_HOST=settings.PUBLIC_HOST, HTTP_X_FORWARDED_PROTO="https")
    client.force_login(user)
    return client


def _median(client: Client, path: str) -> float:
    """Milliseconds of a page, looked at once before. Raises where it does not answer."""
    seen = []
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        answer = client.get(path)
        seen.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
    return median(seen[1:])


def pages(merchant: Merchant) -> dict[str, str]:
    """What an owner of this merchant may open, by name."""
    return dict(
        [
            *_lists(merchant),
            *_deliveries(merchant),
            *(page for campaign in Campaign.objects.for_merchant(merchant) for page in _of_campaign(campaign)),
            *_settings(merchant),
        ]
    )


def last_page(rows: QuerySet[Any]) -> int:
    """The last that a list of the admin leads to: it counts no further than it is bounded."""
    return BoundedPaginator(rows.order_by("pk"), MerchantScopedAdmin.list_per_page).num_pages


def _lists(merchant: Merchant) -> Iterator[tuple[str, str]]:
    shopper = Shopper.objects.filter(merchant=merchant, pk__gte=past.BASE).order_by("-pk")[0]
    order = Order.objects.filter(merchant=merchant).order_by("-pk")[0]
    event = EventKey.objects.filter(connection__merchant=merchant).order_by("-pk")[0]
    product, discount = merchant.products.order_by("pk")[0], merchant.discounts.order_by("pk")[0]
    door = merchant.connections.order_by("pk")[0]
    yield "Home", reverse("admin:index")
    yield "Home, 30 days", reverse("admin:index") + "?days=30"
    yield "Home, figures", reverse("home_pulse")
    yield "Home, live", reverse("home_live")
    shoppers = reverse("admin:campaigns_shopper_changelist")
    yield "Shoppers", shoppers
    yield "Shoppers, last page", f"{shoppers}?p={last_page(Shopper.objects.filter(merchant=merchant))}"
    yield "Shoppers by address", f"{shoppers}?q={str(shopper.email)[:12]}"
    yield "Shoppers by name", f"{shoppers}?q=Lane+4321"
    yield "Shoppers by first name", f"{shoppers}?q=avery"
    yield "Shoppers not found", f"{shoppers}?q=nobody"
    yield "Shoppers sorted by name", f"{shoppers}?o=1"
    yield "Shoppers sorted by time", f"{shoppers}?o=5"
    yield "Shopper", reverse("admin:campaigns_shopper_change", args=[shopper.code])
    for name, term in (("shopper", shopper.email), ("cart", "past-0"), ("order", order.key), ("event", event.event_id)):
        yield f"Why? of {name}", reverse("why") + f"?q={term}"
    products = reverse("admin:products_product_changelist")
    yield "Products", products
    yield "Products sold out", f"{products}?stock=out"
    yield "Product", reverse("admin:products_product_change", args=[product.code])
    yield "Imports", reverse("imports:list")
    yield "Discounts", reverse("admin:campaigns_discount_changelist")
    yield "Discount", reverse("admin:campaigns_discount_change", args=[discount.code])
    events = reverse("admin:integrations_eventkey_changelist")
    yield "Events", events
    yield "Events, last page", f"{events}?p={last_page(EventKey.objects.filter(connection__merchant=merchant))}"
    yield "Events quarantined", f"{events}?state__exact=quarantined"
    yield "Events of a connection", f"{events}?connection__code__exact={door.code}"
    yield "Events by id", f"{events}?q={event.event_id}"
    yield "Event", reverse("admin:integrations_eventkey_change", args=[event.code])
    yield "Integrations", reverse("integrations:list")
    yield "Integration", reverse("integrations:connection", args=[door.code])
    yield "Audiences", reverse("admin:campaigns_audience_changelist")
    yield "Templates", reverse("admin:campaigns_messagetemplate_changelist")


def _deliveries(merchant: Merchant) -> Iterator[tuple[str, str]]:
    address = reverse("insights:deliveries")
    mine = Delivery.objects.filter(merchant=merchant, pk__gte=past.BASE)
    oldest, newest = mine.order_by("pk")[0], mine.filter(status="delivered").order_by("-pk")[0]
    campaign = Campaign.objects.get(merchant=merchant, name="Waterfall")
    yield "Deliveries", address
    yield "Deliveries, last page", f"{address}?before={oldest.code}"
    for status in DeliveryStatus.values:
        yield f"Deliveries {status}", f"{address}?status={status}"
        yield f"Deliveries {status} of a campaign", f"{address}?status={status}&campaign={campaign.code}"
    yield "Deliveries of a campaign", f"{address}?campaign={campaign.code}"
    yield "Delivery", reverse("insights:delivery", args=[newest.code])
    yield "Delivery, old", reverse("insights:delivery", args=[oldest.code])


def _of_campaign(campaign: Campaign) -> Iterator[tuple[str, str]]:
    def at(name: str) -> str:
        return reverse(f"campaigns:{name}", args=[campaign.code])

    yield f"{campaign}: overview", at("overview")
    if campaign.name == "Test":
        yield f"{campaign}: results", at("ab_test")
    yield f"{campaign}: decisions", at("decisions")
    for reason in ("sent", "bought", "audience", "failed", "deferred", "quiet_hours"):
        yield f"{campaign}: decisions {reason}", at("decisions") + f"?reason={reason}"
    yield f"{campaign}: deliveries", at("deliveries")
    if oldest := campaign.deliveries.filter(pk__gte=past.BASE).order_by("pk").first():
        yield f"{campaign}: deliveries, last page", f"{at('deliveries')}?before={oldest.code}"
    for status in DeliveryStatus.values:
        yield f"{campaign}: deliveries {status}", at("deliveries") + f"?status={status}"
    for step in (1, 3, 5):
        yield f"{campaign}: deliveries of step {step}", at("deliveries") + f"?step={step}"
    for name in ("message", "history", "channels", "recipients", "steps", "review"):
        yield f"{campaign}: {name}", at(name)


def _settings(merchant: Merchant) -> Iterator[tuple[str, str]]:
    yield "Campaigns", reverse("campaigns:list")
    yield "Campaigns live", reverse("campaigns:list") + "?status=live"
    yield "Sender", reverse("sender:page")
    yield "Channels", reverse("channel_settings")
    yield "Merchant", reverse("admin:accounts_merchant_change", args=[merchant.pk])
    yield "Team", reverse("admin:accounts_membership_changelist")
    yield "Person", reverse("admin:accounts_membership_change", args=[_membership(merchant)])


def _membership(merchant: Merchant) -> Any:
    return Membership.objects.filter(merchant=merchant)[0].pk
