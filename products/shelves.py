"""What came in last and what costs less than before, at each cart's store; read in bulk like `products.affinity`.

Only what can be bought at the cart's store is given: stock that is unknown is out, as is what is hidden or called back.
"""

from collections.abc import Sequence
from datetime import datetime

from products.affinity import COLUMNS, SHOWABLE, STOCK, Basket, by_shelf
from products.offers import Offer

NEW_DAYS = 60


def new_arrivals(baskets: Sequence[Basket], now: datetime) -> list[list[Offer]]:
    """For each basket what came into the catalogue within `NEW_DAYS`, newest first; one query for all of them."""
    return by_shelf(NEW_ARRIVALS, baskets, now)


def on_sale(baskets: Sequence[Basket], now: datetime) -> list[list[Offer]]:
    """For each basket what costs less than its price before, the biggest share saved first; one query for all of them."""
    return by_shelf(ON_SALE, baskets, now)


_SHELVES = "jsonb_to_recordset(%(asked)s::jsonb) AS a(number int, merchant_id bigint, store_id bigint, most int)"

# Both walk an index from its best end and look stock up on the way, until there are enough.
NEW_ARRIVALS = f"""
SELECT a.number, newest.*
FROM {_SHELVES}
CROSS JOIN LATERAL (
    SELECT {COLUMNS}
    FROM products_product p JOIN {STOCK} ON stock.in_stock
    WHERE p.merchant_id = a.merchant_id AND p.created_at > %(now)s - interval '{NEW_DAYS} days' AND {SHOWABLE}
    ORDER BY p.created_at DESC, p.id DESC
    LIMIT a.most
) newest
"""  # noqa: S608 - put together from constants

ON_SALE = f"""
SELECT a.number, cheaper.*
FROM {_SHELVES}
CROSS JOIN LATERAL (
    SELECT {COLUMNS}
    FROM products_product p JOIN {STOCK} ON stock.in_stock
    WHERE p.merchant_id = a.merchant_id AND p.compare_at_price > p.price AND {SHOWABLE}
    ORDER BY p.price / p.compare_at_price, p.id
    LIMIT a.most
) cheaper
"""  # noqa: S608 - put together from constants
