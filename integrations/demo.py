"""The sample merchant of the demo: Fernwood Tea & Goods, with two stores, people for each role, and a past.

Everything is made by the functions that pages, commands and workers use, so that the demo cannot show what the product
does not do. Addresses of pictures and pages follow PUBLIC_URL, so they are told again at every start.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import CartTrigger, Merchant, Plan, Role, Store, User
from campaigns import lifecycle
from campaigns.drafting import drafts, sequence
from campaigns.editing import library
from campaigns.incentives import pool
from campaigns.models import Audience, Campaign, Discount
from integrations import demo_history, simulator_catalog, simulator_pictures
from integrations.connecting import Wish, connect
from integrations.models import Connection
from integrations.providers import PROVIDERS
from products.catalog import record_products
from products.facts import ProductFact, StockFact

SLUG = "fernwood"
CODES = 1_000
PASSWORD = "demo"  # noqa: S105 - shown on the log-in page of the demo
SHOP = "Sample shop"
STORES = (("north-loop", "North Loop"), ("harbor-street", "Harbor Street"))
PEOPLE = (
    (Role.OWNER, "Olivia Hart"),
    (Role.OPERATOR, "Owen Reyes"),
    (Role.MARKETING, "Maya Collins"),
    (Role.MARKETING_ANALYST, "Milo Brandt"),
    (Role.ANALYST, "Anna Keller"),
    (Role.MANAGER, "Marcus Lee"),
    (Role.STAFF, "Sofia Duarte"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    merchant: Merchant
    new: bool


def create(now: datetime | None = None) -> Demo:
    """The sample merchant, made where it is missing, with its pictures, and `demo.json` for the log-in page."""
    now = now or timezone.now()
    simulator_pictures.write_all(settings.MEDIA_ROOT / "demo")
    with transaction.atomic():
        merchant = Merchant.objects.filter(slug=SLUG).first()
        new = merchant is None
        merchant = merchant or _found(now)
        Merchant.objects.filter(pk=merchant.pk).update(logo=f"{pictures_address()}/logo.png")
        _tell_products(merchant, now)
        if new:
            live = _campaigns(merchant, now)
            demo_history.write(merchant, sample_shop(merchant), live, now)
            _notify_too(live, now)
    _write_file(merchant)
    return Demo(merchant, new)


def sample_shop(merchant: Merchant) -> Connection:
    """The connection through which the sample shop sells for this merchant, made where it is missing."""
    live = Connection.objects.connected().filter(merchant=merchant, provider="generic", name=SHOP)
    found = live.first()
    if found is None:
        found = connect(merchant, PROVIDERS.get("generic"), Wish(name=SHOP, store=STORES[0][0])).connection
        if others := [_store(merchant, *store) for store in STORES if merchant.slug == SLUG]:
            found.stores.set(others)
    return found


def pictures_address() -> str:
    return f"{settings.PUBLIC_URL}/{settings.MEDIA_URL.strip('/')}/demo"


def pages_address() -> str:
    """Where the sample shop's product and cart pages are (`aiq.urls` serves them in the demo)."""
    return f"{settings.PUBLIC_URL}/demo/shop"


def _found(now: datetime) -> Merchant:
    merchant = Merchant.objects.create(
        slug=SLUG,
        name="Fernwood Tea & Goods",
        plan=Plan.PRO,
        timezone="America/Chicago",
        currency="USD",
        sender_name="Fernwood Tea & Goods",
        sender_email="hello@fernwood.example",
        postal_address="214 North Loop, Minneapolis, MN 55401",
        brand_color="#2f6f4f",
    )
    hashed = make_password(PASSWORD)
    for role, name in PEOPLE:
        access.set_role(User.objects.create(email=_email(role), name=name, password=hashed), merchant, role)
    sample_shop(merchant)
    return merchant


def _store(merchant: Merchant, slug: str, name: str) -> Store:
    made, _ = Store.objects.update_or_create(
        merchant=merchant,
        slug=slug,
        defaults={"name": name, "url": pages_address(), "cart_trigger": CartTrigger.DYNAMIC},
    )
    return made


def _tell_products(merchant: Merchant, now: datetime) -> None:
    """The whole catalogue, so that it is there before the sample shop opens; the shop's own word comes later."""
    facts = [_fact(product, index) for index, product in enumerate(simulator_catalog.products())]
    record_products(merchant.pk, facts, default_store_id=None, now=now)


def _fact(product: simulator_catalog.SampleProduct, index: int) -> ProductFact:
    stock = (
        StockFact(store=slug, quantity=0 if (index + 7 * n) % 23 == 0 else 6 + index % 31)
        for n, (slug, _) in enumerate(STORES)
    )
    return ProductFact(
        key=product.key,
        sku=f"FW-{index + 1001}",
        name=product.name,
        brand=product.brand,
        category=product.category,
        price=product.price,
        compare_at_price=product.price * Decimal("1.2") if index % 17 == 5 else None,
        currency="USD",
        image=f"{pictures_address()}/{product.picture}.jpg",
        url=f"{pages_address()}/{product.key}",
        group=product.group,
        stock=tuple(stock),
    )


def _campaigns(merchant: Merchant, now: datetime) -> Campaign:
    """A live campaign whose reminders are soon to be seen, and a draft for one of the stores. The live one."""
    owner = User.objects.get(email=_email(Role.OWNER))
    live = _draft(merchant, owner, "Cart reminder", "with-incentive", ["always on"])
    live.steps.update(delay_minutes=1, discount=_discount(merchant, now))
    lifecycle.set_live(live, owner, now - demo_history.SPAN - timedelta(days=1))
    marketer = User.objects.get(email=_email(Role.MARKETING))
    draft = _draft(merchant, marketer, "North Loop regulars", "with-suggestions", ["stores", "spring"])
    rules = [{"field": "favorite_store", "is": "is", "value": STORES[0][0]}]
    draft.audience = Audience.objects.create(merchant=merchant, name="North Loop regulars", rules=rules)
    draft.save()
    _template(merchant, marketer, owner)
    draft.stores.set(Store.objects.filter(merchant=merchant, slug=STORES[0][0]))
    return live


def _notify_too(campaign: Campaign, now: datetime) -> None:
    """Who allowed notifications gets one after the mail: version 2. Live since the past ended, for the first shoppers left a cart just before."""
    owner = User.objects.get(email=_email(Role.OWNER))
    lifecycle.pause(campaign, owner)
    with lifecycle.editing(campaign, owner) as edited:
        step = sequence.add(edited, "push", 2)
        chosen = drafts.template(edited.merchant, "push-reminder", "push")
        assert chosen
        drafts.begin_from(step, chosen, feed=True)
        step.save()
    lifecycle.resume(campaign, owner, now - demo_history.QUIET_END)


def _discount(merchant: Merchant, now: datetime) -> Discount:
    """For the larger carts, so that reminders with a code and without one are seen."""
    made = Discount.objects.create(
        merchant=merchant, name="Tea is on us", value=10, currency="USD", minimum_cart=40, pattern="TEA-########",
        expires_after_hours=72, rest_days=30,
    )  # fmt: skip
    pool.make(made, CODES, now)
    return made


def _template(merchant: Merchant, marketer: User, owner: User) -> None:
    """A template of the merchant's own, and what it said before."""
    chosen = drafts.template(merchant, "last-call")
    assert chosen
    kept = library.keep(merchant, "Tea is patient", chosen.wording, marketer)
    library.change(kept, replace(chosen.wording, subject="Tea is patient. Stock is not."), owner)


def _draft(merchant: Merchant, user: User, name: str, template: str, tags: Iterable[str]) -> Campaign:
    draft = drafts.create_draft(merchant, user, name)
    draft.type, draft.tags = "abandoned_cart", list(tags)
    draft.save()
    step = draft.steps.get()
    chosen = drafts.template(merchant, template)
    assert chosen
    drafts.begin_from(step, chosen, feed=True)
    step.save()
    return draft


def _email(role: str) -> str:
    return f"{role.replace('_', '-')}@fernwood.example"


def _write_file(merchant: Merchant) -> None:
    """What `up` prints and starts, and what the log-in page offers."""
    logins = [{"email": _email(role), "password": PASSWORD, "role": role.label} for role, _ in PEOPLE]
    data = {"merchant": merchant.slug, "logins": logins, "simulate_args": [merchant.slug]}
    (settings.DATA_DIR / "demo.json").write_text(json.dumps(data, indent=1))
