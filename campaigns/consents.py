"""What people allowed: a history of spans per shopper, channel and topic, and who may open a new one.

A fact of a store grants consent only where it was never refused; an opt-out is reopened only by the shopper
(preference page, START, double opt-in). Rules: product decisions, "Consent"; GDPR art. 7(3); CAN-SPAM 16 CFR 316.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from campaigns.facts import ConsentFact, ConsentStatus
from campaigns.models import Consent, Delivery, Shopper
from campaigns.models.deliveries import DeliveryStatus
from campaigns.models.shoppers import CART_TOPIC


@dataclass(frozen=True, slots=True)
class Stated:
    """A store's statement about one shopper."""

    shopper: Shopper
    fact: ConsentFact
    at: datetime


def record(stated: Sequence[Stated]) -> list[str]:
    """Apply statements in the order of their time; for each an empty text, or why it changed nothing."""
    order = sorted(range(len(stated)), key=lambda i: stated[i].at)
    open_rows, came_back = _known({one.shopper.pk for one in stated})
    answers = [""] * len(stated)
    made: list[Consent] = []
    closed: list[Consent] = []
    for index in order:
        one = stated[index]
        key = (one.shopper.pk, one.fact.channel)
        current = open_rows.get(key)
        answers[index] = _refusal(current, one, came_back=key in came_back)
        if answers[index] or (current and current.status == one.fact.status):
            continue
        if current:
            current.closed_at = max(one.at, current.at)
            closed += [current] if current.pk else []
        open_rows[key] = _opened(one)
        made.append(open_rows[key])
    Consent.objects.bulk_update(closed, ["closed_at"])
    Consent.objects.bulk_create(made)
    return answers


def _known(shopper_ids: set[int]) -> tuple[dict[tuple[int, str], Consent], set[tuple[int, str]]]:
    """What holds now per shopper and channel; and who came back after an opt-out, which only they themselves can."""
    rows = Consent.objects.filter(shopper_id__in=shopper_ids, topic=CART_TOPIC)
    closed = {
        (row.shopper_id, row.channel) for row in rows if row.closed_at and row.status == ConsentStatus.UNSUBSCRIBED
    }
    return {(row.shopper_id, row.channel): row for row in rows if not row.closed_at}, closed


def _refusal(current: Consent | None, one: Stated, *, came_back: bool) -> str:
    """Whatever the order of arrival: a store's opt-out outweighs its own grant, even a later one that came first."""
    if current is None or current.status == one.fact.status:
        return ""
    if current.status == ConsentStatus.UNSUBSCRIBED:
        return (
            "older than what is known"
            if one.at < current.at
            else "the shopper opted out; only the shopper can opt in again"
        )
    return "older than what is known" if one.at < current.at and came_back else ""


def _opened(one: Stated) -> Consent:
    return Consent(
        shopper=one.shopper,
        channel=one.fact.channel,
        status=one.fact.status,
        double_opt_in=one.fact.double_opt_in,
        source=one.fact.source[:120],
        wording=one.fact.wording,
        at=one.at,
    )


def opt_out(shopper_id: int, channel: str, *, source: str, now: datetime) -> bool:
    """The shopper's own opt-out, committed before anybody answers; waiting deliveries of that channel become due and
    are then skipped with a full decision. False: they had opted out already."""
    return _decided_by_shopper(shopper_id, channel, ConsentStatus.UNSUBSCRIBED, source=source, now=now)


def opt_in(shopper_id: int, channel: str, *, source: str, now: datetime) -> bool:
    """The shopper's own opt-in: the one way back after an opt-out."""
    return _decided_by_shopper(shopper_id, channel, ConsentStatus.SUBSCRIBED, source=source, now=now)


@transaction.atomic
def _decided_by_shopper(shopper_id: int, channel: str, status: str, *, source: str, now: datetime) -> bool:
    Shopper.objects.select_for_update().get(pk=shopper_id)
    current = Consent.objects.filter(shopper_id=shopper_id, channel=channel, topic=CART_TOPIC, closed_at__isnull=True)
    if current.filter(status=status).exists():
        return False
    current.update(closed_at=now)
    Consent.objects.create(shopper_id=shopper_id, channel=channel, status=status, source=source, at=now)
    waiting = Delivery.objects.filter(shopper_id=shopper_id, channel=channel, status=DeliveryStatus.PENDING)
    waiting.filter(send_at__gt=now).update(send_at=now)
    return True
