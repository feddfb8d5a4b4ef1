"""A sent message, rendered again: content never changes and rendering is pure, so it is the very message that left."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from campaigns.channels.base import CHANNELS
from campaigns.composing import from_whom
from campaigns.contents import ready_contents
from campaigns.editing.previewing import PREVIEW_POLICY
from campaigns.links import PlainLinks
from campaigns.models import ChannelSettings, Delivery, SentMessage
from campaigns.recipients import goes_to
from campaigns.rendering import MissingData, Rendered, RenderFailed

POLICY = f"{PREVIEW_POLICY}; form-action 'none'; sandbox allow-popups"


@dataclass(frozen=True, slots=True)
class AsLeft:
    """`text` has the shopper's own links. `html` is for the eyes of staff: its links lead to the shop directly and it
    reports no opening, so that whoever looks is never counted as the shopper, nor can unsubscribe them."""

    at: datetime
    from_name: str
    from_email: str
    to: str
    subject: str
    text: str
    html: str


def as_left(delivery: Delivery) -> AsLeft | None:
    """The message of a delivery; None where nothing was handed over, or an older version can no longer be rendered."""
    sent = SentMessage.objects.filter(delivery=delivery).first()
    if sent is None:
        return None
    channel = CHANNELS.get(delivery.channel)
    ready = ready_contents([delivery.content_id])[delivery.content_id]
    try:
        left: Rendered = ready.prepared.render(sent.context, channel.links(settings.PUBLIC_URL, delivery.code))
        shown: Rendered = ready.prepared.render(sent.context, PlainLinks())
    except (MissingData, RenderFailed):
        return None
    own = ChannelSettings.objects.for_merchant(delivery.merchant).filter(channel=delivery.channel).first()
    name, address = from_whom(ready, delivery.merchant, own)
    to = channel.shown(sent.address(delivery.channel) or goes_to(delivery))
    html = shown.html.replace("<head>", '<head><base target="_blank">', 1)
    return AsLeft(sent.at, name, address, to, left.subject, left.text, html)
