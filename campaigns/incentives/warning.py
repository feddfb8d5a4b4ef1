"""Warns of discounts whose codes run low while a live campaign gives them: on Home, and to owners by mail, once."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Merchant
from campaigns import notices
from campaigns.incentives.lasting import Pool, pools
from campaigns.models import Campaign, CampaignStatus, Content, Discount


def running_low(merchant: Merchant, now: datetime) -> Iterator[tuple[Discount, Pool]]:
    """The merchant's discounts in live campaigns that have few codes left, or none. Two queries."""
    yield from _low(_given_live().filter(merchant=merchant), now)


def warn(now: datetime) -> int:
    """Tell the owners of each discount that runs low, once until codes are added. Returns how many discounts."""
    told = 0
    for discount, pool in _low(_given_live().filter(warned_at=None).select_related("merchant"), now):
        if Discount.objects.filter(pk=discount.pk, warned_at=None).update(warned_at=now):
            notices.warn_of_codes(discount, pool.words)
            told += 1
    return told


def _given_live() -> QuerySet[Discount]:
    versions = Campaign.objects.filter(status=CampaignStatus.LIVE).values("version")
    contents = Content.objects.filter(version__in=versions, discount__isnull=False)
    return Discount.objects.offered().filter(code_shared="", pk__in=contents.values("discount"))


def _low(discounts: QuerySet[Discount], now: datetime) -> Iterator[tuple[Discount, Pool]]:
    known = list(discounts)
    found = pools(known, now)
    yield from ((discount, found[discount.pk]) for discount in known if found[discount.pk].low)
