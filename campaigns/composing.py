"""From a case that may go to the message that leaves, or to the check that keeps it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

from accounts.models import Merchant
from campaigns.context import context_of
from campaigns.decide import Check
from campaigns.gather import Case
from campaigns.links import LinkMaker
from campaigns.rendering import Message, MessageLinks, MissingData, Rendered, RenderFailed
from campaigns.templating.macros import in_words


class Signed(Protocol):
    """Whatever says who a message is from: a content, or the step it is made of. Empty: the merchant's sender."""

    @property
    def sender_name(self) -> str: ...
    @property
    def sender_email(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for its channel, with the data that gives it again."""

    case: Case
    message: Message
    context: dict[str, Any]


def compose(case: Case, now: datetime, incentive: Mapping[str, Any] | None = None) -> Composed | Check:
    """Render a case, with the incentive that it was given, or say which check failed: data that is missing, or a template that does not work."""
    merchant, delivery = case.delivery.merchant, case.delivery
    context = context_of(merchant, case.cart, case.shopper, case.feed)
    if incentive:
        context["incentive"] = dict(incentive)
    links = LinkMaker(settings.PUBLIC_URL, delivery.code)
    try:
        rendered = case.content.prepared.render(context, links)
    except MissingData as missing:
        return Check("data", False, f"{in_words(missing.name)} is not known")
    except RenderFailed as failed:
        return Check("content", False, str(failed))
    message = message_of(rendered, case.content, merchant, code=delivery.code, to=case.address, links=links, now=now)
    return Composed(case, message, context)


def message_of(
    rendered: Rendered, content: Signed, merchant: Merchant, *, code: UUID, to: str, links: MessageLinks, now: datetime
) -> Message:
    """What the channel gets: the rendered words in their envelope."""
    from_name, from_email = sender(content, merchant)
    return Message(
        delivery_code=str(code),
        to_email=to,
        from_email=from_email,
        from_name=from_name,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        message_id=f"{code}@{from_email.rpartition('@')[2] or settings.PUBLIC_HOST}",
        date=now,
        unsubscribe_url=links.unsubscribe_url,
    )


def sender(content: Signed, merchant: Merchant) -> tuple[str, str]:
    """Name and address in From: the content's, else the merchant's, else the installation's."""
    default_name, default_email = _parsed(settings.DEFAULT_FROM_EMAIL)
    email = content.sender_email or merchant.sender_email or default_email
    name = content.sender_name or merchant.sender_name or (merchant.name if merchant.sender_email else default_name)
    return name, email


_parsed = lru_cache(maxsize=8)(parseaddr)
