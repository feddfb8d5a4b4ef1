"""Claims what is due, decides it, hands it over, records what came of it. At most once.

Which crash does what:

- before the claim is committed: nothing happened, the delivery is still pending;
- claimed, not yet sending: the lease ends and `sweep` returns it to pending; it is decided anew and sent once, with the
  discount code that it was given, if it was given one (`campaigns.incentives.giving`);
- sending: the group was given to the channel and its outcome was not recorded. Some of its at most 25 messages may have
  left. The lease ends and `sweep` makes them *unknown*: never sent again by themselves, resolved by a late report of the
  provider (our code travels in Message-ID and metadata), by support (`release_unknown`), or by the sender itself where it
  lives and its server only took longer than the lease;
- unknown, where the provider honours an idempotency key: pending again for a few tries under the same key, so that it
  leaves once whatever happened; `sweep` does so too with a group whose sender died. Where it is to be handed over no more,
  because the shopper bought or said no meanwhile, it is unknown again, never skipped: it may have left;
- sent is recorded: done. A repeated job finds nothing to claim.

Purchases and opt-outs are read twice: with the batch (`gather`) and again inside the UPDATE that marks a group as
sending. What a store told us before that statement stops the message; the window after it is one group, at most
`GROUP_SECONDS` of handing over (`campaigns.handover`). No network is used while a transaction or a row lock is held.
"""

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from django.db import DatabaseError, connection, transaction

from aiq.lib import bulk, prepared
from campaigns import handover, ledger, reasons, scheduling, waterfall
from campaigns.channels.base import CHANNELS
from campaigns.composing import Composed, compose
from campaigns.decide import Check, Verdict, decide_step
from campaigns.due import Due
from campaigns.gather import Case, gather
from campaigns.handover import Claim, Outcome
from campaigns.incentives import giving
from campaigns.models import Delivery, DeliveryStatus

logger = logging.getLogger(__name__)

BATCH = 100
CLAIM_LEASE = "2 minutes"


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
    decided = [(case, waterfall.onto(case.content, decide_step(case.facts))) for case in _gathered(claim, claim.ids)]
    gifts = giving.give([case for case, verdict in decided if verdict.action == "go"], claim.now)
    judged = [
        _judge(case, verdict, gifts.get(case.delivery.pk, giving.NOTHING), claim.now) for case, verdict in decided
    ]
    groups = list(_groups([one.composed for one in judged if one.composed]))
    with transaction.atomic():
        _settle(claim, judged)
        started = handover.start(claim, groups[0]) if groups else []
    for position in range(len(groups)):
        outcomes = handover.hand_over(started)
        following = groups[position + 1] if position + 1 < len(groups) else []
        started = handover.insist(partial(_record_and_start, claim, started, outcomes, following))
    return len(claim.ids)


@transaction.atomic
def _record_and_start(
    claim: Claim, started: Sequence[Composed], outcomes: Sequence[Outcome], following: Sequence[Composed]
) -> list[Composed]:
    handover.record(claim, started, outcomes)
    return handover.start(claim, following) if following else []


# An array, not `IN (…)`: that may become a join that asks again for every row, each time for another `LIMIT` of them.
CLAIM = """
UPDATE campaigns_delivery SET status = 'claimed', claim_token = %s, lease_until = statement_timestamp() + %s::interval
WHERE id = ANY(ARRAY(
    SELECT id FROM campaigns_delivery WHERE status = 'pending' AND send_at <= statement_timestamp()
    ORDER BY send_at LIMIT %s FOR UPDATE SKIP LOCKED
))
RETURNING id, statement_timestamp()
"""


def _claim(limit: int) -> Claim:
    token = uuid.uuid4()
    with prepared.cursor() as cursor:
        cursor.execute(CLAIM, [token, CLAIM_LEASE, limit])
        rows = cursor.fetchall()
    return Claim(token, rows[0][1] if rows else datetime.min.replace(tzinfo=UTC), tuple(row[0] for row in rows))


PUT_OFF = timedelta(minutes=5)


def _gathered(claim: Claim, ids: Sequence[int]) -> list[Case]:
    """The cases of a batch. One whose facts cannot be put together is put off; its neighbours go on."""
    try:
        return gather(ids, claim.now)
    except DatabaseError:
        raise
    except Exception:
        if len(ids) == 1:
            logger.exception("delivery %s cannot be gathered", ids[0])
            claimed = Delivery.objects.filter(pk=ids[0], claim_token=claim.token, status=DeliveryStatus.CLAIMED)
            again = {"status": DeliveryStatus.PENDING, "claim_token": None, "lease_until": None}
            claimed.update(send_at=claim.now + PUT_OFF, **again)
            return []
        half = len(ids) // 2
        return _gathered(claim, ids[:half]) + _gathered(claim, ids[half:])


def _judge(case: Case, verdict: Verdict, gift: giving.Answer, now: datetime) -> Judged:
    verdict = gift.onto(verdict)
    if verdict.action != "go":
        return Judged(case, verdict)
    try:
        composed = compose(case, now, gift.incentive())
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
    ended = [one for one in judged if one.case.delivery.pk in kept and waterfall.goes_on(one.case.content, one.verdict)]
    scheduling.try_next([one.case.delivery.pk for one in ended], claim.now)
    ledger.write(
        [(one.case, one.verdict) for one in judged if one.verdict.action == "go" or one.case.delivery.pk in kept],
        claim.now,
    )


def _settled(one: Judged) -> dict[str, Any]:
    delivery, verdict = one.case.delivery, one.verdict
    stop = verdict.action == "stop"
    return {
        "id": delivery.pk,
        "status": _stopped(delivery) if stop else DeliveryStatus.PENDING,
        "reason": verdict.reason if stop else "",
        "send_at": verdict.until or delivery.send_at,
        "lease_until": None,
        "claim_token": None,
    }


def _stopped(delivery: Due) -> DeliveryStatus:
    return DeliveryStatus.UNKNOWN if delivery.may_have_left else DeliveryStatus.SKIPPED


def _groups(composed: Iterable[Composed]) -> Iterator[list[Composed]]:
    by_channel = sorted(composed, key=lambda one: (one.case.delivery.channel, one.sender, one.case.delivery.pk))
    for channel, ones in groupby(by_channel, key=lambda one: one.case.delivery.channel):
        size = handover.pace.size(CHANNELS.get(channel).group_size)
        rest = list(ones)
        yield from (rest[at : at + size] for at in range(0, len(rest), size))


# Unless another channel might take its turn, which knows nothing of the key.
AGAIN = """
UPDATE campaigns_delivery d
SET status = 'pending', claim_token = NULL, lease_until = NULL, may_have_left = TRUE, send_at = statement_timestamp()
WHERE d.status = 'sending' AND d.lease_until < statement_timestamp() AND d.channel = ANY(%s) AND d.attempts <= %s
    AND d.expires_at > statement_timestamp() AND NOT EXISTS (
        SELECT 1 FROM campaigns_content c JOIN campaigns_content n ON n.version_id = c.version_id AND n.step_id = c.step_id
        WHERE c.id = d.content_id AND d.rank IS NOT NULL AND n.rank > c.rank
    )
"""


def sweep() -> int:
    """Free what a sender left behind: claimed returns to pending, and so does sending where its provider sends it only once; else it
    becomes unknown. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_delivery SET status = 'pending', claim_token = NULL, lease_until = NULL"
            " WHERE status = 'claimed' AND lease_until < statement_timestamp()"
        )
        freed = cursor.rowcount
        if once := [channel.slug for channel in CHANNELS if channel.sends_once]:
            cursor.execute(AGAIN, [once, handover.UNKNOWN_AGAIN])
            freed += cursor.rowcount
        cursor.execute(
            "UPDATE campaigns_delivery SET status = 'unknown', lease_until = NULL"
            " WHERE status = 'sending' AND lease_until < statement_timestamp()"
        )
        return freed + cursor.rowcount
