"""When a message is due: one delivery per step, episode and channel, due at the abandonment plus the step's delay."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from aiq.lib import bulk, doorbell
from campaigns.models import CampaignVersion, Content, Delivery, DeliveryStatus, Episode

TIMES = ["due_at", "send_at", "expires_at"]
FIELDS = [
    "code", "merchant_id", "campaign_id", "content_id", "step_id", "episode_id", "shopper_id", "channel", "status",
    "reason", "attempts", "provider_id", "created_at", *TIMES,
]  # fmt: skip
QUEUE, DRAIN = "send", "campaigns.jobs.drain"


def ring() -> None:
    """Something is due: wake a sender, once what made it due is committed."""
    transaction.on_commit(partial(doorbell.ring, QUEUE, DRAIN), robust=True)


def due_at(abandoned_at: datetime, content: Content) -> datetime:
    return abandoned_at + timedelta(minutes=content.delay_minutes)


@dataclass(frozen=True, slots=True)
class Entered:
    """An episode that entered a campaign, with the contents of the campaign's version."""

    episode: Episode
    campaign_id: int
    contents: Iterable[Content]


def schedule(entered: Sequence[Entered], now: datetime) -> None:
    """Make the deliveries that are missing, and move those that wait for an abandonment that moved."""
    planned = {
        (one.episode.pk, content.step_id, content.channel): _planned(one.episode, one.campaign_id, content, now)
        for one in entered
        for content in one.contents
    }
    rows = Delivery.objects.filter(episode__in=[one.episode.pk for one in entered])
    known = {
        (row.episode_id, row.step_id, row.channel): row for row in rows.only("episode", "step", "channel", "due_at")
    }
    missing = [row for key, row in sorted(planned.items()) if key not in known]
    bulk.insert(Delivery, missing, FIELDS, "ON CONFLICT DO NOTHING")
    moved: list[dict[str, Any]] = [
        {"id": known[key].pk} | {name: row[name] for name in TIMES}
        for key, row in sorted(planned.items())
        if key in known and known[key].due_at != row["due_at"]
    ]
    bulk.update(Delivery, moved, TIMES, where="t.status = 'pending' AND t.attempts = 0")
    if any(row["send_at"] <= now for row in planned.values()):
        ring()


def _planned(episode: Episode, campaign_id: int, content: Content, now: datetime) -> dict[str, Any]:
    assert episode.abandoned_at
    due = due_at(episode.abandoned_at, content)
    return {
        "code": uuid.uuid4(),
        "merchant_id": episode.merchant_id,
        "campaign_id": campaign_id,
        "content_id": content.pk,
        "step_id": content.step_id,
        "episode_id": episode.pk,
        "shopper_id": episode.cart.shopper_id,
        "channel": content.channel,
        "status": DeliveryStatus.PENDING,
        "reason": "",
        "attempts": 0,
        "provider_id": "",
        "created_at": now,
        "due_at": due,
        "send_at": due,
        "expires_at": due + timedelta(minutes=content.expires_after_minutes),
    }


def look_again(episode_ids: Sequence[int], now: datetime) -> None:
    """What waits for an episode that has ended becomes due at once, and is then skipped with a full decision."""
    ended = Delivery.objects.filter(
        episode__in=episode_ids, episode__closed_at__isnull=False, status=DeliveryStatus.PENDING, send_at__gt=now
    )
    if ended.update(send_at=now):
        ring()


def wake(shopper_ids: Collection[int]) -> None:
    """Somebody became known: what had waited for an identity or an address is looked at again. Back-off is kept."""
    waiting = Delivery.objects.filter(
        Q(episode__cart__shopper__in=shopper_ids), status=DeliveryStatus.PENDING, attempts=0, send_at__gt=F("due_at")
    )
    # Locked in the order in which senders lock, so that the two cannot wait for each other.
    in_order = waiting.order_by("pk").select_for_update(no_key=True, of=("self",)).values("pk")
    if Delivery.objects.filter(pk__in=in_order).update(send_at=F("due_at")):
        ring()


_GO_ON = """
UPDATE campaigns_delivery d
SET content_id = %(content)s, due_at = waiting.due, expires_at = waiting.due + %(expires)s,
    send_at = CASE WHEN d.attempts = 0 THEN waiting.due ELSE d.send_at END
FROM (
    SELECT w.id, e.abandoned_at + %(delay)s AS due
    FROM campaigns_delivery w JOIN campaigns_episode e ON e.id = w.episode_id
    WHERE w.campaign_id = %(campaign)s AND w.step_id = %(step)s AND w.channel = %(channel)s AND w.status = 'pending'
        AND e.abandoned_at IS NOT NULL
    ORDER BY w.id FOR NO KEY UPDATE OF w
) waiting WHERE waiting.id = d.id
"""


def go_on(version: CampaignVersion) -> None:
    """The campaign is live again with this version: what waits is sent with its content and by its delay, and looked at again."""
    for content in version.contents.all():
        values: dict[str, Any] = {
            "content": content.pk,
            "campaign": version.campaign_id,
            "step": content.step_id,
            "channel": content.channel,
            "delay": timedelta(minutes=content.delay_minutes),
            "expires": timedelta(minutes=content.expires_after_minutes),
        }
        with connection.cursor() as cursor:
            cursor.execute(_GO_ON, values)
            if cursor.rowcount:
                ring()
