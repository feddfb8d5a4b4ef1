"""What holds now for a batch of due deliveries: consents, suppressions and orders, each in one prepared query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from aiq.lib import prepared
from campaigns.decide import ConsentSeen
from campaigns.due import Due
from campaigns.models import SuppressionReason
from campaigns.models.shoppers import CART_TOPIC

Suppressed = tuple[int, str, bytes]


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order with what tells whether it ends a cart (`campaigns.orders.closes`)."""

    key: str
    source: UUID
    shopper_id: int | None
    store_id: int | None
    cart_keys: list[str]
    lines: list[dict[str, Any]]
    placed_at: datetime


_CONSENTS = """
SELECT shopper_id, channel, status, at FROM campaigns_consent
WHERE shopper_id = ANY(%s) AND topic = %s AND closed_at IS NULL
UNION ALL
SELECT shopper_id, channel, 'asked', asked_at FROM campaigns_optinrequest
WHERE shopper_id = ANY(%s) AND topic = %s AND confirmed_at IS NULL AND expires_at > %s
"""
Standing = tuple[int, str]


def consents(rows: Sequence[Due], now: datetime) -> tuple[dict[Standing, ConsentSeen], dict[Standing, datetime]]:
    """By shopper and channel: what stands open, and when who has not answered yet was asked to confirm."""
    whose = [list({row.cart.shopper.pk for row in rows if row.cart.shopper}), CART_TOPIC]
    stand: dict[Standing, ConsentSeen] = {}
    asked: dict[Standing, datetime] = {}
    for shopper, channel, status, at in _fetch(_CONSENTS, [*whose, *whose, now]):
        if status == "asked":
            asked[shopper, channel] = at
        else:
            stand[shopper, channel] = ConsentSeen(status == "subscribed", at)
    return stand, asked


_SUPPRESSIONS = """
SELECT merchant_id, channel, digest, reason FROM campaigns_suppression WHERE merchant_id = ANY(%s) AND digest = ANY(%s)
"""


def suppressions(rows: Sequence[Due], digests: Mapping[int, bytes]) -> dict[Suppressed, str]:
    """Why, in words, by merchant, channel and digest; `digests` are by delivery."""
    found = _fetch(_SUPPRESSIONS, [list({row.merchant_id for row in rows}), list(set(digests.values()))])
    return {
        (merchant, channel, bytes(digest)): SuppressionReason(reason).label
        for merchant, channel, digest, reason in found
    }


_ORDERS = """
SELECT key, source, shopper_id, store_id, cart_keys, lines, placed_at FROM campaigns_order
WHERE placed_at >= %s AND (shopper_id = ANY(%s) OR (cart_keys && %s::varchar[] AND source = ANY(%s)))
ORDER BY placed_at
"""


def orders(rows: Sequence[Due]) -> dict[int, list[OrderSeen]]:
    """Orders that each delivery's cart may have ended in, since its last activity; by delivery, oldest first."""
    concerned: dict[int, list[OrderSeen]] = {row.pk: [] for row in rows}
    by_shopper: dict[int | None, list[OrderSeen]] = defaultdict(list)
    by_cart: dict[str, list[OrderSeen]] = defaultdict(list)
    for order in _orders(rows):
        by_shopper[order.shopper_id].append(order)
        for key in order.cart_keys:
            by_cart[key].append(order)
    if by_shopper:
        for row in rows:
            found = [
                *by_cart.get(row.cart.key, ()),
                *(by_shopper.get(row.cart.shopper_id, ()) if row.cart.shopper else ()),
            ]
            concerned[row.pk] = [order for order in found if order.placed_at >= row.episode.last_activity_at]
    return concerned


def _orders(rows: Sequence[Due]) -> list[OrderSeen]:
    if not rows:
        return []
    since = min(row.episode.last_activity_at for row in rows)
    shoppers = list({row.cart.shopper.pk for row in rows if row.cart.shopper})
    sources = list({row.cart.source for row in rows})
    found = _fetch(_ORDERS, [since, shoppers, [row.cart.key for row in rows], sources])
    return [OrderSeen(*[*names, msgspec.json.decode(lines), placed_at]) for *names, lines, placed_at in found]


def _fetch(sql: str, values: Sequence[Any]) -> list[Any]:
    with prepared.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
