"""Alternatives for 500 carts among 50,000 products, beside looking up as many rows by their primary key."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from accounts.models import Merchant, Store
from bench.counting import counted
from bench.play import Play
from bench.report import Figure, alternating
from products.alternatives import Alternative, Gap, choose
from products.candidates import Search, load_candidates
from products.models import Product

CARTS = 500
LINES = 3
CATEGORIES = 125
ROUNDS = 5

# Half of them in groups of four variants at neighbouring prices, the rest on their own; every fifth has sold out, and of
# every tenth nothing is known since its import stopped. A quarter has neither group nor category: only what is bought
# together can help there.
_PRODUCTS = """
INSERT INTO products_product (code, merchant_id, key, sku, name, brand, category, price, currency, image, url, "group",
    stock_ref, attributes, hidden, created_at)
SELECT gen_random_uuid(), %(merchant)s, 'b-' || n, 'S-' || n, 'Product ' || n, 'Fernwood',
    CASE WHEN n / 4 %% 4 = 1 THEN '' ELSE 'Category ' || n / 4 %% %(categories)s END, 5 + (n / 4 * 7919) %% 9000 / 100.0 + n %% 4, 'USD',
    'https://shop.bench.example/' || n || '.jpg', 'https://shop.bench.example/' || n, CASE WHEN n / 4 %% 2 = 0 THEN 'g-' || n / 4 ELSE '' END, '', '{}',
    n %% 97 = 0, now()
FROM generate_series(1, %(products)s) n
"""
_STOCK = """
INSERT INTO products_stock (product_id, store_id, location, quantity, in_stock, source, as_of, valid_until)
SELECT id, %(store)s, '', (id %% 5)::int, id %% 5 > 0, 'pushed', now(),
    CASE WHEN id %% 10 = 7 THEN now() - interval '1 hour' END
FROM products_product WHERE merchant_id = %(merchant)s
"""
_TOGETHER = """
INSERT INTO products_productpair (product_id, other_id, orders, recent)
SELECT p.id, o.id, 2, 1 + (p.id * 31 + step) %% 50 FROM products_product p
CROSS JOIN generate_series(1, 20) step
JOIN products_product o ON o.merchant_id = p.merchant_id AND o.key = 'b-' || 1 + (p.id * 13 + step * 997) %% %(products)s
WHERE p.merchant_id = %(merchant)s AND p.id %% 5 = 0 AND o.id <> p.id
ON CONFLICT DO NOTHING
"""
_SALES = """
INSERT INTO products_productsales (product_id, merchant_id, orders, recent)
SELECT id, merchant_id, 60, 60 FROM products_product WHERE merchant_id = %(merchant)s
"""
_MARK = "INSERT INTO products_salesmark (merchant_id, order_id, recent) VALUES (%(merchant)s, 0, 100000)"


def measure(play: Play) -> Iterator[Figure]:
    products = play.much(50_000, 20_000)
    carts = _carts(_shop(products))
    now = timezone.now()
    with counted() as counts:
        chosen = _choose(carts, now)
    replaced = sum(one is not None for cart in chosen for one in cart)
    ids = list(Product.objects.filter(key__startswith="b-").values_list("pk", flat=True)[: CARTS * LINES])
    ours, floor = alternating(lambda: _timed(lambda: _choose(carts, now)), lambda: _timed(lambda: _look_up(ids)))
    yield Figure(
        "alternatives", f"{ours:.2f} ms", f"{floor:.2f} ms", ours, 1, 0.5, "ms", False,
        why=f"per cart of {LINES} sold-out lines, {CARTS} carts and {products:,} products in {counts.statements} query; "
        f"{replaced:,} of {CARTS * LINES:,} lines found one. The floor reads as many products by their primary key.",
    )  # fmt: skip


def _shop(products: int) -> tuple[Merchant, Store]:
    merchant = Merchant.objects.create(name="Warehouse", slug="warehouse")
    store = Store.objects.create(merchant=merchant, name="Warehouse", slug="warehouse")
    values = {"merchant": merchant.pk, "store": store.pk, "products": products, "categories": CATEGORIES}
    with connection.cursor() as cursor:
        for statement in (_PRODUCTS, _STOCK, _TOGETHER, _SALES, _MARK):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE products_product, products_stock, products_productpair, products_productsales")
    return merchant, store


def _carts(shop: tuple[Merchant, Store]) -> list[list[Search]]:
    """Carts in which every line has sold out: what the choice can cost at most."""
    merchant, store = shop
    gone = Product.objects.filter(merchant=merchant, stock__in_stock=False).order_by("key")[: CARTS * LINES]
    gaps = [Gap(one.category, one.price, one.currency, one.group, one.key) for one in gone]
    lines = [gaps[first : first + LINES] for first in range(0, len(gaps), LINES)]
    return [
        [Search(merchant.pk, store.pk, gap, LINES, frozenset(one.key for one in cart)) for gap in cart]
        for cart in lines
    ]


def _choose(carts: Sequence[Sequence[Search]], now: datetime) -> list[tuple[Alternative | None, ...]]:
    found = iter(load_candidates([search for cart in carts for search in cart], now))
    return [choose([one.gap for one in cart], [next(found) for _ in cart], cart[0].exclude) for cart in carts]


def _look_up(ids: Sequence[int]) -> list[Product]:
    return list(Product.objects.filter(pk__in=ids))


def _timed(act: object) -> float:
    """Milliseconds per cart, the best of some rounds."""
    assert callable(act)
    seen = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        seen.append(time.perf_counter() - began)
    return 1000 * min(seen) / CARTS
