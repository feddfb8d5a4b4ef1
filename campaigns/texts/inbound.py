"""A text that a shopper sent us: what it changes, and what is answered.

Its words are read for their meaning and not kept. An opt-out holds for everything we would text, from the moment it is
answered (47 CFR 64.1200(a)(10)), also for a number that we do not know yet. A yes counts only for somebody who was asked.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.channels.base import CHANNELS
from campaigns.channels.gateways.base import Inbound
from campaigns.consent import consents, opt_ins
from campaigns.consent.consents import Choice
from campaigns.context import locale_of
from campaigns.models import (
    ChannelSettings,
    Consent,
    Delivery,
    InboundText,
    OptInRequest,
    Shopper,
    Topic,
    TrackingEvent,
    TrackingKind,
)
from campaigns.models.deliveries import WAS_SENT
from campaigns.preferences.wording import words
from campaigns.texts import replies

SOURCE = "text message"
# An opt-out is counted for the last text before it, where that is not older.
ANSWERS_WITHIN = timedelta(days=30)
CONFIRMED_ONCE_WITHIN = timedelta(days=1)


@transaction.atomic
def take(settings: ChannelSettings, inbound: Inbound, now: datetime) -> str:
    """Do what the text asks and return the answer, empty for silence. A repeated text changes and answers nothing."""
    meaning = replies.meaning(inbound.text)
    shopper = _whose(settings, inbound.sender, make=meaning == replies.STOP)
    _, made = InboundText.objects.get_or_create(
        settings=settings,
        provider_id=inbound.provider_id.replace("\0", "")[:200] or str(uuid.uuid4()),
        defaults={"shopper": shopper, "meaning": meaning, "at": now},
    )
    if not made:
        return ""
    answer = _done(settings, shopper, meaning, now)
    return "" if inbound.answered else answer


def _done(settings: ChannelSettings, shopper: Shopper | None, meaning: str, now: datetime) -> str:
    say = _words(settings, shopper)
    if meaning == replies.HELP:
        return say["text_help"]
    if shopper is None:
        return ""
    if meaning == replies.STOP:
        stop(shopper, now)
        return "" if _confirmed_lately(settings, shopper, now) else say["text_stopped"]
    if meaning in (replies.START, replies.YES) and (
        confirm(shopper, now) or (meaning == replies.START and _back(shopper, now))
    ):
        return say["text_started"]
    return ""


def _whose(settings: ChannelSettings, number: str, *, make: bool) -> Shopper | None:
    """The merchant's shopper with that number. `make`: known from now on, so that an opt-out outlasts a later import."""
    try:
        phone = CHANNELS.get(settings.channel).read_address(_international(number))
    except ValueError:
        return None
    if make:
        return Shopper.objects.get_or_create(merchant=settings.merchant, phone=phone)[0]
    return Shopper.objects.filter(merchant=settings.merchant, phone=phone).first()


def _international(number: str) -> str:
    """As with a plus: many gateways leave it out, and an opt-out must not be lost over it. A short code stays none of ours."""
    digits = number.strip().lstrip("+").removeprefix("00")
    return f"+{digits}"


def stop(shopper: Shopper, now: datetime) -> None:
    """No texts any more, for anything; what waits is skipped with it. Counted for the text that was answered."""
    choices = [Choice("sms", False, topic) for topic in Topic.values]
    changed = consents.choose(shopper.pk, choices, source=SOURCE, now=now)
    OptInRequest.objects.filter(shopper=shopper, channel="sms", confirmed_at__isnull=True).delete()
    since = now - ANSWERS_WITHIN
    texts = Delivery.objects.filter(shopper=shopper, channel="sms", status__in=WAS_SENT, sent_at__gte=since)
    if changed and (last := texts.order_by("-sent_at").first()):
        TrackingEvent.objects.create(delivery=last, kind=TrackingKind.UNSUBSCRIBED, at=now)


def _confirmed_lately(settings: ChannelSettings, shopper: Shopper, now: datetime) -> bool:
    """Whether a stop of this number was answered within a day, and nothing taken back since: one opt-out has one confirmation
    (47 CFR 64.1200(a)(12)), also where a phone answers by itself. Asked once the shopper's row is ours: of two at once one is answered."""
    texts = InboundText.objects.filter(settings=settings, shopper=shopper, at__gt=now - CONFIRMED_ONCE_WITHIN)
    words = texts.filter(meaning__in=[replies.STOP, replies.START, replies.YES]).order_by("-at", "-pk")
    return [text.meaning for text in words[:2]] == [replies.STOP, replies.STOP]


def _back(shopper: Shopper, now: datetime) -> bool:
    """Who had opted out comes back. The word came from the phone itself, which is what a double opt-in asks for."""
    out = Consent.objects.filter(shopper=shopper, channel="sms", closed_at__isnull=True, status="unsubscribed")
    had = Consent.objects.filter(shopper=shopper, channel="sms", status="subscribed")
    topics = set(out.values_list("topic", flat=True)) & set(had.values_list("topic", flat=True))
    made = [Choice("sms", True, topic, double_opt_in=True) for topic in sorted(topics)]
    return consents.choose(shopper.pk, made, source=SOURCE, now=now)


def confirm(shopper: Shopper, now: datetime) -> bool:
    """The answer to a double opt-in that was asked by text. False: nobody asked, or it is too late."""
    asked = OptInRequest.objects.filter(shopper=shopper, channel="sms", confirmed_at__isnull=True, expires_at__gt=now)
    return sum(opt_ins.confirm(request, now) for request in asked) > 0


def _words(settings: ChannelSettings, shopper: Shopper | None) -> Mapping[str, str]:
    """In the shopper's language, a stranger's in the merchant's."""
    merchant = settings.merchant
    locale = locale_of(merchant, shopper)
    reach = words(locale, address=merchant.sender_email)["text_reach"] if merchant.sender_email else ""
    return words(locale, merchant=merchant.name, reach=reach)
