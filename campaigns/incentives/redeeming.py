"""Which given discounts an order used: read from the codes it carries, in bulk, as orders come in.

A unique code is used by whoever orders with it. A code for everybody counts for the shopper of the order, or for the cart
that the order names, where it was given before. A cancelled order takes it back. Upper and lower case are the same.
"""

from collections.abc import Iterable

from aiq.lib import prepared
from campaigns.models import Order

_REDEEM = """
WITH used AS (
    SELECT o.id, o.merchant_id, o.shopper_id, o.source, o.cart_keys, o.placed_at, upper(told.code) AS code
    FROM campaigns_order o CROSS JOIN LATERAL unnest(o.discount_codes) AS told(code)
    WHERE o.id = ANY(%s) AND o.status <> 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM campaigns_givendiscount g WHERE g.order_id = o.id AND upper(g.value) = upper(told.code)
    )
), found AS (
    SELECT u.id AS order_id, u.code, u.placed_at, u.merchant_id, g.id, g.discount_id, g.given_at
    FROM used u JOIN campaigns_givendiscount g ON upper(g.value) = u.code AND g.pooled_id IS NOT NULL
    WHERE g.redeemed_at IS NULL
    UNION ALL
    SELECT u.id, u.code, u.placed_at, u.merchant_id, g.id, g.discount_id, g.given_at
    FROM used u JOIN campaigns_givendiscount g ON g.shopper_id = u.shopper_id AND upper(g.value) = u.code
    WHERE g.redeemed_at IS NULL AND g.pooled_id IS NULL AND g.given_at <= u.placed_at
    UNION ALL
    SELECT u.id, u.code, u.placed_at, u.merchant_id, g.id, g.discount_id, g.given_at
    FROM used u JOIN campaigns_cart c ON c.source = u.source AND c.key = ANY(u.cart_keys)
    JOIN campaigns_episode e ON e.cart_id = c.id
    JOIN campaigns_givendiscount g ON g.episode_id = e.id AND upper(g.value) = u.code
    WHERE g.redeemed_at IS NULL AND g.pooled_id IS NULL AND g.given_at <= u.placed_at
), newest AS (
    SELECT DISTINCT ON (f.order_id, f.code) f.id, f.order_id, f.placed_at
    FROM found f JOIN campaigns_discount d ON d.id = f.discount_id AND d.merchant_id = f.merchant_id
    ORDER BY f.order_id, f.code, f.given_at DESC
)
UPDATE campaigns_givendiscount g SET redeemed_at = newest.placed_at, order_id = newest.order_id
FROM newest WHERE g.id = newest.id
"""
_TAKE_BACK = """
UPDATE campaigns_givendiscount g SET redeemed_at = NULL, order_id = NULL
FROM campaigns_order o WHERE o.id = g.order_id AND o.id = ANY(%s) AND o.status = 'cancelled'
"""


def follow(orders: Iterable[Order]) -> None:
    """Make what is redeemed follow from these orders as they stand. Harmless to repeat; nothing is asked where none has a code."""
    ids = sorted(order.pk for order in orders if order.discount_codes)
    if not ids:
        return
    with prepared.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [ids])
        cursor.execute(_REDEEM, [ids])
