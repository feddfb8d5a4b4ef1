"""What the benchmarks play on: four merchants with a live campaign each, their catalogue, subscribed shoppers, events."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import CartTrigger, Merchant, Plan, Store
from bench import traffic
from campaigns import lifecycle, starters
from campaigns.models import Campaign, Content, Step
from integrations import keys
from integrations.models import Connection
from products.catalog import record_products
from products.facts import ProductFact, StockFact

TEMPLATE = "plain-letter"  # with three products a mail of 15 KB, the size the targets speak of


@dataclass(frozen=True, slots=True)
class Scene:
    """`doors[n]` and `keys[n]` belong to merchant n; shopper s is merchant s % 4's."""

    doors: tuple[int, ...]
    keys: tuple[str, ...]
    content: Content
    shoppers: int


def build(shoppers: int) -> Scene:
    """Everything but the events."""
    built = [_merchant(number) for number in range(traffic.MERCHANTS)]
    for number, (merchant, _, door) in enumerate(built):
        _shoppers(merchant.pk, door, number, shoppers)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_bare (id bigserial PRIMARY KEY, body jsonb NOT NULL)")
        cursor.execute("ANALYZE")
    texts = tuple(keys.create_key(door) for _, _, door in built)
    content = Content.objects.order_by("pk")[0]
    return Scene(tuple(door.pk for _, _, door in built), texts, content, shoppers)


def _merchant(number: int) -> tuple[Merchant, Store, Connection]:
    merchant = Merchant.objects.create(
        name=f"Fernwood {number}", slug=f"fernwood-{number}", plan=Plan.PRO, sender_name="Fernwood",
        sender_email="hello@bench.example", postal_address="1 Main Street, Denver, CO 80202",
    )  # fmt: skip
    store = Store.objects.create(
        merchant=merchant, name="North Loop", slug="north-loop", url="https://shop.bench.example",
        cart_trigger=CartTrigger.DYNAMIC,
    )  # fmt: skip
    door = Connection.objects.create(merchant=merchant, provider="generic", name="Web shop")
    door.stores.set([store])
    _catalogue(merchant, store, number)
    _campaign(merchant)
    return merchant, store, door


def _catalogue(merchant: Merchant, store: Store, which: int) -> None:
    facts = []
    for number in range(traffic.PRODUCTS):
        told = traffic.product(which, number)
        stock = (StockFact(product_key=told["id"], store=store.slug, quantity=5 + number),)
        names = {name: told[name] for name in ("sku", "name", "brand", "category", "url", "image")}
        facts.append(ProductFact(key=told["id"], currency="USD", price=Decimal(told["price"]), stock=stock, **names))
    record_products(merchant.pk, facts, default_store_id=store.pk, now=datetime.now(UTC))


def _campaign(merchant: Merchant) -> None:
    """The letter with the product feed, at once, live for a day already."""
    starter = starters.starters()[TEMPLATE]
    campaign = Campaign.objects.create(merchant=merchant, name="Reminder", type="abandoned_cart")
    Step.objects.create(
        campaign=campaign, subject=starter.subject, preheader=starter.preheader, body=starter.body, delay_minutes=0,
        feed=True,
    )  # fmt: skip
    lifecycle.set_live(campaign, None, datetime.now(UTC) - timedelta(days=1))


_SHOPPERS = """
INSERT INTO campaigns_shopper (code, merchant_id, email, first_name, last_name, timezone, locale, favorite_store,
    attributes, tags, created_at)
SELECT gen_random_uuid(), %(merchant)s, 'shopper-' || n || '@bench.example', 'Avery', 'Lane', '', '', '', '{}', '{}',
    now()
FROM generate_series(%(first)s::int, %(last)s::int - 1, %(step)s::int) n
"""
_KEYS = """
INSERT INTO campaigns_shopperkey (source, key, shopper_id)
SELECT %(source)s, 'c-' || split_part(split_part(email, '@', 1), '-', 2), id FROM campaigns_shopper
WHERE merchant_id = %(merchant)s
"""
_CONSENTS = """
INSERT INTO campaigns_consent (shopper_id, channel, topic, status, double_opt_in, source, wording, at)
SELECT id, 'email', 'cart', 'subscribed', false, 'checkout', '', now() FROM campaigns_shopper
WHERE merchant_id = %(merchant)s
"""


def _shoppers(merchant: int, door: Connection, first: int, last: int) -> None:
    values: dict[str, Any] = {
        "merchant": merchant,
        "source": door.code,
        "first": first,
        "last": last,
        "step": traffic.MERCHANTS,
    }
    with connection.cursor() as cursor:
        for statement in (_SHOPPERS, _KEYS, _CONSENTS):
            cursor.execute(statement, values)


_EVENTS = """
WITH told AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t(door bigint, event_id text, body text)
), kept AS (
    INSERT INTO integrations_eventkey (connection_id, event_id, body_hash)
    SELECT door, event_id, sha256(convert_to(body, 'UTF8')) FROM told RETURNING id, connection_id, event_id
)
INSERT INTO integrations_inboundevent (key_id, topic, body)
SELECT kept.id, 'cart', told.body FROM kept JOIN told ON told.door = connection_id AND told.event_id = kept.event_id
"""


def arrive(scene: Scene, name: str, count: int, first: int = 0) -> None:
    """Let `count` cart events wait, as the door leaves them."""
    at = traffic.moments_ago()
    rows = []
    for number in range(first, first + count):
        shopper = number % scene.shoppers
        body = traffic.cart(f"{name}-{number}", shopper, at).decode()
        rows.append(
            {"door": scene.doors[shopper % traffic.MERCHANTS], "event_id": f"evt-{name}-{number}", "body": body}
        )
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [json.dumps(rows)])


def settle_down() -> None:
    """Statistics as after a while of work, and a checkpoint out of the way."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
