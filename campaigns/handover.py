"""A group at its channel: marked as sending, handed over, its outcomes recorded. `campaigns.sending` says when."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from aiq.lib import bulk, prepared
from campaigns import ledger, limits, scheduling
from campaigns.channels.base import CHANNELS, ChannelError, OutcomeUnknown, Receipt
from campaigns.composing import Composed
from campaigns.consent import refusals
from campaigns.gather import Case
from campaigns.models import Delivery, DeliveryStatus
from campaigns.notifications import browsers
from campaigns.texts import law as text_law

logger = logging.getLogger(__name__)

GROUP_SECONDS = 0.25
SENDING_LEASE = "5 minutes"
INSIST_SECONDS = 60.0
# A mail server may be away for most of a day; what has become too late meanwhile expires at its next look.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, *[60] * 24))
# Providers keep an idempotency key for a day; these are over within the hour.
UNKNOWN_AGAIN = 3
OUTCOME_FIELDS = [
    "status", "reason", "provider_id", "sent_at", "send_at", "attempts", "lease_until", "claim_token", "may_have_left",
]  # fmt: skip

T = TypeVar("T")
Outcome = Receipt | ChannelError | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is ours until its lease ends. Every later arrow matches `token`."""

    token: UUID
    now: datetime
    ids: tuple[int, ...]


START = """
WITH v AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS v({columns})), started AS (
UPDATE campaigns_delivery d
SET status = 'sending', lease_until = statement_timestamp() + %s::interval, shopper_id = c.shopper_id, attempts = d.attempts + 1
FROM v JOIN campaigns_delivery own ON own.id = v.id
    JOIN campaigns_episode e ON e.id = own.episode_id
    JOIN campaigns_cart c ON c.id = e.cart_id
    JOIN campaigns_campaign k ON k.id = own.campaign_id
    JOIN accounts_merchant m ON m.id = own.merchant_id
WHERE d.id = v.id AND d.claim_token = %s AND d.status = 'claimed' AND k.status = 'live' AND e.closed_at IS NULL
    AND statement_timestamp() < d.expires_at AND c.shopper_id = v.shopper AND (v.not_after IS NULL OR statement_timestamp() < v.not_after)
    AND EXISTS (
        SELECT 1 FROM campaigns_consent n WHERE n.shopper_id = c.shopper_id AND n.channel = d.channel
        AND n.topic = 'cart' AND n.closed_at IS NULL AND n.status = 'subscribed'
    )
    AND NOT EXISTS (
        SELECT 1 FROM campaigns_shopper p WHERE p.id = c.shopper_id AND p.snoozed_until > statement_timestamp()
    )
    AND NOT EXISTS (
        SELECT 1 FROM campaigns_suppression s
        WHERE s.merchant_id = d.merchant_id AND s.channel = d.channel AND s.digest = decode(v.digest, 'hex')
    )
    AND NOT EXISTS (
        SELECT 1 FROM campaigns_order o
        WHERE o.cart_keys @> ARRAY[c.key] AND o.source = c.source AND o.placed_at >= e.last_activity_at
    )
    AND NOT EXISTS (
        SELECT 1 FROM campaigns_order o
        WHERE o.shopper_id = c.shopper_id AND o.placed_at >= e.last_activity_at
        AND (c.synthetic OR o.store_id IS NOT DISTINCT FROM c.store_id)
        AND (c.synthetic OR m.order_closes = 'older' OR EXISTS (
            SELECT 1 FROM jsonb_array_elements(o.lines) a JOIN jsonb_array_elements(c.lines) b ON a->>'key' = b->>'key'
        ))
    )
    {limits}
RETURNING d.id, statement_timestamp() AS at
), kept AS (
    INSERT INTO campaigns_sentmessage (delivery_id, at, context)
    SELECT started.id, started.at, v.context FROM started JOIN v ON v.id = started.id
    ON CONFLICT (delivery_id) DO UPDATE SET at = excluded.at, context = excluded.context
)
SELECT id, at FROM started
"""
GROUP_COLUMNS = f"id bigint, digest text, shopper bigint, not_after timestamptz, context jsonb, {limits.COLUMNS}"


def start(claim: Claim, group: Sequence[Composed]) -> list[Composed]:
    """Mark a group as sending, reading purchases, opt-outs, limits and the clock once more, and keep what it is rendered from; what they
    stop is decided again at once."""
    sql = START.format(columns=GROUP_COLUMNS, limits=limits.STILL_WITHIN + text_law.STILL_ALONE)
    counted = limits.lock([one.case.delivery for one in group])
    whom = [_whom(one) for one in group if one.case.delivery.pk in counted]
    with prepared.cursor() as cursor:
        cursor.execute(sql, [bulk.as_json(whom), SENDING_LEASE, claim.token])
        started = dict(cursor.fetchall())
    going = [replace(one, started_at=at) for one in group if (at := started.get(one.case.delivery.pk))]
    if len(going) < len(group):
        _give_back(claim, [one.case.delivery.pk for one in group if one.case.delivery.pk not in started])
    return going


def _whom(one: Composed) -> dict[str, Any]:
    case = one.case
    return {
        "id": case.delivery.pk,
        "digest": case.digest.hex(),
        "shopper": case.cart.shopper_id,
        "not_after": case.not_after,
        "context": one.context,
        **limits.columns(case.delivery),
    }


def _give_back(claim: Claim, ids: Sequence[int]) -> None:
    claimed = Delivery.objects.filter(pk__in=ids, claim_token=claim.token, status=DeliveryStatus.CLAIMED)
    claimed.update(status=DeliveryStatus.PENDING, claim_token=None, lease_until=None)


def hand_over(group: Sequence[Composed]) -> list[Outcome]:
    """Give a group to its channel. A channel that raises leaves every outcome unknown: nobody can say what left."""
    if not group:
        return []
    channel = CHANNELS.get(group[0].case.delivery.channel)
    began = monotonic()
    try:
        outcomes = list(channel.send_many([one.message for one in group]))
    except Exception as error:
        logger.exception("channel %s failed while handing over", channel.slug)
        outcomes = [OutcomeUnknown(type(error).__name__)] * len(group)
    pace.learn(len(group), monotonic() - began)
    return outcomes


def record(claim: Claim, group: Sequence[Composed], outcomes: Sequence[Outcome]) -> None:
    pairs = list(zip(group, outcomes, strict=True))
    rows = [_recorded(one, outcome, claim) for one, outcome in pairs]
    # Unknown: the server took longer than the lease, and this is the answer after all.
    ours = "t.claim_token = %s AND t.status IN ('sending', 'unknown')"
    moved = set(bulk.update(Delivery, rows, OUTCOME_FIELDS, ours, [claim.token]))
    failed = [row["id"] for row in rows if row["id"] in moved and row["status"] == DeliveryStatus.FAILED]
    scheduling.try_next(failed, claim.now)
    refusals.learn(pairs, claim.now)
    browsers.mark_gone([code for outcome in outcomes for code in outcome.gone], claim.now)
    ledger.write_failures(
        [
            (one.case, outcome, row)
            for (one, outcome), row in zip(pairs, rows, strict=True)
            if row["id"] in moved and not isinstance(outcome, Receipt)
        ],
        claim.now,
    )


def _recorded(one: Composed, outcome: Outcome, claim: Claim) -> dict[str, Any]:
    """The arrow that an outcome takes. A definite refusal that may be retried waits longer each time. What left counts from when its group
    was handed over: a slow provider's last group is minutes younger than its claim."""
    case, delivery, attempts = one.case, one.case.delivery, one.case.delivery.attempts + 1
    row: dict[str, Any] = {
        "id": delivery.pk, "reason": "", "provider_id": "", "sent_at": None, "send_at": delivery.send_at,
        "attempts": attempts, "lease_until": None, "claim_token": claim.token, "may_have_left": delivery.may_have_left,
    }  # fmt: skip
    if isinstance(outcome, Receipt):
        return row | {
            "status": DeliveryStatus.SENT,
            "provider_id": outcome.provider_id[:200],
            "sent_at": one.started_at,
        }
    if isinstance(outcome, OutcomeUnknown):
        if outcome.retriable and (again := _once_more(case, attempts, claim.now)):
            again_now = {"send_at": again, "claim_token": None, "may_have_left": True}
            return row | {"status": DeliveryStatus.PENDING} | again_now
        return row | {"status": DeliveryStatus.UNKNOWN}
    if outcome.permanent or attempts > len(BACK_OFF):
        return row | {
            "status": DeliveryStatus.UNKNOWN if delivery.may_have_left else DeliveryStatus.FAILED,
            "reason": "refused" if outcome.permanent else "too_many_attempts",
        }
    again = claim.now + BACK_OFF[attempts - 1]
    return row | {"status": DeliveryStatus.PENDING, "send_at": again, "claim_token": None}


def _once_more(case: Case, attempts: int, now: datetime) -> datetime | None:
    """When a message that its provider sends only once is handed over again. None: too often already, too late by then, or another
    channel might take its turn, which knows nothing of the key."""
    if attempts > UNKNOWN_AGAIN or case.content.has_next:
        return None
    again = now + BACK_OFF[attempts - 1]
    return again if again < case.delivery.expires_at else None


def insist(work: Callable[[], T]) -> T:
    """What `work` returns. Only this process knows what its group came to: while the database restarts it waits, rather than leave a group
    unknown. Harmless to repeat, also where only the answer to the commit was lost."""
    deadline = monotonic() + INSIST_SECONDS
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or monotonic() > deadline:
                raise
            logger.warning("the outcome of a group waits for the database: %s", str(error).strip())
            connection.close()
            sleep(0.5)


class _Pace:
    """How many messages a group may hold so that handing it over takes about `GROUP_SECONDS`."""

    def __init__(self) -> None:
        self.seconds_each = 0.0

    def size(self, most: int) -> int:
        return max(1, min(most, int(GROUP_SECONDS / self.seconds_each))) if self.seconds_each else most

    def learn(self, count: int, seconds: float) -> None:
        self.seconds_each = (self.seconds_each + seconds / count) / 2


pace = _Pace()
