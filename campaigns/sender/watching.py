"""Looks the sender domains up again once a day, and tells owners once of a record that was in order and is gone."""

from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings

from campaigns import notices
from campaigns.models import SenderDomain
from campaigns.sender import checking
from campaigns.sender.lookup import Unanswered

EVERY = timedelta(days=1)
RUN_SECONDS, MOST = 60.0, 500


def look_again(now: datetime) -> int:
    """In any order, so that those that never answer hold nobody up; what this run does not come to is for the next. Returns of how many
    domains owners were told.

    Domains that no message is sent from any more are left as they are. Where mails are caught, no record matters."""
    if not settings.EMAIL_URL:
        return 0
    stale = SenderDomain.objects.filter(checked_at__lt=now - EVERY).select_related("merchant").order_by("?")
    began, told = monotonic(), 0
    for row in stale[:MOST]:
        if monotonic() - began > RUN_SECONDS:
            break
        told += _look(row, now)
    return told


def _look(row: SenderDomain, now: datetime) -> bool:
    if row.domain not in {identity.domain for identity in checking.identities(row.merchant) if not identity.free}:
        return False
    try:
        gone = checking.check(row.merchant, row.domain, row.dkim_selector, now)
    except Unanswered:
        return False
    if gone:
        notices.warn_of_records(row.merchant, row.domain, checking.identity_of(row.merchant, f"@{row.domain}").gone)
    return gone
