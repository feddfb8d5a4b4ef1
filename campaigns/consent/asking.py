"""Hands over what asks shoppers to confirm: a mail with one button, or a text that is answered with YES. Each request once."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string

from aiq.lib import bulk
from campaigns import links
from campaigns.channels.base import CHANNELS, Envelope, Receipt
from campaigns.composing import callback_url, from_whom
from campaigns.consent import asking_hours, suppressions
from campaigns.context import locale_of
from campaigns.models import ChannelSettings, OptInRequest, Suppression
from campaigns.preferences.standing import masked
from campaigns.preferences.wording import words
from campaigns.rendering import Rendered, readable_on
from campaigns.templating.parts import language_of

logger = logging.getLogger(__name__)
AT_ONCE = 100
# Committed before anything leaves: what dies on the way is not asked twice. An array, as in `sending.CLAIM`: never more than the limit.
_CLAIM = """
UPDATE campaigns_optinrequest SET sent_at = %s WHERE id = ANY(ARRAY(
    SELECT id FROM campaigns_optinrequest WHERE sent_at IS NULL AND confirmed_at IS NULL AND expires_at > %s
    AND (not_before IS NULL OR not_before <= %s)
    ORDER BY asked_at LIMIT %s FOR UPDATE SKIP LOCKED
)) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class _From:
    """Whoever asks: the merchant, by its own sender."""

    channel: str
    sender_name: str = ""
    sender_email: str = ""


def send_waiting(now: datetime) -> int:
    """Ask everybody who is still to be asked; how many messages a provider took."""
    taken = 0
    while batch := _claimed(now):
        by_channel: dict[str, list[OptInRequest]] = defaultdict(list)
        for request in _allowed(_within_hours(batch, now)):
            by_channel[request.channel].append(request)
        taken += sum(_hand_over(channel, requests, now) for channel, requests in by_channel.items())
    return taken


def _claimed(now: datetime) -> list[OptInRequest]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now, now, now, AT_ONCE])
        ids = [row[0] for row in cursor.fetchall()]
    return list(OptInRequest.objects.filter(pk__in=ids).select_related("shopper__merchant").order_by("pk"))


def _within_hours(requests: Sequence[OptInRequest], now: datetime) -> list[OptInRequest]:
    """Those that may leave now; the others are put back until they may."""
    later = asking_hours.later(requests, now)
    rows = [{"id": pk, "sent_at": None, "not_before": at} for pk, at in sorted(later.items())]
    bulk.update(OptInRequest, rows, ["sent_at", "not_before"], "t.confirmed_at IS NULL")
    return [one for one in requests if one.pk not in later]


def _allowed(requests: Sequence[OptInRequest]) -> list[OptInRequest]:
    """Those whose address is there and not suppressed: nothing goes to a suppressed one, no question either."""
    digests = {one.pk: suppressions.digest(_address(one)) for one in requests}
    rows = Suppression.objects.filter(digest__in=set(digests.values()))
    stopped = {(row.merchant_id, row.channel, bytes(row.digest)) for row in rows}
    return [
        one
        for one in requests
        if _address(one) and (one.shopper.merchant_id, one.channel, digests[one.pk]) not in stopped
    ]


def _address(request: OptInRequest) -> str:
    return (request.shopper.email if request.channel == "email" else request.shopper.phone) or ""


def _hand_over(slug: str, requests: Sequence[OptInRequest], now: datetime) -> int:
    channel = CHANNELS.get(slug)
    rows = ChannelSettings.objects.filter(merchant__in={one.shopper.merchant_id for one in requests}, channel=slug)
    own = {row.merchant_id: row for row in rows}
    made = [channel.compose(rendered(one), _envelope(one, own, now)) for one in requests]
    outcomes = [
        outcome
        for at in range(0, len(made), channel.group_size)
        for outcome in channel.send_many(made[at : at + channel.group_size])
    ]
    for request, outcome in zip(requests, outcomes, strict=True):
        if not isinstance(outcome, Receipt):
            logger.warning("the question %s did not leave by %s", request.code, slug)
    return sum(isinstance(outcome, Receipt) for outcome in outcomes)


def _envelope(request: OptInRequest, own: Mapping[int, ChannelSettings], now: datetime) -> Envelope:
    merchant = request.shopper.merchant
    mine = own.get(merchant.pk)
    name, sender = from_whom(_From(request.channel), merchant, mine)
    return Envelope(str(request.code), _address(request), sender, name, now, "", callback_url(mine), request.expires_at)


def rendered(request: OptInRequest) -> Rendered:
    shopper, merchant = request.shopper, request.shopper.merchant
    locale = locale_of(merchant, shopper)
    say = words(locale, merchant=merchant.name, address=masked(shopper, request.channel))
    if request.channel == "sms":
        return Rendered("", "", say["text_ask"])
    context: dict[str, Any] = {
        "say": say,
        "merchant": merchant,
        "url": links.confirm_url(settings.PUBLIC_URL, request.code),
        "on_color": readable_on(merchant.brand_color),
        "language": language_of(locale),
    }
    html, text = (render_to_string(f"public/mail/confirm.{kind}", context) for kind in ("html", "txt"))
    return Rendered(say["mail_subject"], html, text)
