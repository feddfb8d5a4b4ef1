"""What waits for a shopper who has just said no: skipped in the transaction that keeps the no, each with its decision.

A channel of a waterfall is looked at again at once instead, by the sender, which then goes on to the next channel.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from aiq.lib import bulk
from campaigns import reasons, scheduling
from campaigns.decide import Check
from campaigns.models import Delivery, DeliveryStatus

_WAITING = """
SELECT w.id FROM campaigns_delivery w
JOIN campaigns_episode e ON e.id = w.episode_id JOIN campaigns_cart c ON c.id = e.cart_id
WHERE c.shopper_id = ANY(%(shoppers)s) AND w.channel = ANY(%(channels)s) AND w.status = 'pending' AND w.rank IS NULL
ORDER BY w.id FOR NO KEY UPDATE OF w
"""
_SKIP = f"""
WITH skipped AS (
    UPDATE campaigns_delivery d SET status = CASE WHEN may_have_left THEN 'unknown' ELSE 'skipped' END, reason = %(reason)s
    FROM ({_WAITING}) waiting
    WHERE d.id = waiting.id RETURNING d.id, d.merchant_id, d.episode_id, d.campaign_id, d.status
)
INSERT INTO campaigns_decision (merchant_id, episode_id, campaign_id, delivery_id, kind, outcome, reason, checks, at)
SELECT merchant_id, episode_id, campaign_id, id, 'step', status, %(reason)s, %(checks)s, %(now)s FROM skipped
"""  # noqa: S608 - put together from constants


def skip_waiting(shopper_ids: Collection[int], channels: Collection[str], failed: Check, now: datetime) -> None:
    """Skip what waits for these shoppers on these channels, for the check that failed. Call it in a transaction."""
    values: dict[str, Any] = {
        "shoppers": list(shopper_ids),
        "channels": list(channels),
        "reason": reasons.reason_of(failed.code),
        "checks": bulk.as_json([failed.plain()]),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SKIP, values)
    look_again(shopper_ids, now, channels)


def look_again(shopper_ids: Collection[int], now: datetime, channels: Collection[str] = ()) -> None:
    """What waits for these shoppers, on these channels or on all, is due at once, and decided with all its checks."""
    waiting = Delivery.objects.filter(
        episode__cart__shopper__in=shopper_ids, status=DeliveryStatus.PENDING, send_at__gt=now
    )
    if channels:
        waiting = waiting.filter(channel__in=channels)
    in_order = waiting.order_by("pk").select_for_update(no_key=True, of=("self",)).values("pk")
    if Delivery.objects.filter(pk__in=in_order).update(send_at=now):
        scheduling.ring()
