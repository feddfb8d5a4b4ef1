"""A page of a merchant's deliveries, newest first, narrowed by campaign, step and status: each is read from an index, however
few there are of a kind and however deep they lie.

What is settled is found content by content and status by status, in the order of its ids, as many as a page holds; what is
on its way is little, and has small indexes of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from campaigns.models import Campaign, Delivery, DeliveryStatus

ON_THE_WAY = (DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)

_CONTENTS = """
WITH contents AS MATERIALIZED (
    SELECT v.campaign_id, k.id FROM campaigns_campaign c
    JOIN campaigns_campaignversion v ON v.campaign_id = c.id JOIN campaigns_content k ON k.version_id = v.id
    WHERE c.merchant_id = %(merchant)s AND {narrowed}
)
SELECT id FROM ({branches}) found ORDER BY id DESC LIMIT %(most)s
"""
# The status stands in the text of the statement, so that an index of some statuses is seen to hold it.
_SETTLED = """(
    SELECT d.id FROM contents k CROSS JOIN LATERAL (
        SELECT d.id FROM campaigns_delivery d
        WHERE d.campaign_id = k.campaign_id AND d.content_id = k.id AND d.status = '{status}' AND {older}
        ORDER BY d.id DESC LIMIT %(most)s
    ) d
)"""
_ON_THE_WAY = """(
    SELECT d.id FROM campaigns_delivery d JOIN contents k ON k.id = d.content_id
    WHERE d.merchant_id = %(merchant)s AND d.status = '{status}' AND {older} ORDER BY d.id DESC LIMIT %(most)s
)"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page is narrowed to; `status` is one of `DeliveryStatus` or empty, `step` a position or None."""

    campaign: Campaign | None = None
    status: str = ""
    step: int | None = None

    @property
    def any(self) -> bool:
        return bool(self.campaign or self.status or self.step)


def newest(merchant_id: int, wish: Wish, before: UUID | None, most: int) -> QuerySet[Delivery]:
    """The `most` newest that fit, older than the delivery with the code `before` where one is given; to be read in order."""
    mine = Delivery.objects.filter(merchant=merchant_id).order_by("-id")
    cursor = mine.filter(code=before).values_list("pk", flat=True).first() if before else None
    if wish.any:
        return mine.filter(pk__in=_ids(merchant_id, wish, cursor, most))
    return (mine.filter(pk__lt=cursor) if cursor else mine)[:most]


def _ids(merchant_id: int, wish: Wish, cursor: int | None, most: int) -> list[int]:
    narrowed = ["c.id = %(campaign)s" if wish.campaign else "TRUE", "k.position = %(step)s" if wish.step else "TRUE"]
    branches = " UNION ALL ".join(_branches(wish, "d.id < %(cursor)s" if cursor else "TRUE"))
    values: dict[str, Any] = {"merchant": merchant_id, "cursor": cursor, "most": most, "step": wish.step}
    values["campaign"] = wish.campaign.pk if wish.campaign else None
    with connection.cursor() as found:
        found.execute(_CONTENTS.format(narrowed=" AND ".join(narrowed), branches=branches), values)
        return [pk for (pk,) in found.fetchall()]


def _branches(wish: Wish, older: str) -> Iterator[str]:
    for status in [DeliveryStatus(wish.status)] if wish.status else DeliveryStatus:
        branch = _ON_THE_WAY if status in ON_THE_WAY else _SETTLED
        yield branch.format(status=status.value, older=older)
