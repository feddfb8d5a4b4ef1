"""The phone at `/inbox/`: the texts between a number and a shopper, and the shopper's answers, which are typed there.

An answer goes the way of one that a gateway brings, and what is answered to it is caught like any text.
"""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.models import Merchant
from aiq import mailbox
from aiq.lib.catching import catch
from aiq.mailbox import Summary
from campaigns.channels.gateways.base import Inbound
from campaigns.channels.segments import measure
from campaigns.models import ChannelSettings, Delivery, OptInRequest
from campaigns.texts import inbound

SHOWN = 30


def thread(folder: Path, text: Summary) -> list[Summary]:
    """The newest texts between the two, oldest first; that one too, however old it is."""
    between = mailbox.newest(
        folder, lambda one: one.kind == "sms" and (one.sender, one.recipient) == (text.sender, text.recipient), SHOWN
    )
    return sorted({one.name: one for one in (*between, text)}.values(), key=lambda one: one.name)


def may_answer(text: Summary) -> bool:
    """A text about a cart can be answered, while no gateway is connected."""
    return text.kind == "sms" and bool(text.delivery) and not settings.SMS_GATEWAY


def answer(folder: Path, text: Summary, words: str, now: datetime) -> None:
    """What the shopper says, and what is answered to it. Nothing happens where nothing can be answered."""
    own = _settings_of(text)
    if own is None or not words.strip() or not may_answer(text):
        return
    name = _keep(folder, text, words, mine=True)
    if said := inbound.take(own, Inbound(name, text.recipient, words), now):
        _keep(folder, text, said, mine=False)


def _settings_of(text: Summary) -> ChannelSettings | None:
    merchant = _merchant_of(text)
    return ChannelSettings.objects.get_or_create(merchant=merchant, channel="sms")[0] if merchant else None


def _merchant_of(text: Summary) -> Merchant | None:
    """Whose delivery it was, or whose question whether a consent is meant."""
    try:
        delivery = Delivery.objects.select_related("merchant").filter(code=text.delivery, channel="sms").first()
        asked = OptInRequest.objects.select_related("shopper__merchant").filter(code=text.delivery).first()
    except ValidationError:
        return None
    if delivery:
        return delivery.merchant
    return asked.shopper.merchant if asked else None


def _keep(folder: Path, text: Summary, words: str, *, mine: bool) -> str:
    found = measure(words)
    fields = {
        "sender": text.sender,
        "recipient": text.recipient,
        "text": words,
        "delivery": text.delivery,
        "mine": mine,
    }
    return catch(folder, "sms", fields | {"segments": found.segments, "alphabet": found.alphabet})
