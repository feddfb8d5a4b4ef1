"""Browsers that take a shopper's notifications: which there are, and which are gone."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from aiq.lib import prepared
from campaigns.channels.push_address import Browser
from campaigns.models import PushSubscription

MOST = 5

_LIVING = """
SELECT shopper_id, code::text, endpoint, public_key, secret FROM (
    SELECT *, row_number() OVER (PARTITION BY shopper_id ORDER BY created_at DESC, id DESC) AS nth
    FROM campaigns_pushsubscription WHERE shopper_id = ANY(%s) AND gone_at IS NULL
) newest WHERE nth <= %s ORDER BY shopper_id, nth
"""


def living(shopper_ids: Collection[int]) -> Mapping[int, Sequence[Browser]]:
    """The browsers of each shopper that has any, newest first, at most `MOST`; in one prepared query."""
    found: dict[int, list[Browser]] = defaultdict(list)
    with prepared.cursor() as cursor:
        cursor.execute(_LIVING, [list(shopper_ids), MOST])
        for shopper, *browser in cursor.fetchall():
            found[shopper].append(Browser(*browser))
    return found


def mark_gone(codes: Sequence[str], now: datetime) -> None:
    """Their push services know them no more. Not an opt-out: the shopper said nothing."""
    if codes:
        PushSubscription.objects.filter(code__in=codes, gone_at__isnull=True).update(gone_at=now)
