"""What sells and what is bought together, counted from the merchants' own orders a batch at a time.

An order counts once, as it stands when it is first looked at: each product once, and each two products from either
side. Cancelled by then, it is passed over; cancelled or paid back later, it stays, since it was put together all the
same and fades like the others. An order that arrives late weighs what its own time makes it weigh. Products are known
by their id, else by their SKU; what the catalogue does not hold is left out. Figures hold no person, so that orders may
be erased after they were counted (docs/decisions/0016-what-is-bought-together.md).

`recent` halves in 30 days: it is written as of the mark's `aged_at`, an order of later days weighs more than one, and
once in 30 days everything of a merchant is brought down to that day in one statement.
"""

from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from django.db import connection, transaction

LOCK = 4_711_002
HALF_LIFE = timedelta(days=30)
MOST_PRODUCTS = 30
FADED = 0.06  # what was bought together once, and not again in four months
BATCH = 1000
SECONDS = 10.0
SETTLE_SECONDS = 2.0
POLL_SECONDS = 0.01


def count_orders(now: datetime) -> int:
    """Count what was ordered since the last time, for some seconds at most; how many orders were looked at.

    Harmless to repeat, to break off and to run twice at once: a batch and its mark are one statement, under a lock.
    """
    began = monotonic()
    _age(now)
    until = _settled()
    done = 0
    while until is not None and monotonic() - began < SECONDS:
        looked_at = _count_batch(now, until)
        done += looked_at
        if looked_at < BATCH:
            break
    return done


def _count_batch(now: datetime, until: int) -> int:
    return _alone(COUNT, {"now": now, "until": until, "batch": BATCH, "half": HALF_LIFE, "most": MOST_PRODUCTS})


def _age(now: datetime) -> int:
    """Bring the figures of merchants that are due down to now, and forget pairs that have faded."""
    return _alone(AGE, {"now": now, "half": HALF_LIFE, "faded": FADED})


def _alone(statement: str, values: dict[str, Any]) -> int:
    """The number a statement gives, run by one worker at a time; 0 where another is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def _settled() -> int | None:
    """The highest order up to which no other can still appear; None where there is nothing new, or no such yet.

    Numbers are given out before their transactions end, so a lower one may show up after a higher one. Whoever may hold
    a lower one holds a lock on the table: once all that did are gone, everything up to here is there to be seen.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        newest, counted = cursor.fetchone()
        if newest <= counted:
            return None
        cursor.execute(WRITERS)
        before = {row[0] for row in cursor.fetchall()}
        limit = monotonic() + SETTLE_SECONDS
        while before and monotonic() < limit:
            sleep(POLL_SECONDS)
            cursor.execute(WRITERS)
            before &= {row[0] for row in cursor.fetchall()}
    return None if before else newest


NEWEST = """
SELECT (SELECT coalesce(max(id), 0) FROM campaigns_order), (SELECT coalesce(max(order_id), 0) FROM products_salesmark)
"""

WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'campaigns_order'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""

COUNT = """
WITH taken AS MATERIALIZED (
    -- All orders in the order of their numbers: what is up to the highest mark is counted, for every merchant.
    SELECT o.id, o.merchant_id, o.status, o.lines, least(o.placed_at, %(now)s) AS placed_at
    FROM campaigns_order o
    WHERE o.id > (SELECT coalesce(max(order_id), 0) FROM products_salesmark) AND o.id <= %(until)s
    ORDER BY o.id LIMIT %(batch)s
), fresh AS MATERIALIZED (
    SELECT t.*, power(0.5, least(60, extract(epoch FROM coalesce(m.aged_at, %(now)s) - t.placed_at)
           / extract(epoch FROM %(half)s)))::float AS weight
    FROM taken t LEFT JOIN products_salesmark m USING (merchant_id)
    WHERE t.id > coalesce(m.order_id, 0) AND t.status <> 'cancelled'
), named AS MATERIALIZED (
    SELECT DISTINCT f.id, f.merchant_id, line->>'key' AS key, coalesce(line->>'sku', '') AS sku
    FROM fresh f CROSS JOIN LATERAL jsonb_array_elements(f.lines) line
), bought AS MATERIALIZED (
    SELECT DISTINCT n.id, p.id AS product_id
    FROM named n CROSS JOIN LATERAL (
        SELECT p.id FROM (
            SELECT p.id, 1 AS rank FROM products_product p WHERE p.merchant_id = n.merchant_id AND p.key = n.key
            UNION ALL
            SELECT p.id, CASE WHEN p.sku = n.key THEN 2 ELSE 3 END FROM products_product p
            WHERE p.merchant_id = n.merchant_id AND p.sku IN (n.key, n.sku) AND p.sku <> ''
        ) p ORDER BY rank, p.id LIMIT 1
    ) p
), sold AS (
    INSERT INTO products_productsales AS known (product_id, merchant_id, orders, recent, last_sold_at)
    SELECT b.product_id, f.merchant_id, count(*), sum(f.weight), max(f.placed_at)
    FROM bought b JOIN fresh f USING (id) GROUP BY b.product_id, f.merchant_id ORDER BY b.product_id
    ON CONFLICT (product_id) DO UPDATE SET
        orders = known.orders + excluded.orders, recent = known.recent + excluded.recent,
        last_sold_at = greatest(known.last_sold_at, excluded.last_sold_at)
), together AS (
    -- Who buys of everything says nothing of what goes together, and costs the square of it.
    SELECT id, array_agg(product_id) AS products FROM bought GROUP BY id HAVING count(*) BETWEEN 2 AND %(most)s
), paired AS (
    INSERT INTO products_productpair AS known (product_id, other_id, orders, recent)
    SELECT product, other, count(*), sum(f.weight)
    FROM together t JOIN fresh f USING (id), unnest(t.products) product, unnest(t.products) other
    WHERE product <> other GROUP BY product, other ORDER BY product, other
    ON CONFLICT (product_id, other_id) DO UPDATE SET
        orders = known.orders + excluded.orders, recent = known.recent + excluded.recent
), marked AS (
    INSERT INTO products_salesmark AS known (merchant_id, order_id, recent, aged_at)
    SELECT t.merchant_id, max(t.id), coalesce(sum(f.weight), 0), %(now)s
    FROM taken t LEFT JOIN fresh f ON f.id = t.id AND f.id IN (SELECT id FROM bought)
    GROUP BY t.merchant_id ORDER BY t.merchant_id
    ON CONFLICT (merchant_id) DO UPDATE SET
        order_id = greatest(known.order_id, excluded.order_id), recent = known.recent + excluded.recent,
        aged_at = coalesce(known.aged_at, excluded.aged_at)
)
SELECT count(*) FROM taken
"""

AGE = """
WITH due AS MATERIALIZED (
    SELECT merchant_id, power(0.5, least(60, extract(epoch FROM %(now)s - aged_at) / extract(epoch FROM %(half)s)))::float
           AS factor
    FROM products_salesmark WHERE aged_at <= %(now)s - %(half)s
), marked AS (
    UPDATE products_salesmark m SET aged_at = %(now)s, recent = m.recent * due.factor FROM due WHERE m.merchant_id = due.merchant_id
), sold AS (
    UPDATE products_productsales s SET recent = s.recent * due.factor FROM due WHERE s.merchant_id = due.merchant_id
), gone AS (
    DELETE FROM products_productpair r USING products_product p, due
    WHERE p.id = r.product_id AND p.merchant_id = due.merchant_id AND r.recent * due.factor < %(faded)s
), paired AS (
    UPDATE products_productpair r SET recent = r.recent * due.factor FROM products_product p, due
    WHERE p.id = r.product_id AND p.merchant_id = due.merchant_id AND r.recent * due.factor >= %(faded)s
)
SELECT count(*) FROM due
"""
