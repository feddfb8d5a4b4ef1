"""Where the short link of a text leads: to the cart as the text had it, or out."""

from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q

from aiq.lib.signing import BadToken
from campaigns.links import LinkMaker
from campaigns.models import Delivery, SentMessage
from campaigns.templating.filters import WEB_SCHEMES
from campaigns.texts.shortlinks import WAY_OUT, meanings


def found(token: str) -> tuple[str, Delivery]:
    """The purpose and the delivery of a token, with one query. Raises `BadToken`, also where two codes would fit."""
    possible = meanings(token)
    fitting = reduce(or_, (Q(code__range=(one.first, one.last)) for one in possible))
    rows = list(Delivery.objects.filter(fitting, channel="sms")[:2])
    if len(rows) != 1:
        raise BadToken("no such short link")
    purpose = next(one.purpose for one in possible if one.first <= rows[0].code <= one.last)
    return purpose, rows[0]


def address_of(purpose: str, delivery: Delivery) -> str:
    """Ours, or the address that the store gave for the cart: never one that the link names. Raises `BadToken`."""
    if purpose == WAY_OUT:
        return LinkMaker(settings.PUBLIC_URL, delivery.code).unsubscribe_url
    sent = SentMessage.objects.filter(delivery=delivery).first()
    url = str((sent.context.get("cart") or {}).get("url") or "") if sent else ""
    if not url.lower().startswith(WEB_SCHEMES):
        raise BadToken("that cart has no address any more")
    return url
