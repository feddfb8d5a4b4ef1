"""Which reminder an order is credited to: the last click within five days, else the last delivery within a day.

Computed from stored facts, so that it may be computed again: late clicks and late orders end in the same rows. What a
machine opened or clicked never counts, and a message that bounced reached nobody.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

CLICK_WINDOW = timedelta(days=5)
DELIVERY_WINDOW = timedelta(hours=24)
RECENT = timedelta(days=2)

CREDIT = """
UPDATE campaigns_order o SET delivery_id = credited.delivery_id
FROM (
    SELECT o.id, coalesce(clicked.delivery_id, reached.delivery_id) AS delivery_id
    FROM accounts_merchant m
    JOIN campaigns_order o ON o.merchant_id = m.id AND o.placed_at >= %(since)s
    LEFT JOIN LATERAL (
        SELECT d.id AS delivery_id
        FROM campaigns_delivery d JOIN campaigns_trackingevent t ON t.delivery_id = d.id
        WHERE d.shopper_id = o.shopper_id AND d.merchant_id = o.merchant_id AND d.sent_at <= o.placed_at
          AND t.kind = 'clicked' AND NOT t.machine
          AND t.at <= o.placed_at AND t.at > o.placed_at - %(click_window)s
        ORDER BY t.at DESC LIMIT 1
    ) clicked ON true
    LEFT JOIN LATERAL (
        SELECT d.id AS delivery_id FROM campaigns_delivery d
        WHERE d.shopper_id = o.shopper_id AND d.merchant_id = o.merchant_id AND d.status IN ('sent', 'delivered')
          AND d.sent_at <= o.placed_at AND d.sent_at > o.placed_at - %(delivery_window)s
        ORDER BY d.sent_at DESC LIMIT 1
    ) reached ON true
) credited
WHERE credited.id = o.id AND o.delivery_id IS DISTINCT FROM credited.delivery_id
"""


def credit(now: datetime, since: datetime | None = None) -> int:
    """Credit the orders placed since then (by default two days), in one statement; how many changed."""
    windows: dict[str, Any] = {"click_window": CLICK_WINDOW, "delivery_window": DELIVERY_WINDOW}
    with connection.cursor() as cursor:
        cursor.execute(CREDIT, windows | {"since": since or now - RECENT})
        return cursor.rowcount
