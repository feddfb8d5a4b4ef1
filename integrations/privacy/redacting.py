"""Erases what came from a shop that asked for it (Shopify's shop/redact, two days after it left): people in batches, each in a transaction.

Who is also known by another shop of the merchant stays, without what this one told. The connection says that it is to be done, until it is.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.models import Cart, CartActivity, Order, Shopper, ShopperKey
from integrations.models import Connection, EventState, InboundEvent
from integrations.privacy import naming
from integrations.privacy.erasing import erase_all
from integrations.privacy.held import held

BATCH = 200
# Of so many at once the events are looked through.
SOUGHT = 5_000


def redactions_wait() -> bool:
    """Is any shop still to be erased?"""
    return Connection.objects.filter(redact_at__isnull=False).exists()


def redact_shops(now: datetime) -> int:
    """Erase all that are to be; how many people."""
    return sum(_redact(connection, now) for connection in Connection.objects.filter(redact_at__isnull=False))


def _redact(connection: Connection, now: datetime) -> int:
    erased = 0
    _empty(connection)
    while people := list(_only_here(connection).select_related("merchant")[:SOUGHT]):
        naming.forget(held(*people))
        for first in range(0, len(people), BATCH):
            erase_all(people[first : first + BATCH], now)
        erased += len(people)
    _leave(connection)
    return erased


def _only_here(connection: Connection) -> QuerySet[Shopper]:
    code = connection.code
    here = Q(keys__source=code) | Q(carts__source=code) | Q(orders__source=code)
    known = Shopper.objects.filter(here, merchant=connection.merchant_id)
    elsewhere = [
        ShopperKey.objects.exclude(source=code).values("shopper"),
        Cart.objects.exclude(source=code)
        .filter(shopper__isnull=False, merchant=connection.merchant_id)
        .values("shopper"),
        Order.objects.exclude(source=code)
        .filter(shopper__isnull=False, merchant=connection.merchant_id)
        .values("shopper"),
    ]
    for rows in elsewhere:
        known = known.exclude(pk__in=rows)
    return known.distinct().order_by("pk")


@transaction.atomic
def _empty(connection: Connection) -> None:
    """The shop's own events are read no more; what is left to look through is what other shops told."""
    connection.events.filter(state=EventState.RECEIVED).update(state=EventState.IGNORED, reason="erased")
    InboundEvent.objects.filter(key__connection=connection).exclude(body="").update(body="")


@transaction.atomic
def _leave(connection: Connection) -> None:
    """What is left of the shop loses its people, and its events their bodies."""
    carts = Cart.objects.filter(source=connection.code)
    CartActivity.objects.filter(cart__in=carts).update(shopper=None, url="")
    carts.update(shopper=None, url="")
    Order.objects.filter(source=connection.code).update(shopper=None)
    ShopperKey.objects.filter(source=connection.code).delete()
    InboundEvent.objects.filter(key__connection=connection).exclude(body="").update(body="")
    Connection.objects.filter(pk=connection.pk).update(redact_at=None)
