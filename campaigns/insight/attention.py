"""What somebody should look at, as far as campaigns and deliveries go. Each counts little and stops counting early."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from accounts import access
from accounts.models import Merchant
from campaigns.incentives import warning
from campaigns.models import Campaign, CampaignStatus, Delivery, DeliveryStatus
from campaigns.reputation import OVER, reputation

STUCK_AFTER = timedelta(minutes=10)
RECENT = timedelta(days=7)
MANY = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at: what it is, where to go, and the permission without which it is nobody's business."""

    text: str
    link: str
    action: str
    permission: str
    grave: bool = False


def counted(rows: QuerySet, one: str, many: str) -> str:
    """“3 deliveries”, “more than 100 deliveries”; empty for none. `many` comes after the number."""
    count = len(rows.values_list("pk")[: MANY + 1])
    if not count:
        return ""
    return one if count == 1 else f"{f'More than {MANY}' if count > MANY else count} {many}"


def notices(merchant: Merchant, now: datetime) -> list[Notice]:
    """Approvals that wait, deliveries that are stuck, unknown or failed, and what keeps a campaign from going live."""
    return [
        notice
        for notice in (
            _approvals(merchant),
            *_paused_themselves(merchant),
            *_rates(merchant, now),
            _stuck(merchant, now),
            *_lost(merchant, now),
            *_sender(merchant),
            *_codes(merchant, now),
        )
        if notice
    ]


def _approvals(merchant: Merchant) -> Notice | None:
    waiting = list(Campaign.objects.filter(merchant=merchant, status=CampaignStatus.PENDING_APPROVAL)[:2])
    if not waiting:
        return None
    if len(waiting) == 1:
        return Notice(
            f"“{waiting[0].name}” waits for approval", f"/admin/campaigns/{waiting[0].code}/", "Review", access.SET_LIVE
        )
    return Notice(
        "Campaigns wait for approval", "/admin/campaigns/?status=pending_approval", "Review them", access.SET_LIVE
    )


def _paused_themselves(merchant: Merchant) -> Iterator[Notice]:
    paused = Campaign.objects.filter(merchant=merchant, status=CampaignStatus.PAUSED).exclude(paused_why="")
    for campaign in paused[:3]:
        text = f"“{campaign.name}” paused itself: {campaign.paused_why}"
        yield Notice(text, f"/admin/campaigns/{campaign.code}/", "Look at it", access.SEE_REPORTS, grave=True)


def _rates(merchant: Merchant, now: datetime) -> Iterator[Notice]:
    """Bounces and complaints of all its mails, where they come near the limits of mailbox providers."""
    for rate in reputation(merchant, None, now).worth_a_look:
        text = f"{rate.words} within 7 days. {rate.limits}"
        yield Notice(text, "/admin/campaigns/", "See the campaigns", access.SEE_REPORTS, grave=rate.level == OVER)


def _stuck(merchant: Merchant, now: datetime) -> Notice | None:
    due = Delivery.objects.filter(merchant=merchant).due(now - STUCK_AFTER)
    paused = due.exclude(campaign__status=CampaignStatus.PAUSED)
    text = counted(
        paused, "One reminder is overdue by ten minutes or more", "reminders are overdue by ten minutes or more"
    )
    return (
        Notice(text, "/admin/deliveries/?status=pending", "Look at them", access.SEE_REPORTS, grave=True)
        if text
        else None
    )


def _lost(merchant: Merchant, now: datetime) -> Iterator[Notice]:
    recent = Delivery.objects.filter(merchant=merchant, due_at__gte=now - RECENT)
    for status, one, many in (
        (DeliveryStatus.FAILED, "One reminder failed", "reminders failed"),
        (DeliveryStatus.UNKNOWN, "The outcome of one reminder is not known", "reminders have no known outcome"),
    ):
        if text := counted(recent.filter(status=status), one, many):
            yield Notice(text, f"/admin/deliveries/?status={status}", "Look at them", access.SEE_REPORTS, grave=True)


def _sender(merchant: Merchant) -> list[Notice]:
    if merchant.postal_address:
        return []
    text = "No postal address: the law asks for one in every mail, so no campaign can go live"
    return [Notice(text, "/admin/accounts/merchant/", "Add it", access.MANAGE_SETTINGS, grave=True)]


def _codes(merchant: Merchant, now: datetime) -> Iterator[Notice]:
    """Discounts that live campaigns give and whose codes run out."""
    for discount, pool in warning.running_low(merchant, now):
        link = reverse("admin:campaigns_discount_change", args=[discount.code])
        yield Notice(f"“{discount}”: {pool.words}", link, "Add codes", access.BUILD_CAMPAIGNS, grave=pool.dry)
