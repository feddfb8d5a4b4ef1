"""From a case that may go to the message that leaves, or to the check that keeps it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

from accounts.models import Merchant
from campaigns.channels.base import CHANNELS, Envelope
from campaigns.context import context_of
from campaigns.decide import Check
from campaigns.gather import Case
from campaigns.models import ChannelSettings
from campaigns.rendering import MissingData, RenderFailed
from campaigns.templating.macros import in_words


class Signed(Protocol):
    """Whatever says who a message is from: a content, or the step it is made of. Empty: the merchant's sender."""

    @property
    def channel(self) -> str: ...
    @property
    def sender_name(self) -> str: ...
    @property
    def sender_email(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for its channel, with the data that gives it again, and from whom it is. `started_at`: when its group was marked as
    sending."""

    case: Case
    message: Any
    context: dict[str, Any]
    sender: str
    started_at: datetime | None = None


def compose(case: Case, now: datetime, incentive: Mapping[str, Any] | None = None) -> Composed | Check:
    """Render a case, with the incentive that it was given, or say which check failed: data that is missing, or a template that does not work."""
    merchant, delivery = case.delivery.merchant, case.delivery
    context = context_of(merchant, case.cart, case.shopper, case.feed)
    if incentive:
        context["incentive"] = dict(incentive)
    channel = CHANNELS.get(delivery.channel)
    links = channel.links(settings.PUBLIC_URL, delivery.code)
    try:
        rendered = case.content.prepared.render(context, links)
    except MissingData as missing:
        return Check("data", False, f"{in_words(missing.name)} is not known")
    except RenderFailed as failed:
        return Check("content", False, str(failed))
    name, address = from_whom(case.content, merchant, delivery.settings)
    sent_by = address, name, now, links.unsubscribe_url, callback_url(delivery.settings)
    envelope = Envelope(
        str(delivery.code), case.address, *sent_by, min(delivery.expires_at, case.not_after or delivery.expires_at)
    )
    return Composed(case, channel.compose(rendered, envelope), context, address)


def from_whom(content: Signed, merchant: Merchant, own: ChannelSettings | None) -> tuple[str, str]:
    """Name and address that a message is from on its channel; `own` are the merchant's settings of it."""
    if content.channel == "email":
        return sender(content, merchant)
    return merchant.name, own.sender if own else ""


def callback_url(own: ChannelSettings | None) -> str:
    """Where the provider of a merchant's channel reports; empty where nobody outside could call."""
    return f"{settings.PUBLIC_URL}/callbacks/{own.channel}/{own.code}/" if own and settings.HTTPS else ""


def sender(content: Signed, merchant: Merchant) -> tuple[str, str]:
    """Name and address in From: the content's, else the merchant's, else the installation's."""
    default_name, default_email = _parsed(settings.DEFAULT_FROM_EMAIL)
    email = content.sender_email or merchant.sender_email or default_email
    name = content.sender_name or merchant.sender_name or (merchant.name if merchant.sender_email else default_name)
    return name, email


_parsed = lru_cache(maxsize=8)(parseaddr)
