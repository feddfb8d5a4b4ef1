"""Loads what may stand in for sold-out lines, for many carts in one statement (the choice: `products.alternatives`)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiq.lib import prepared
from products.alternatives import Candidate, Gap, Rule
from products.offers import FIELDS, Offer


@dataclass(frozen=True, slots=True)
class Search:
    """Candidates for one line of a cart at a store. `limit`: how many lines of that cart are replaced, which is all that a
    choice without repetition can use. `exclude`: ids and SKUs of what is in the cart."""

    merchant_id: int
    store_id: int
    gap: Gap
    limit: int = 1
    exclude: frozenset[str] = frozenset()


def load_candidates(searches: Sequence[Search], now: datetime) -> list[list[Candidate]]:
    """For each search the best products that can be bought there at `now`, in the order of the rules; one query for all."""
    found: list[list[Candidate]] = [[] for _ in searches]
    if not searches:
        return found
    with prepared.cursor() as cursor:
        told = json.dumps([_as_row(number, search) for number, search in enumerate(searches)])
        cursor.execute(CANDIDATES, {"searches": told, "now": now})
        for number, rule, rank, quantity, as_of, source, *fields in cursor.fetchall():
            stock = True, quantity, datetime.fromtimestamp(as_of, UTC), source
            offer = Offer(*(*fields, *stock))
            found[number].append(Candidate(offer, Rule(rule), rank))
    return found


def _as_row(number: int, search: Search) -> dict[str, Any]:
    gap = search.gap
    low, high = gap.band or (None, None)
    return {
        "number": number,
        "merchant_id": search.merchant_id,
        "store_id": search.store_id,
        "key": gap.key,
        "category": gap.category,
        "group": gap.group,
        "currency": gap.currency,
        "low": _text(low),
        "around": _text(gap.price),
        "high": _text(high),
        "most": search.limit,
        "exclude": sorted(search.exclude),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_CURRENT = "(k.valid_until IS NULL OR k.valid_until > %(now)s)"
_BUYABLE = f"""NOT p.hidden AND NOT p.recalled AND (p.currency = '' OR s.currency = '' OR p.currency = s.currency)
      AND p.key <> s.key AND p.key <> ALL (s.exclude) AND (p.sku = '' OR p.sku <> ALL (s.exclude))
      AND EXISTS (SELECT FROM products_stock k
                  WHERE k.product_id = p.id AND k.store_id = s.store_id AND k.in_stock AND {_CURRENT})"""

# Each rule looks only for as many as the rules before it left open. The category is walked from the line's price upwards
# and downwards along its index, so that a big category costs no more than a small one. OFFSET 0 keeps PostgreSQL from
# working out the same list again wherever a later rule speaks of it. A time comes as seconds: psycopg reads it from text
# in Python, which takes as long as the choice itself.
CANDIDATES = f"""
WITH s AS (
    SELECT t.*, own.id AS product_id
    FROM jsonb_to_recordset(%(searches)s::jsonb) AS t(number int, merchant_id bigint, store_id bigint, key text,
         category text, "group" text, currency text, low numeric, around numeric, high numeric, most int, exclude text[])
    LEFT JOIN products_product own ON own.merchant_id = t.merchant_id AND own.key = t.key
)
SELECT s.number, f.rule, f.rank, k.quantity, k.as_of, k.source, {", ".join(f'p."{name}"' for name in FIELDS)}
FROM s
CROSS JOIN LATERAL (SELECT ARRAY(
    SELECT p.id FROM products_product p
    WHERE s."group" <> '' AND p."group" <> '' AND p.merchant_id = s.merchant_id AND p."group" = s."group"
      AND p.price BETWEEN s.low AND s.high AND {_BUYABLE}
    ORDER BY abs(p.price - s.around), p.key COLLATE "C"
    LIMIT s.most
) AS ids OFFSET 0) variant
CROSS JOIN LATERAL (SELECT ARRAY(
    SELECT near.id FROM (
        (SELECT p.id, p.price, p.key FROM products_product p
         WHERE s.category <> '' AND p.merchant_id = s.merchant_id AND p.category = s.category
           AND p.price BETWEEN s.around AND s.high AND p.id <> ALL (variant.ids) AND {_BUYABLE}
         ORDER BY p.price, p.key COLLATE "C"
         LIMIT s.most - cardinality(variant.ids))
        UNION ALL
        (SELECT p.id, p.price, p.key FROM products_product p
         WHERE s.category <> '' AND p.merchant_id = s.merchant_id AND p.category = s.category
           AND p.price >= s.low AND p.price < s.around AND p.id <> ALL (variant.ids) AND {_BUYABLE}
         ORDER BY p.price DESC, p.key COLLATE "C"
         LIMIT s.most - cardinality(variant.ids))
    ) near
    ORDER BY abs(near.price - s.around), near.key COLLATE "C"
    LIMIT s.most - cardinality(variant.ids)
) AS ids OFFSET 0) category
CROSS JOIN LATERAL (SELECT ARRAY(
    SELECT p.id
    FROM (
        SELECT r.other_id, r.recent FROM products_productpair r
        WHERE r.product_id = s.product_id AND r.orders > 1 ORDER BY r.recent DESC, r.other_id LIMIT 50
    ) pair
    JOIN products_product p ON p.id = pair.other_id AND p.merchant_id = s.merchant_id
    JOIN products_productsales mine ON mine.product_id = s.product_id
    JOIN products_productsales theirs ON theirs.product_id = pair.other_id
    JOIN products_salesmark mark ON mark.merchant_id = s.merchant_id
    WHERE pair.recent / greatest(mine.recent, 1e-9) > theirs.recent / greatest(mark.recent, 1)
      AND p.price BETWEEN s.low AND s.high AND p.id <> ALL (variant.ids || category.ids) AND {_BUYABLE}
    ORDER BY pair.recent / greatest(mine.recent, 1e-9) - theirs.recent / greatest(mark.recent, 1) DESC,
             p.key COLLATE "C"
    LIMIT s.most - cardinality(variant.ids || category.ids)
) AS ids OFFSET 0) together
CROSS JOIN LATERAL (SELECT ARRAY(
    SELECT p.id FROM products_ownalternative own
    JOIN products_product p ON p.id = own.alternative_id AND p.merchant_id = s.merchant_id
    WHERE own.product_id = s.product_id AND p.id <> ALL (variant.ids || category.ids || together.ids) AND {_BUYABLE}
    ORDER BY own.position, own.id
    LIMIT s.most - cardinality(variant.ids || category.ids || together.ids)
) AS ids OFFSET 0) own_list
CROSS JOIN LATERAL (
    SELECT 1 AS step, 'variant' AS rule, 0 AS rank, unnest(variant.ids) AS id
    UNION ALL SELECT 2, 'category', 0, unnest(category.ids)
    UNION ALL SELECT 3, 'together', nth::int, id FROM unnest(together.ids) WITH ORDINALITY AS t(id, nth)
    UNION ALL SELECT 4, 'own_list', nth::int, id FROM unnest(own_list.ids) WITH ORDINALITY AS t(id, nth)
) f
JOIN products_product p ON p.id = f.id
CROSS JOIN LATERAL (
    SELECT sum(k.quantity)::int AS quantity, extract(epoch FROM max(k.as_of))::float8 AS as_of,
           (array_agg(k.source ORDER BY k.as_of DESC))[1] AS source
    FROM products_stock k WHERE k.product_id = p.id AND k.store_id = s.store_id AND {_CURRENT}
) k
ORDER BY s.number, f.step, f.rank, abs(p.price - s.around), p.key COLLATE "C"
"""  # noqa: S608 - put together from constants
