"""Double opt-in: who is asked to confirm, how often, and what confirming does. Until then nobody is subscribed.

Asked is whoever a store says subscribed where the merchant wants it confirmed, or where the store says that it has not been. The message is
handed over by a worker, once: a request that is lost on its way is asked for again by the store's next word, a day later at the earliest.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Merchant
from aiq.lib import bulk, doorbell
from campaigns.consent import consents
from campaigns.consent.consents import OPTED_OUT, Choice, Stated
from campaigns.facts import ConsentStatus
from campaigns.models import OptInRequest

GOOD_FOR = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)
MOST_TIMES = 3
CHANNELS = frozenset({"email", "sms"})
QUEUE, JOB = "jobs", "campaigns.jobs.ask_to_confirm"
SOURCE = "double opt-in"


def record_or_ask(stated: Sequence[Stated], now: datetime) -> list[str]:
    """As `consents.record`, but what has to be confirmed first is asked instead. For each an empty text, or why nothing came of it."""
    asking = _to_confirm(stated)
    answers = dict.fromkeys(range(len(stated)), "")
    rest = [index for index in answers if index not in asking]
    answers |= zip(rest, consents.record([stated[index] for index in rest]), strict=True)
    answers |= zip(asking, _ask([stated[index] for index in asking], now), strict=True)
    return [answers[index] for index in range(len(stated))]


def _to_confirm(stated: Sequence[Stated]) -> list[int]:
    """The places of statements that are subscriptions nobody has confirmed yet."""
    new = [
        index
        for index, one in enumerate(stated)
        if one.fact.status == ConsentStatus.SUBSCRIBED and one.fact.channel in CHANNELS and not one.fact.double_opt_in
    ]
    if not new:
        return []
    merchants = {stated[index].shopper.merchant_id for index in new}
    wanting = set(Merchant.objects.filter(pk__in=merchants, double_opt_in=True).values_list("pk", flat=True))
    return [index for index in new if stated[index].fact.ask or stated[index].shopper.merchant_id in wanting]


def _ask(stated: Sequence[Stated], now: datetime) -> list[str]:
    open_rows, _ = consents.known({one.shopper.pk for one in stated}) if stated else ({}, set())
    answers = [_refusal(one, open_rows.get(one.place)) for one in stated]
    subscribed = {place for place, row in open_rows.items() if row.status == ConsentStatus.SUBSCRIBED}
    _request([one for one, no in zip(stated, answers, strict=True) if not no and one.place not in subscribed], now)
    return answers


def _refusal(one: Stated, current: Any) -> str:
    """Who opted out is asked again only where the store says that they subscribed anew since, not for being on its list."""
    if current is None or current.status == ConsentStatus.SUBSCRIBED:
        return ""
    anew = one.fact.ask and one.fact.at is not None and one.fact.at > current.at
    return "" if anew else OPTED_OUT


_FIELDS = ["code", "shopper_id", "channel", "topic", "source", "wording", "stated_at", "asked_at", "expires_at"]
_AGAIN = f"""
ON CONFLICT (shopper_id, channel, topic) WHERE confirmed_at IS NULL DO UPDATE
SET asked_at = excluded.asked_at, expires_at = excluded.expires_at, source = excluded.source, wording = excluded.wording,
    times = campaigns_optinrequest.times + 1, sent_at = NULL, not_before = NULL
WHERE campaigns_optinrequest.asked_at <= excluded.asked_at - interval '{int(AGAIN_AFTER.total_seconds())} seconds'
    AND campaigns_optinrequest.times < {MOST_TIMES}
"""


def _request(stated: Sequence[Stated], now: datetime) -> None:
    """One open request for each place; who was asked a day ago is asked once more, three times in all."""
    rows = {one.place: _row(one, now) for one in stated if _address(one.shopper, one.fact.channel)}
    if bulk.insert(OptInRequest, [rows[place] for place in sorted(rows)], _FIELDS, _AGAIN):
        transaction.on_commit(partial(doorbell.ring, QUEUE, JOB), robust=True)


def _row(one: Stated, now: datetime) -> dict[str, Any]:
    return {
        "code": uuid.uuid4(),
        "shopper_id": one.shopper.pk,
        "channel": one.fact.channel,
        "topic": one.fact.topic,
        "source": one.fact.source[:120],
        "wording": one.fact.wording,
        "stated_at": one.fact.at,
        "asked_at": now,
        "expires_at": now + GOOD_FOR,
    }


def _address(shopper: Any, channel: str) -> str:
    return (shopper.email if channel == "email" else shopper.phone) or ""


def opt_ins_wait() -> bool:
    """Is anybody to be asked now?"""
    waiting = OptInRequest.objects.filter(sent_at__isnull=True, confirmed_at__isnull=True, expires_at__gt=Now())
    return waiting.exclude(not_before__gt=Now()).exists()


def confirm(request: OptInRequest, now: datetime) -> bool:
    """The shopper's yes. False: it was given before, or comes too late."""
    with transaction.atomic():
        rows = OptInRequest.objects.filter(pk=request.pk, confirmed_at__isnull=True, expires_at__gt=now)
        if not rows.update(confirmed_at=now):
            return False
        choice = Choice(request.channel, True, request.topic, request.wording, double_opt_in=True)
        consents.choose(request.shopper_id, [choice], source=request.source or SOURCE, now=now)
    return True
