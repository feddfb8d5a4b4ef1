"""The statements of `products.catalog`: any number of rows travel as one JSON value."""

# What was known is locked and read before it is overwritten, so that two writers see each other's prices. A product whose
# history is empty gets its first entry, whether it is new or older than the history.
UPSERT_PRODUCTS = """
WITH told AS MATERIALIZED (
    SELECT %s::bigint AS merchant_id, t.*
    FROM jsonb_to_recordset(%s::jsonb) AS t(key text, sku text, name text, brand text, category text, price numeric,
         compare_at_price numeric, currency text, image text, url text, "group" text, stock_ref text, attributes jsonb,
         hidden boolean, updated_at timestamptz)
), before AS MATERIALIZED (
    SELECT p.id, p.key, p.price, p.compare_at_price, p.currency
    FROM products_product p JOIN told USING (merchant_id, key) ORDER BY p.key FOR UPDATE OF p
), written AS (
    INSERT INTO products_product AS known
        (code, merchant_id, key, sku, name, brand, category, price, compare_at_price, currency, image, url, "group",
         stock_ref, attributes, hidden, updated_at, created_at)
    SELECT gen_random_uuid(), merchant_id, key, sku, name, brand, category, price, compare_at_price, currency, image, url,
           "group", stock_ref, attributes, coalesce(hidden, false), updated_at, now()
    FROM told
    WHERE (SELECT count(*) FROM before) >= 0 -- all of it is read before the first row is written
    ON CONFLICT (merchant_id, key) DO UPDATE SET
        sku = coalesce(nullif(excluded.sku, ''), known.sku),
        name = coalesce(nullif(excluded.name, ''), known.name),
        brand = coalesce(nullif(excluded.brand, ''), known.brand),
        category = coalesce(nullif(excluded.category, ''), known.category),
        -- A price told without a price before it ends the sale.
        compare_at_price = CASE WHEN excluded.price IS NULL THEN known.compare_at_price ELSE excluded.compare_at_price END,
        price = coalesce(excluded.price, known.price),
        currency = coalesce(nullif(excluded.currency, ''), known.currency),
        image = coalesce(nullif(excluded.image, ''), known.image),
        url = coalesce(nullif(excluded.url, ''), known.url),
        "group" = coalesce(nullif(excluded."group", ''), known."group"),
        stock_ref = coalesce(nullif(excluded.stock_ref, ''), known.stock_ref),
        attributes = known.attributes || excluded.attributes,
        hidden = coalesce((SELECT told.hidden FROM told WHERE told.key = excluded.key), known.hidden),
        updated_at = excluded.updated_at
    WHERE known.updated_at IS NULL OR known.updated_at <= excluded.updated_at
    RETURNING id, key, code, price, compare_at_price, currency, updated_at
), changed AS (
    INSERT INTO products_pricechange (product_id, price, compare_at_price, currency, at)
    SELECT now.id, now.price, now.compare_at_price, now.currency, now.updated_at
    FROM written now LEFT JOIN before USING (id)
    WHERE now.price IS NOT NULL AND (
        (before.price, before.compare_at_price, before.currency)
            IS DISTINCT FROM (now.price, now.compare_at_price, now.currency)
        OR NOT EXISTS (SELECT FROM products_pricechange c WHERE c.product_id = now.id))
)
SELECT key, code FROM written
"""

UPSERT_STOCK = """
INSERT INTO products_stock AS known
    (product_id, store_id, location, quantity, in_stock, source, feed_import_id, valid_until, as_of)
SELECT product_id, store_id, location, quantity, in_stock, %s, %s::bigint, %s::timestamptz, as_of
FROM jsonb_to_recordset(%s::jsonb) AS told(product_id bigint, store_id bigint, location text, quantity int,
     in_stock boolean, as_of timestamptz)
ON CONFLICT (product_id, store_id, location) DO UPDATE SET
    quantity = excluded.quantity, in_stock = excluded.in_stock, source = excluded.source,
    feed_import_id = excluded.feed_import_id, valid_until = excluded.valid_until, as_of = excluded.as_of
WHERE known.as_of <= excluded.as_of
RETURNING product_id, store_id, location
"""
