"""When a message is due: one delivery per step and episode, due at the abandonment plus the step's delay.

Of a step's variants the episode gets one; of a waterfall's channels the first, and the next where that one came to nothing.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from aiq.lib import bulk, doorbell, prepared
from campaigns.models import Content, Delivery, DeliveryStatus, Episode
from campaigns.variants import is_waterfall, pick, point_of

TIMES = ["due_at", "send_at", "expires_at"]
FIELDS = [
    "code", "merchant_id", "campaign_id", "content_id", "step_id", "episode_id", "shopper_id", "channel", "rank",
    "status", "reason", "attempts", "provider_id", "created_at", *TIMES,
]  # fmt: skip
QUEUE, DRAIN = "send", "campaigns.jobs.drain"


def ring() -> None:
    """Something is due: wake a sender, once what made it due is committed."""
    transaction.on_commit(partial(doorbell.ring, QUEUE, DRAIN), robust=True)


def due_at(abandoned_at: datetime, content: Content) -> datetime:
    return abandoned_at + timedelta(minutes=content.delay_minutes)


@dataclass(frozen=True, slots=True)
class Entered:
    """An episode that entered a campaign, with the contents of the campaign's version. `complete`: nothing is added to its messages."""

    episode: Episode
    campaign_id: int
    contents: Iterable[Content]
    complete: bool = False


def schedule(entered: Sequence[Entered], now: datetime) -> None:
    """Make the deliveries that are missing, and move those that wait for an abandonment that moved. Who has become known meanwhile gets the
    variant that is theirs on every cart."""
    planned = {(row["episode_id"], row["step_id"]): row for one in entered for row in _planned(one, now)}
    known: dict[tuple[int, int], list[Delivery]] = defaultdict(list)
    rows = Delivery.objects.filter(episode_id__any_of=[one.episode.pk for one in entered])
    for delivery in rows.only("episode", "step", "channel", "content", "due_at"):
        known[delivery.episode_id, delivery.step_id].append(delivery)
    complete = {(one.episode.pk, one.campaign_id) for one in entered if one.complete}
    missing = [
        row
        for key, row in sorted(planned.items())
        if key not in known and (row["episode_id"], row["campaign_id"]) not in complete
    ]
    bulk.insert(Delivery, missing, FIELDS, "ON CONFLICT DO NOTHING")
    moved: list[dict[str, Any]] = [
        {"id": delivery.pk, "content_id": content} | {name: row[name] for name in TIMES}
        for key, row in sorted(planned.items())
        for delivery in known.get(key, ())
        for content in [_content(row, delivery)]
        if delivery.due_at != row["due_at"] or delivery.content_id != content
    ]
    bulk.update(Delivery, moved, ["content_id", *TIMES], where="t.status = 'pending' AND t.attempts = 0")
    if any(row["send_at"] <= now for row in planned.values()):
        ring()


def _content(row: dict[str, Any], delivery: Delivery) -> int:
    """The variant that is planned; in a waterfall, and of a channel that was taken out, what the delivery has."""
    drawn: int = row["content_id"]
    return drawn if row["rank"] is None and row["channel"] == delivery.channel else delivery.content_id


def by_step(contents: Iterable[Content]) -> dict[int, list[Content]]:
    """The contents of which an episode gets one each."""
    steps: dict[int, list[Content]] = defaultdict(list)
    for content in contents:
        steps[content.step_id].append(content)
    return steps


def _planned(one: Entered, now: datetime) -> Iterator[dict[str, Any]]:
    point = point_of(one.campaign_id, one.episode.cart.shopper_id, one.episode.pk)
    for contents in by_step(one.contents).values():
        content = pick(contents, point)
        rank = content.rank if is_waterfall(contents) else None
        yield _row(one.episode, one.campaign_id, content, now) | {"rank": rank}


def _row(episode: Episode, campaign_id: int, content: Content, now: datetime) -> dict[str, Any]:
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
        episode_id__any_of=episode_ids, episode__closed_at__isnull=False, status=DeliveryStatus.PENDING, send_at__gt=now
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


_NEXT = """
INSERT INTO campaigns_delivery (code, merchant_id, campaign_id, content_id, step_id, episode_id, shopper_id, channel, rank,
    status, reason, attempts, provider_id, created_at, due_at, send_at, expires_at)
SELECT gen_random_uuid(), d.merchant_id, d.campaign_id, n.id, d.step_id, d.episode_id, d.shopper_id, n.channel, n.rank,
    'pending', '', 0, '', %s, d.due_at, %s, d.due_at + n.expires_after_minutes * interval '1 minute'
FROM campaigns_delivery d JOIN campaigns_content c ON c.id = d.content_id
    JOIN LATERAL (
        SELECT * FROM campaigns_content n WHERE n.version_id = c.version_id AND n.step_id = c.step_id AND n.rank > c.rank
        ORDER BY n.rank LIMIT 1
    ) n ON TRUE
WHERE d.id = ANY(%s) AND d.rank IS NOT NULL AND d.status IN ('skipped', 'failed', 'bounced') ORDER BY d.id
ON CONFLICT DO NOTHING
"""


def try_next(delivery_ids: Sequence[int], now: datetime) -> None:
    """What came to nothing on its channel is due at once on the next one of its waterfall, where there is one left.

    In the transaction that ended the one before: of a waterfall's channels only one is ever on its way, and the
    database holds that too."""
    if not delivery_ids:
        return
    with prepared.cursor() as cursor:
        cursor.execute(_NEXT, [now, now, list(delivery_ids)])
        if cursor.rowcount:
            ring()
