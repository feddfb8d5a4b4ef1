"""A sent message, rendered again: content never changes and rendering is pure, so it is the very message that left."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from campaigns.composing import sender
from campaigns.contents import ready_contents
from campaigns.links import LinkMaker, PlainLinks
from campaigns.models import Delivery, SentMessage
from campaigns.previewing import PREVIEW_POLICY
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
    ready = ready_contents([delivery.content_id])[delivery.content_id]
    try:
        left: Rendered = ready.prepared.render(sent.context, LinkMaker(settings.PUBLIC_URL, delivery.code))
        shown: Rendered = ready.prepared.render(sent.context, PlainLinks())
    except (MissingData, RenderFailed):
        return None
    name, email = sender(ready, delivery.merchant)
    to = sent.context.get("shopper", {}).get("email", "")
    html = shown.html.replace("<head>", '<head><base target="_blank">', 1)
    return AsLeft(sent.at, name, email, to, left.subject, left.text, html)
