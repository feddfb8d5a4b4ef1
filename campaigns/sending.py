"""Claims what is due, decides it, hands it over, records what came of it. At most once.

Which crash does what:

- before the claim is committed: nothing happened, the delivery is still pending;
- claimed, not yet sending: the lease ends and `sweep` returns it to pending; it is decided anew and sent once;
- sending: the group was given to the channel and its outcome was not recorded. Some of its at most 25 messages may have
  left. The lease ends and `sweep` makes them *unknown*: never sent again by themselves, resolved by a late report of the
  provider (our code travels in Message-ID and metadata), by support (`release_unknown`), or by the sender itself where it
  lives and its server only took longer than the lease;
- sent is recorded: done. A repeated job finds nothing to claim.

Purchases and opt-outs are read twice: with the batch (`gather`) and again inside the UPDATE that marks a group as
sending. What a store told us before that statement stops the message; the window after it is one group, at most
`GROUP_SECONDS` of handing over. No network is used while a transaction or a row lock is held.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from aiq.lib import bulk, prepared
from campaigns import ledger, reasons
from campaigns.channels.base import CHANNELS, ChannelError, OutcomeUnknown, Receipt
from campaigns.composing import Composed, compose
from campaigns.decide import Check, Verdict, decide_step
from campaigns.gather import Case, gather
from campaigns.models import Delivery, DeliveryStatus, SentMessage

logger = logging.getLogger(__name__)

BATCH = 100
GROUP_SECONDS = 0.25
CLAIM_LEASE = "2 minutes"
SENDING_LEASE = "5 minutes"
INSIST_SECONDS = 60.0
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
OUTCOME_FIELDS = ["status", "reason", "provider_id", "sent_at", "send_at", "attempts", "lease_until", "claim_token"]

Outcome = Receipt | ChannelError | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is ours until its lease ends. Every later arrow matches `token`."""

    token: UUID
    now: datetime
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    case: Case
    verdict: Verdict
    composed: Composed | None = None


def send_batch(limit: int = BATCH) -> int:
    """Claim up to `limit` due deliveries and bring each to its end or next look. Returns how many were claimed."""
    claim = _claim(limit)
    if not claim.ids:
        return 0
    judged = [_judge(case, claim.now) for case in gather(claim.ids, claim.now)]
    going = [one.composed for one in judged if one.composed]
    groups = list(_groups(going))
    with transaction.atomic():
        _settle(claim, judged)
        started = _start(claim, groups[0]) if groups else []
    for position in range(len(groups)):
        outcomes = _hand_over(started)
        following = groups[position + 1] if position + 1 < len(groups) else []
        started = _insist(partial(_record_and_start, claim, started, outcomes, following))
    return len(claim.ids)


@transaction.atomic
def _record_and_start(
    claim: Claim, started: Sequence[Composed], outcomes: Sequence[Outcome], following: Sequence[Composed]
) -> list[Composed]:
    _record(claim, started, outcomes)
    return _start(claim, following) if following else []


def _insist(work: Callable[[], list[Composed]]) -> list[Composed]:
    """Only this process knows what its group came to: while the database restarts it waits, rather than leave a group
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


CLAIM = """
UPDATE campaigns_delivery SET status = 'claimed', claim_token = %s, lease_until = statement_timestamp() + %s::interval
WHERE id IN (
    SELECT id FROM campaigns_delivery WHERE status = 'pending' AND send_at <= statement_timestamp()
    ORDER BY send_at LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id, statement_timestamp()
"""


def _claim(limit: int) -> Claim:
    token = uuid.uuid4()
    with prepared.cursor() as cursor:
        cursor.execute(CLAIM, [token, CLAIM_LEASE, limit])
        rows = cursor.fetchall()
    return Claim(token, rows[0][1] if rows else datetime.min.replace(tzinfo=UTC), tuple(row[0] for row in rows))


def _judge(case: Case, now: datetime) -> Judged:
    verdict = decide_step(case.facts)
    if verdict.action != "go":
        return Judged(case, verdict)
    try:
        composed = compose(case, now)
    except Exception as error:  # one message must not hold back its batch for ever
        logger.exception("delivery %s cannot be made into a message", case.delivery.code)
        composed = Check("content", False, f"could not be made: {type(error).__name__}")
    if isinstance(composed, Check):
        return Judged(case, _kept_back(verdict, composed))
    return Judged(case, verdict, composed)


def _kept_back(verdict: Verdict, failed: Check) -> Verdict:
    reason = reasons.reason_of(failed.code)
    return replace(verdict, action="stop", reason=reason, checks=(*verdict.checks, failed))


def _settle(claim: Claim, judged: Sequence[Judged]) -> None:
    """Write every decision; what does not go is skipped, or returned until its next look."""
    rows = [_settled(one) for one in judged if one.verdict.action != "go"]
    fields = ["status", "reason", "send_at", "lease_until", "claim_token"]
    kept = set(bulk.update(Delivery, rows, fields, "t.claim_token = %s AND t.status = 'claimed'", [claim.token]))
    ledger.write(
        [(one.case, one.verdict) for one in judged if one.verdict.action == "go" or one.case.delivery.pk in kept],
        claim.now,
    )


def _settled(one: Judged) -> dict[str, Any]:
    delivery, verdict = one.case.delivery, one.verdict
    stop = verdict.action == "stop"
    return {
        "id": delivery.pk,
        "status": DeliveryStatus.SKIPPED if stop else DeliveryStatus.PENDING,
        "reason": verdict.reason if stop else "",
        "send_at": verdict.until or delivery.send_at,
        "lease_until": None,
        "claim_token": None,
    }


def _groups(composed: Iterable[Composed]) -> Iterable[list[Composed]]:
    by_channel = sorted(
        composed, key=lambda one: (one.case.delivery.channel, one.message.from_email, one.case.delivery.pk)
    )
    for channel, ones in groupby(by_channel, key=lambda one: one.case.delivery.channel):
        size = _pace.size(CHANNELS.get(channel).group_size)
        rest = list(ones)
        yield from (rest[at : at + size] for at in range(0, len(rest), size))


START = """
UPDATE campaigns_delivery d
SET status = 'sending', lease_until = statement_timestamp() + %s::interval, shopper_id = c.shopper_id, attempts = d.attempts + 1
FROM {digests} JOIN campaigns_delivery own ON own.id = v.id
    JOIN campaigns_episode e ON e.id = own.episode_id
    JOIN campaigns_cart c ON c.id = e.cart_id
    JOIN campaigns_campaign k ON k.id = own.campaign_id
    JOIN accounts_merchant m ON m.id = own.merchant_id
WHERE d.id = v.id AND d.claim_token = %s AND d.status = 'claimed' AND k.status = 'live' AND e.closed_at IS NULL
    AND c.shopper_id = v.shopper
    AND EXISTS (
        SELECT 1 FROM campaigns_consent n WHERE n.shopper_id = c.shopper_id AND n.channel = d.channel
        AND n.topic = 'cart' AND n.closed_at IS NULL AND n.status = 'subscribed'
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
RETURNING d.id
"""


def _start(claim: Claim, group: Sequence[Composed]) -> list[Composed]:
    """Mark a group as sending, reading purchases and opt-outs once more; what they stop is decided again at once."""
    whom = [
        {"id": one.case.delivery.pk, "digest": one.case.digest.hex(), "shopper": one.case.cart.shopper_id}
        for one in group
    ]
    sql = START.format(digests="jsonb_to_recordset(%s::jsonb) AS v(id bigint, digest text, shopper bigint)")
    with prepared.cursor() as cursor:
        cursor.execute(sql, [SENDING_LEASE, bulk.as_json(whom), claim.token])
        started = {row[0] for row in cursor.fetchall()}
    going = [one for one in group if one.case.delivery.pk in started]
    if len(going) < len(group):
        _give_back(claim, [one.case.delivery.pk for one in group if one.case.delivery.pk not in started])
    rows = [{"delivery_id": one.case.delivery.pk, "at": claim.now, "context": one.context} for one in going]
    keep_newest = "ON CONFLICT (delivery_id) DO UPDATE SET at = excluded.at, context = excluded.context"
    bulk.insert(SentMessage, rows, ["delivery_id", "at", "context"], keep_newest)
    return going


def _give_back(claim: Claim, ids: Sequence[int]) -> None:
    claimed = Delivery.objects.filter(pk__in=ids, claim_token=claim.token, status=DeliveryStatus.CLAIMED)
    claimed.update(status=DeliveryStatus.PENDING, claim_token=None, lease_until=None)


def _hand_over(group: Sequence[Composed]) -> list[Outcome]:
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
    _pace.learn(len(group), monotonic() - began)
    return outcomes


def _record(claim: Claim, group: Sequence[Composed], outcomes: Sequence[Outcome]) -> None:
    pairs = list(zip(group, outcomes, strict=True))
    rows = [_recorded(one.case.delivery, outcome, claim) for one, outcome in pairs]
    # Unknown: the server took longer than the lease, and this is the answer after all.
    ours = "t.claim_token = %s AND t.status IN ('sending', 'unknown')"
    moved = set(bulk.update(Delivery, rows, OUTCOME_FIELDS, ours, [claim.token]))
    ledger.write_failures(
        [
            (one.case, outcome, row)
            for (one, outcome), row in zip(pairs, rows, strict=True)
            if row["id"] in moved and not isinstance(outcome, Receipt)
        ],
        claim.now,
    )


def _recorded(delivery: Delivery, outcome: Outcome, claim: Claim) -> dict[str, Any]:
    """The arrow that an outcome takes. A definite refusal that may be retried waits longer each time."""
    attempts = delivery.attempts + 1
    row: dict[str, Any] = {
        "id": delivery.pk, "reason": "", "provider_id": "", "sent_at": None, "send_at": delivery.send_at,
        "attempts": attempts, "lease_until": None, "claim_token": claim.token,
    }  # fmt: skip
    if isinstance(outcome, Receipt):
        return row | {"status": DeliveryStatus.SENT, "provider_id": outcome.provider_id[:200], "sent_at": claim.now}
    if isinstance(outcome, OutcomeUnknown):
        return row | {"status": DeliveryStatus.UNKNOWN}
    if outcome.permanent or attempts > len(BACK_OFF):
        return row | {
            "status": DeliveryStatus.FAILED,
            "reason": "refused" if outcome.permanent else "too_many_attempts",
        }
    again = claim.now + BACK_OFF[attempts - 1]
    return row | {"status": DeliveryStatus.PENDING, "send_at": again, "claim_token": None}


class _Pace:
    """How many messages a group may hold so that handing it over takes about `GROUP_SECONDS`."""

    def __init__(self) -> None:
        self.seconds_each = 0.0

    def size(self, most: int) -> int:
        return max(1, min(most, int(GROUP_SECONDS / self.seconds_each))) if self.seconds_each else most

    def learn(self, count: int, seconds: float) -> None:
        self.seconds_each = (self.seconds_each + seconds / count) / 2


_pace = _Pace()


def sweep() -> int:
    """Free what a sender left behind: claimed returns to pending, sending becomes unknown. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_delivery SET status = 'pending', claim_token = NULL, lease_until = NULL"
            " WHERE status = 'claimed' AND lease_until < statement_timestamp()"
        )
        freed = cursor.rowcount
        cursor.execute(
            "UPDATE campaigns_delivery SET status = 'unknown', lease_until = NULL"
            " WHERE status = 'sending' AND lease_until < statement_timestamp()"
        )
        return freed + cursor.rowcount
