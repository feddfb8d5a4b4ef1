"""Mails to staff: about a campaign that asks for approval, is approved, sent back or paused itself, about codes that run low, and about records that
are gone from the DNS. Sent after the state is committed.

A mail that cannot be sent is logged and forgotten: the campaign page and Home show the same.
"""

import logging
from collections.abc import Sequence
from smtplib import SMTPException

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Merchant, Role, User
from campaigns.models import Campaign, Discount

logger = logging.getLogger(__name__)
APPROVERS = (Role.OWNER, Role.OPERATOR)


def ask_for_approval(campaign: Campaign, user: User | None) -> None:
    """To owners and operators: somebody wants this live."""
    _send(
        campaign,
        [approver.email for approver in _approvers(campaign) if approver != user],
        f"{_name(user)} asks for your approval: {campaign.name}",
        f"{_name(user)} would like to set the campaign “{campaign.name}” of {campaign.merchant} live.\n\n"
        "Look at it, then approve it or send it back with a reason:",
    )


def tell_approved(campaign: Campaign, user: User | None) -> None:
    """To the submitter: it is live."""
    _send(
        campaign,
        _submitter(campaign, user),
        f"Approved: {campaign.name} is live",
        f"{_name(user)} approved the campaign “{campaign.name}”. Carts abandoned from now on get its reminder.",
    )


def tell_sent_back(campaign: Campaign, user: User | None) -> None:
    """To the submitter: what should be changed."""
    _send(
        campaign,
        _submitter(campaign, user),
        f"Sent back: {campaign.name}",
        f"{_name(user)} sent the campaign “{campaign.name}” back to you:\n\n    {campaign.sent_back_reason}\n\n"
        "It is a draft again. Change it and submit it once more:",
    )


def tell_paused_itself(campaign: Campaign, user: User | None) -> None:
    """To owners and operators: it does harm and stopped; they decide when it goes on."""
    _send(
        campaign,
        [approver.email for approver in _approvers(campaign)],
        f"Paused itself: {campaign.name}",
        f"The campaign “{campaign.name}” of {campaign.merchant} paused itself.\n\n{campaign.paused_why}\n\n"
        "Nothing of it is sent until somebody resumes it:",
    )


def _approvers(campaign: Campaign) -> QuerySet[User]:
    return User.objects.filter(is_active=True, memberships__merchant=campaign.merchant, memberships__role__in=APPROVERS)


def _submitter(campaign: Campaign, decider: User | None) -> list[str]:
    submitter = campaign.submitted_by
    return [submitter.email] if submitter and submitter.is_active and submitter != decider else []


def warn_of_codes(discount: Discount, words: str) -> None:
    """To owners: a discount that a live campaign gives has few codes left, or none."""
    _mail(
        _owners(discount.merchant),
        f"Codes run low: {discount}",
        f"The discount “{discount}” of {discount.merchant} is given by a campaign that is live. {words}\n\nAdd codes here:",
        reverse("admin:campaigns_discount_change", args=[discount.code]),
    )


def warn_of_records(merchant: Merchant, domain: str, gone: str) -> None:
    """To owners: what the DNS said of a sender domain was in order and no longer is."""
    _mail(
        _owners(merchant),
        f"Missing in the DNS of {domain}: {gone}",
        f"The DNS of {domain}, from which {merchant} sends its reminders, was in order before. Now this is gone or wrong: {gone}. Mails may land"
        " in spam until it is back.\n\nThe records to add are here:",
        reverse("sender:page"),
    )


def _owners(merchant: Merchant) -> list[str]:
    owners = User.objects.filter(is_active=True, memberships__merchant=merchant, memberships__role=Role.OWNER)
    return [owner.email for owner in owners]


def _send(campaign: Campaign, to: Sequence[str], subject: str, text: str) -> None:
    _mail(to, subject, text, reverse("campaigns:overview", args=[campaign.code]))


def _mail(to: Sequence[str], subject: str, text: str, path: str) -> None:
    body = f"{text}\n\n{settings.PUBLIC_URL}{path}\n"
    for message in [EmailMessage(" ".join(subject.split()), body, to=[address]) for address in to]:
        try:
            message.send()
        except (SMTPException, AnymailError, OSError) as error:
            logger.warning("A notice about %s could not be mailed: %s", path, error)


def _name(user: User | None) -> str:
    return str(user) if user else "Support"
