"""What sells best and what is bought together with a cart, read in bulk; counted by `campaigns.affinity`.

Only what can be bought at the cart's store is given: stock that is unknown is out, as is what is hidden or called back.
Two products go together by how much likelier an order that holds the one holds the other than any order does; so what
sells everywhere gains nothing by being in every cart (docs/decisions/0016-what-is-bought-together.md).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from aiq.lib import prepared
from products.offers import FIELDS, Offer

SHELF = 200
VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Basket:
    """What a cart holds: `keys` are ids or SKUs. No store: its stock is unknown, so nothing is given.

    Never given: what `keys` or `exclude` name (ids or SKUs), another variant of one of `groups`, and what is sold in
    another currency. At most `limit` come back, one of each variant group.
    """

    merchant_id: int
    store_id: int | None
    keys: frozenset[str]
    limit: int
    exclude: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    currency: str = ""

    @property
    def names(self) -> frozenset[str]:
        return self.keys | self.exclude


class _Shelf(NamedTuple):
    merchant_id: int
    store_id: int


def together(baskets: Sequence[Basket], now: datetime) -> list[list[Offer]]:
    """For each basket what is bought together with all that it holds, strongest first; one query for all of them."""
    found: list[list[Offer]] = [[] for _ in baskets]
    asked = [_as_row(number, one) for number, one in enumerate(baskets) if one.store_id and one.keys]
    for number, offer in _offers(TOGETHER, asked, now):
        found[number].append(offer)
    return [_one_of_each(offers, basket) for offers, basket in zip(found, baskets, strict=True)]


def best_sellers(baskets: Sequence[Basket], now: datetime) -> list[list[Offer]]:
    """For each basket what sells best at its store and is not in it, best first; one query for all of them."""
    return by_shelf(BEST_SELLERS, baskets, now)


def by_shelf(statement: str, baskets: Sequence[Basket], now: datetime) -> list[list[Offer]]:
    """For each basket the first of its store's shelf that it allows; `statement` fills the shelves of all stores at once."""
    shelves = sorted({_Shelf(one.merchant_id, one.store_id) for one in baskets if one.store_id})
    asked = [{"number": number, **shelf._asdict(), "most": SHELF} for number, shelf in enumerate(shelves)]
    found: dict[_Shelf, list[Offer]] = {}
    for number, offer in _offers(statement, asked, now):
        found.setdefault(shelves[number], []).append(offer)
    return [_one_of_each(found.get(_Shelf(one.merchant_id, one.store_id or 0), ()), one) for one in baskets]


def _one_of_each(offers: Iterable[Offer], basket: Basket) -> list[Offer]:
    """The first of each variant group that the basket allows."""
    kept: dict[tuple[bool, str], Offer] = {}
    for offer in offers:
        if _allows(basket, offer):
            kept.setdefault((bool(offer.group), offer.group or offer.key), offer)
    return list(kept.values())[: basket.limit]


def _allows(basket: Basket, offer: Offer) -> bool:
    named = offer.key in basket.names or bool(offer.sku and offer.sku in basket.names)
    foreign = bool(offer.currency and basket.currency) and offer.currency != basket.currency
    return not (named or foreign or (offer.group and offer.group in basket.groups))


def _as_row(number: int, basket: Basket) -> dict[str, Any]:
    return {
        "number": number,
        "merchant_id": basket.merchant_id,
        "store_id": basket.store_id,
        "keys": sorted(basket.keys),
        "exclude": sorted(basket.names),
        "groups": sorted(basket.groups),
        "currency": basket.currency,
        "most": basket.limit * VARIANTS,
    }


def _offers(statement: str, asked: Sequence[dict[str, Any]], now: datetime) -> Iterable[tuple[int, Offer]]:
    """Each offer with the number of the row that asked for it, best first."""
    if not asked:
        return []
    with prepared.cursor() as cursor:
        cursor.execute(statement, {"asked": json.dumps(asked), "now": now})
        rows = cursor.fetchall()
    names = (*FIELDS, "quantity", "as_of", "source")
    return [(number, Offer(**dict(zip(names, values, strict=True)), in_stock=True)) for number, *values in rows]


STOCK = """LATERAL (
    SELECT sum(k.quantity)::int AS quantity, max(k.as_of) AS as_of,
           (array_agg(k.source ORDER BY k.as_of DESC))[1] AS source, bool_or(k.in_stock) AS in_stock
    FROM products_stock k
    WHERE k.product_id = p.id AND k.store_id = a.store_id AND (k.valid_until IS NULL OR k.valid_until > %(now)s)
) stock"""
# What has no name or no page cannot be shown to anybody.
SHOWABLE = "NOT p.hidden AND NOT p.recalled AND p.name <> '' AND p.url <> ''"
COLUMNS = f"""{", ".join(f'p."{name}"' for name in FIELDS)}, stock.quantity, stock.as_of, stock.source"""

# The fifty strongest of each product are weighed, so that one that is in every order costs no more than others. A pair
# seen in one order only says nothing yet. What is known of the others is looked up from the best on, until there are enough.
TOGETHER = f"""
SELECT a.number, best.*
FROM jsonb_to_recordset(%(asked)s::jsonb) AS a(number int, merchant_id bigint, store_id bigint, keys text[],
     exclude text[], groups text[], currency text, most int)
CROSS JOIN LATERAL (
    SELECT {COLUMNS}
    FROM (
        SELECT pair.other_id, sum(pair.recent / greatest(mine.recent, 1e-9) - theirs.recent / greatest(mark.recent, 1)) AS score
        FROM (
            SELECT id FROM products_product WHERE merchant_id = a.merchant_id AND key = ANY (a.keys)
            UNION
            SELECT id FROM products_product WHERE merchant_id = a.merchant_id AND sku = ANY (a.keys) AND sku <> ''
        ) held
        JOIN products_productsales mine ON mine.product_id = held.id
        JOIN products_salesmark mark ON mark.merchant_id = a.merchant_id
        CROSS JOIN LATERAL (
            SELECT r.other_id, r.recent FROM products_productpair r
            WHERE r.product_id = held.id AND r.orders > 1 ORDER BY r.recent DESC, r.other_id LIMIT 50
        ) pair
        JOIN products_productsales theirs ON theirs.product_id = pair.other_id
        GROUP BY pair.other_id
        ORDER BY score DESC, pair.other_id
    ) scored
    JOIN products_product p ON p.id = scored.other_id
    JOIN {STOCK} ON stock.in_stock
    WHERE scored.score > 0 AND {SHOWABLE}
      AND p.key <> ALL (a.exclude) AND (p.sku = '' OR p.sku <> ALL (a.exclude))
      AND (p."group" = '' OR p."group" <> ALL (a.groups))
      AND (p.currency = '' OR a.currency = '' OR p.currency = a.currency)
    ORDER BY scored.score DESC, scored.other_id
    LIMIT a.most
) best
"""  # noqa: S608 - put together from constants

BEST_SELLERS = f"""
SELECT a.number, best.*
FROM jsonb_to_recordset(%(asked)s::jsonb) AS a(number int, merchant_id bigint, store_id bigint, most int)
CROSS JOIN LATERAL (
    SELECT {COLUMNS}
    FROM products_productsales sales JOIN products_product p ON p.id = sales.product_id JOIN {STOCK} ON stock.in_stock
    WHERE sales.merchant_id = a.merchant_id AND {SHOWABLE}
    ORDER BY sales.recent DESC, p.key COLLATE "C"
    LIMIT a.most
) best
"""  # noqa: S608 - put together from constants
