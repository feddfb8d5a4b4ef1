"""Plain functions that make rows for tests: sensible defaults, everything by keyword, no hidden rows.

What must be unique is numbered per call. Times are given, or the moment of the call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from accounts import access
from accounts.models import CartTrigger, Invitation, Merchant, Plan, Role, Store, Timer, User
from campaigns import matching
from campaigns.models import (
    Audience,
    Campaign,
    CampaignStatus,
    CampaignVersion,
    Cart,
    CartState,
    Consent,
    Content,
    Delivery,
    Discount,
    DiscountCode,
    Episode,
    GivenDiscount,
    MessageTemplate,
    Order,
    Shopper,
    Step,
)
from integrations.models import Connection, EventKey, InboundEvent
from products.models import Product, ProductSales, Stock

PASSWORD = "correct horse battery"
BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>You left something behind.</mj-text>
<mj-text><a href="{{ cart.url | default: store.url }}">Back to your cart</a></mj-text>
<mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""

_numbers = count(1)


def merchant(name: str = "", **fields: Any) -> Merchant:
    """A merchant on Pro that may set campaigns live: it has a sender and a postal address."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": name or f"Merchant {number}",
        "slug": f"merchant-{number}",
        "plan": Plan.PRO,
        "sender_name": "Merchant",
        "sender_email": f"hello@merchant-{number}.example",
        "postal_address": "1 Main Street, Denver, CO 80202",
    }
    return Merchant.objects.create(**defaults | fields)


def user(role: str = Role.OWNER, merchant: Merchant | None = None, **fields: Any) -> User:
    """Somebody who may sign in with `PASSWORD`; with a merchant, in that role."""
    email = fields.pop("email", f"user-{next(_numbers)}@example.com")
    made = User.objects.create_user(email, PASSWORD, **fields)
    if merchant is not None:
        access.set_role(made, merchant, role)
    return made


def superuser(**fields: Any) -> User:
    return User.objects.create_superuser(fields.pop("email", f"root-{next(_numbers)}@example.com"), PASSWORD, **fields)


def invitation(merchant: Merchant, email: str = "", **fields: Any) -> Invitation:
    """Somebody whom the merchant asked to join as Analyst, a moment ago."""
    email = email or f"guest-{next(_numbers)}@example.com"
    return Invitation.objects.create(merchant=merchant, email=email, **{"role": Role.ANALYST} | fields)


def store(merchant: Merchant, name: str = "", **fields: Any) -> Store:
    """A store whose provider sends products and decides itself when a cart is abandoned."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": name or f"Store {number}",
        "slug": f"store-{number}",
        "url": f"https://store-{number}.example",
        "cart_trigger": CartTrigger.DYNAMIC,
        "timer": Timer.THEIRS,
    }
    return Store.objects.create(merchant=merchant, **defaults | fields)


def connection(merchant: Merchant, stores: Sequence[Store] = (), **fields: Any) -> Connection:
    """A connection without a key: `integrations.keys` makes those."""
    defaults: dict[str, Any] = {"provider": "generic", "name": f"Connection {next(_numbers)}"}
    made = Connection.objects.create(merchant=merchant, **defaults | fields)
    made.stores.set(stores)
    return made


def event(connection: Connection, body: str = "{}", *, topic: str = "cart", **fields: Any) -> EventKey:
    """An event as it arrived, with its body."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"event_id": f"evt-{number}", "body_hash": number.to_bytes(32, "big")}
    key = EventKey.objects.create(connection=connection, **defaults | fields)
    InboundEvent.objects.create(key=key, topic=topic, body=body)
    key.refresh_from_db()
    return key


def shopper(merchant: Merchant, *, subscribed: bool = True, **fields: Any) -> Shopper:
    """A shopper with a name and an address, subscribed to cart reminders by email unless told otherwise."""
    defaults: dict[str, Any] = {
        "email": f"shopper-{next(_numbers)}@example.com",
        "first_name": "Avery",
        "last_name": "Lane",
    }
    made = Shopper.objects.create(merchant=merchant, **defaults | fields)
    if subscribed:
        consent(made)
    return made


def consent(shopper: Shopper, status: str = "subscribed", *, channel: str = "email", **fields: Any) -> Consent:
    """The open consent of a shopper; close an earlier one before."""
    fields.setdefault("at", timezone.now())
    return Consent.objects.create(shopper=shopper, channel=channel, status=status, **fields)


def line(key: str = "", **fields: Any) -> dict[str, Any]:
    """A line as `Cart.lines` holds it: plain data, the price as text."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "key": key or f"p-{number}",
        "sku": "",
        "name": f"Product {number}",
        "brand": "",
        "category": "tea",
        "description": "",
        "price": "12.50",
        "quantity": 1,
        "image": "",
        "url": f"https://shop.example/products/{number}",
        "in_stock": None,
    }
    return defaults | fields


def cart(merchant: Merchant, shopper: Shopper | None = None, store: Store | None = None, **fields: Any) -> Cart:
    """An abandoned cart with one line, without an episode."""
    defaults: dict[str, Any] = {
        "source": merchant.code,
        "key": f"cart-{next(_numbers)}",
        "status": CartState.ABANDONED,
        "trigger": CartTrigger.DYNAMIC,
        "lines": [line()],
        "url": "https://shop.example/cart",
        "currency": merchant.currency,
        "total": Decimal("12.50"),
        "occurred_at": timezone.now(),
    }
    return Cart.objects.create(merchant=merchant, shopper=shopper, store=store, **defaults | fields)


def episode(cart: Cart, abandoned_at: datetime | None = None, **fields: Any) -> Episode:
    """The cart's first episode, abandoned now unless told otherwise."""
    at = abandoned_at or timezone.now()
    defaults: dict[str, Any] = {
        "number": 1,
        "trigger": cart.trigger,
        "started_at": at,
        "last_activity_at": at,
        "abandoned_at": at,
    }
    return Episode.objects.create(cart=cart, merchant=cart.merchant, store=cart.store, **defaults | fields)


def abandoned_cart(
    merchant: Merchant, shopper: Shopper | None = None, store: Store | None = None, **fields: Any
) -> Episode:
    """Shopper, cart and episode at once; `fields` go to the cart. The episode knows the rest."""
    made = cart(merchant, shopper or _shopper(merchant), store, **fields)
    return episode(made, made.occurred_at)


def meet(*episodes: Episode) -> None:
    """Let campaigns meet these abandonments, as after an event of their carts."""
    carts = Cart.objects.in_bulk([one.cart_id for one in episodes])
    matching.enter(carts, [one.pk for one in episodes], timezone.now())


def order(merchant: Merchant, shopper: Shopper | None = None, **fields: Any) -> Order:
    at = fields.pop("placed_at", timezone.now())
    defaults: dict[str, Any] = {
        "source": merchant.code,
        "key": f"order-{next(_numbers)}",
        "status": "placed",
        "currency": merchant.currency,
        "total": Decimal("40.00"),
        "placed_at": at,
        "changed_at": at,
    }
    return Order.objects.create(merchant=merchant, shopper=shopper, **defaults | fields)


def product(merchant: Merchant, name: str = "", **fields: Any) -> Product:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "key": f"p-{number}",
        "sku": f"SKU-{number}",
        "name": name or f"Product {number}",
        "brand": "Fernwood",
        "category": "tea",
        "price": Decimal("12.50"),
        "currency": merchant.currency,
        "url": f"https://shop.example/products/{number}",
        "image": f"https://shop.example/products/{number}.png",
    }
    return Product.objects.create(merchant=merchant, **defaults | fields)


def stock(product: Product, store: Store, quantity: int = 5, **fields: Any) -> Stock:
    defaults: dict[str, Any] = {"quantity": quantity, "in_stock": quantity > 0, "as_of": timezone.now()}
    return Stock.objects.create(product=product, store=store, **defaults | fields)


def sales(product: Product, orders: int = 1) -> ProductSales:
    return ProductSales.objects.create(merchant=product.merchant, product=product, orders=orders, recent=orders)


def audience(merchant: Merchant, rules: Sequence[dict[str, str]] = (), **fields: Any) -> Audience:
    defaults: dict[str, Any] = {"name": f"Audience {next(_numbers)}", "rules": list(rules)}
    return Audience.objects.create(merchant=merchant, **defaults | fields)


def template(merchant: Merchant, **fields: Any) -> MessageTemplate:
    defaults: dict[str, Any] = {"name": f"Template {next(_numbers)}", "subject": "You left something", "body": BODY}
    return MessageTemplate.objects.create(merchant=merchant, **defaults | fields)


def discount(merchant: Merchant, *, codes: Sequence[str] = (), **fields: Any) -> Discount:
    """15 % off, with a code for everybody; or with `codes` of its own."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Discount {number}",
        "value": Decimal(15),
        "code_shared": "" if codes or "pattern" in fields else f"SAVE-{number}",
    }
    made = Discount.objects.create(merchant=merchant, **defaults | fields)
    DiscountCode.objects.bulk_create([DiscountCode(merchant=merchant, discount=made, value=value) for value in codes])
    return made


def given(discount: Discount, episode: Episode, campaign: Campaign, **fields: Any) -> GivenDiscount:
    """The discount, given now to that abandonment."""
    defaults: dict[str, Any] = {
        "shopper": episode.cart.shopper,
        "value": discount.code_shared or f"OWN-{next(_numbers)}",
        "token": f"token{next(_numbers)}",
        "given_at": timezone.now(),
    }
    return GivenDiscount.objects.create(discount=discount, episode=episode, campaign=campaign, **defaults | fields)


def campaign(merchant: Merchant, **fields: Any) -> Campaign:
    """A draft with one email step an hour after the abandonment. For a live one: `live_campaign`."""
    step = fields.pop("step", {})
    defaults: dict[str, Any] = {"name": f"Campaign {next(_numbers)}", "type": "abandoned_cart"}
    made = Campaign.objects.create(merchant=merchant, **defaults | fields)
    Step.objects.create(campaign=made, **{"subject": "You left something", "body": BODY} | step)
    return made


def step(campaign: Campaign, **fields: Any) -> Step:
    """One more message of a draft, by email a day after the abandonment, at the next position."""
    last = campaign.steps.last()
    defaults: dict[str, Any] = {
        "position": last.position + 1 if last else 1,
        "delay_minutes": 1440,
        "subject": "Still thinking?",
        "body": BODY,
    }
    return Step.objects.create(campaign=campaign, **defaults | fields)


def live_campaign(merchant: Merchant, *, since: datetime | None = None, **fields: Any) -> Campaign:
    """A campaign as going live leaves it: one version, one content with fixed words, live for an hour already."""
    made = campaign(merchant, **fields)
    step = made.steps.get()
    version = CampaignVersion.objects.create(campaign=made, number=1)
    Content.objects.create(
        version=version,
        step=step,
        position=step.position,
        channel=step.channel,
        delay_minutes=step.delay_minutes,
        expires_after_minutes=step.expires_after_minutes,
        subject=step.subject,
        html='<p>You left something behind. <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
        text="You left something behind. Unsubscribe: {{ unsubscribe_url }}",
        feed=step.feed,
        discount=step.discount,
        no_code=step.no_code,
    )
    made.move(
        CampaignStatus.LIVE, version=version, live_since=since or timezone.now() - timedelta(hours=1), edited=False
    )
    return made


def delivery(campaign: Campaign, episode: Episode, **fields: Any) -> Delivery:
    """A delivery of the campaign's first step, due now, pending unless told otherwise."""
    assert campaign.version is not None
    content = fields.pop("content", None) or campaign.version.contents.order_by("position", "variant")[0]
    at = fields.pop("due_at", timezone.now())
    defaults: dict[str, Any] = {
        "content": content,
        "step": content.step,
        "shopper": episode.cart.shopper,
        "channel": content.channel,
        "due_at": at,
        "send_at": at,
        "expires_at": at + timedelta(minutes=content.expires_after_minutes),
    }
    return Delivery.objects.create(merchant=campaign.merchant, campaign=campaign, episode=episode, **defaults | fields)


_shopper = shopper
