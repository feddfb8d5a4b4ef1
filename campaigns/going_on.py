"""What becomes of the messages that wait when their campaign goes on with another version."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from aiq.lib import bulk
from campaigns.models import CampaignVersion, Content, Delivery, DeliveryStatus
from campaigns.scheduling import by_step, ring
from campaigns.variants import is_waterfall, pick, point_of

_GO_ON = """
UPDATE campaigns_delivery d
SET content_id = %(content)s, rank = %(rank)s, due_at = waiting.due, expires_at = waiting.due + %(expires)s,
    send_at = CASE WHEN d.attempts = 0 THEN waiting.due ELSE d.send_at END
FROM (
    SELECT w.id, e.abandoned_at + %(delay)s AS due
    FROM campaigns_delivery w JOIN campaigns_episode e ON e.id = w.episode_id JOIN campaigns_content c ON c.id = w.content_id
    WHERE w.campaign_id = %(campaign)s AND w.step_id = %(step)s AND w.channel = %(channel)s AND w.status = 'pending'
        AND e.abandoned_at IS NOT NULL AND (%(variant)s = '' OR c.variant = %(variant)s)
    ORDER BY w.id FOR NO KEY UPDATE OF w
) waiting WHERE waiting.id = d.id
"""


def go_on(version: CampaignVersion, now: datetime) -> None:
    """The campaign is live again with this version: what waits is sent with its content and by its delay, and looked at
    again; what waits for a step that was taken out is due at once, and is then skipped with a full decision."""
    contents = list(version.contents.defer("html", "text"))
    for some in by_step(contents).values():
        tested = len({content.variant for content in some}) > 1
        if tested:
            _draw_again(version, some)
        for content in some:
            _go_on(version, content, rank=content.rank if is_waterfall(some) else None, tested=tested)
    left = Content.objects.filter(version=version, step=OuterRef("step"), channel=OuterRef("channel"))
    waiting = Delivery.objects.filter(campaign=version.campaign_id, status=DeliveryStatus.PENDING, send_at__gt=now)
    if waiting.filter(~Exists(left)).update(send_at=now):
        ring()


def _go_on(version: CampaignVersion, content: Content, *, rank: int | None, tested: bool) -> None:
    values: dict[str, Any] = {
        "content": content.pk,
        "rank": rank,
        "campaign": version.campaign_id,
        "step": content.step_id,
        "channel": content.channel,
        "variant": content.variant if tested else "",
        "delay": timedelta(minutes=content.delay_minutes),
        "expires": timedelta(minutes=content.expires_after_minutes),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GO_ON, values)
        if cursor.rowcount:
            ring()


def _draw_again(version: CampaignVersion, contents: Sequence[Content]) -> None:
    """Those that wait get the variant that the shares give now, so that a test begins with everybody in it."""
    waiting = Delivery.objects.filter(
        campaign=version.campaign_id, step=contents[0].step_id, status=DeliveryStatus.PENDING
    ).values_list("pk", "episode__cart__shopper", "episode")
    drawn = [
        {"id": pk, "content_id": pick(contents, point_of(version.campaign_id, shopper, episode)).pk}
        for pk, shopper, episode in waiting.order_by("pk")
    ]
    bulk.update(Delivery, drawn, ["content_id"], where="t.status = 'pending'")
