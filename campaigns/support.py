"""What people may do to a delivery by hand, and which deliveries need somebody. Each act is one conditional UPDATE and
one decision that says who did it; pages and commands call the same functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import Merchant
from campaigns import scheduling
from campaigns.decide import Check
from campaigns.models import CampaignStatus, Decision, DecisionKind, Delivery, DeliveryStatus, Outcome, SentMessage

STUCK_AFTER = timedelta(minutes=10)
RECENT = timedelta(days=7)
REASON = "settled_by_support"

D = DeliveryStatus
MAY_SEND_AGAIN = frozenset({D.FAILED, D.UNKNOWN})
# Why a delivery in that state is not sent again.
_NOT_AGAIN: Mapping[str, str] = {
    D.PENDING: "It has not left yet: it goes out by itself when it is due.",
    D.CLAIMED: "It is being sent at this moment.",
    D.SENDING: "It is being sent at this moment.",
    D.SENT: "It was sent, and a reminder goes out once for each abandonment.",
    D.DELIVERED: "It was delivered, and a reminder goes out once for each abandonment.",
    D.BOUNCED: "The address refused it, and would again.",
    D.SKIPPED: "It was skipped, which is final for this abandonment. The next one is decided anew.",
}


class Refused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was changed, and the text says why."""


def refusal(delivery: Delivery, now: datetime) -> str:
    """Why this delivery cannot be sent again; empty: it can."""
    if text := _NOT_AGAIN.get(delivery.status):
        return text
    if delivery.rank and _reached_otherwise(delivery):
        return "The same reminder went out by another channel, and it goes out once for each abandonment."
    return "It is too late for this reminder: its time has run out." if delivery.expires_at <= now else ""


def _reached_otherwise(delivery: Delivery) -> bool:
    """Whether its waterfall went on to another channel, and that one is on its way or has reached the shopper."""
    others = Delivery.objects.filter(episode=delivery.episode_id, step=delivery.step_id).exclude(pk=delivery.pk)
    return others.exclude(status__in=[D.SKIPPED, D.FAILED, D.BOUNCED]).exists()


def resend(delivery: Delivery, by: str, now: datetime) -> None:
    """Put a failed or unknown delivery back to pending, due now; every check is made again before it leaves.

    `by` is the person as the ledger names them. Raises `Refused`.
    """
    if text := refusal(delivery, now):
        raise Refused(text)
    _back_to_pending(delivery, MAY_SEND_AGAIN, f"Sent again by {by}", now)


def release(delivery: Delivery, to: str, by: str, now: datetime) -> None:
    """Say what became of an unknown delivery: `sent`, `failed`, or `pending` to send it again. Raises `Refused`."""
    if delivery.status != D.UNKNOWN:
        raise Refused(f"Its outcome is known: {delivery.get_status_display().lower()}.")
    if to == D.PENDING:
        return resend(delivery, by, now)
    _settle(delivery, D(to), by, now)
    return None


@transaction.atomic
def _settle(delivery: Delivery, to: DeliveryStatus, by: str, now: datetime) -> None:
    fields: dict[str, Any] = (
        {"reason": REASON} if to == D.FAILED else {"reason": "", "sent_at": _left_at(delivery, now)}
    )
    _move(delivery, frozenset({D.UNKNOWN}), to, **fields)
    check = Check("support", to == D.SENT, f"Marked as {to} by {by}")
    _note(delivery, Outcome.SENT if to == D.SENT else Outcome.FAILED, check, now)


@transaction.atomic
def _back_to_pending(delivery: Delivery, sources: frozenset[DeliveryStatus], saw: str, now: datetime) -> None:
    may_have_left = delivery.status == D.UNKNOWN
    _move(
        delivery, sources, D.PENDING, reason="", send_at=now, attempts=0, claim_token=None, may_have_left=may_have_left
    )
    _note(delivery, Outcome.WAITING, Check("support", True, saw), now)
    scheduling.ring()


def _move(delivery: Delivery, sources: frozenset[DeliveryStatus], to: DeliveryStatus, **fields: Any) -> None:
    try:
        with transaction.atomic():
            moved = Delivery.objects.filter(pk=delivery.pk, status__in=sources).update(status=to, **fields)
    except IntegrityError:  # its waterfall went on to another channel at this moment
        moved = 0
    if not moved:
        raise Refused("Somebody or something was faster: its state has changed. Look again.")
    delivery.refresh_from_db()


def _left_at(delivery: Delivery, now: datetime) -> datetime:
    """When it was handed over, as far as anybody knows."""
    handed_over = SentMessage.objects.filter(pk=delivery.pk).values_list("at", flat=True).first()
    return delivery.sent_at or handed_over or now


def _note(delivery: Delivery, outcome: Outcome, check: Check, now: datetime) -> None:
    Decision.objects.create(
        merchant_id=delivery.merchant_id,
        episode_id=delivery.episode_id,
        campaign_id=delivery.campaign_id,
        delivery=delivery,
        kind=DecisionKind.STEP,
        outcome=outcome,
        reason=REASON,
        checks=[check.plain()],
        at=now,
    )


@dataclass(frozen=True, slots=True)
class Stuck:
    """A delivery that needs somebody: what is wrong, since when, and the next step."""

    delivery: Delivery
    problem: str
    since: datetime
    next_step: str


def stuck(now: datetime, merchant: Merchant | None = None, limit: int = 200) -> list[Stuck]:
    """Overdue, left behind by a sender, unknown, or lately failed; the longest waiting first. What waits for a paused
    campaign waits on purpose."""
    overdue = Q(status=D.PENDING, send_at__lte=now - STUCK_AFTER) & ~Q(campaign__status=CampaignStatus.PAUSED)
    left_behind = Q(status__in=[D.CLAIMED, D.SENDING], lease_until__lt=now)
    lost = Q(status=D.UNKNOWN) | Q(status=D.FAILED, due_at__gte=now - RECENT)
    rows = Delivery.objects.filter(overdue | left_behind | lost).select_related("merchant", "campaign")
    if merchant:
        rows = rows.filter(merchant=merchant)
    return [_stuck(row, now) for row in rows.order_by("send_at")[:limit]]


def _stuck(row: Delivery, now: datetime) -> Stuck:
    if row.status == D.PENDING:
        return Stuck(row, "overdue", row.send_at, "see that a sender runs: /readyz says whether the queues move")
    if row.status in {D.CLAIMED, D.SENDING}:
        return Stuck(row, "left behind by a sender", row.lease_until or row.send_at, "a running sender frees it")
    if row.status == D.UNKNOWN:
        return Stuck(
            row, "nobody can say whether it left", row.send_at, f"release_unknown {row.code} --as sent|failed|pending"
        )
    again = refusal(row, now)
    return Stuck(row, "failed", row.send_at, again or f"resend_delivery {row.code}")
