"""What a draft would have met: carts abandoned in the last days, by the rules of the draft as it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Merchant
from campaigns import audiences
from campaigns.drafting.drafts import Sketch
from campaigns.models import ChannelSettings, Consent, Episode, PushSubscription
from campaigns.models.shoppers import CART_TOPIC
from campaigns.texts.law import asks_twice

DAYS = 30
ASKED = 2000


@dataclass(frozen=True, slots=True)
class Forecast:
    """`carts` were abandoned at the chosen stores within `days`; of these `reachable` belong to shoppers who are in the
    audience, have an address on one of `channels` and subscribe to it today: counted of the newest `ASKED`, in proportion where there are
    more."""

    carts: int
    reachable: int
    days: int = DAYS
    channels: tuple[str, ...] = ("email",)

    @property
    def estimated(self) -> bool:
        return self.carts > ASKED


def forecast(merchant: Merchant, sketch: Sketch, now: datetime) -> Forecast:
    """Counts with two queries, by today's consent; a third where there are texts."""
    episodes = Episode.objects.filter(merchant=merchant, abandoned_at__gt=now - timedelta(days=DAYS))
    episodes = episodes.abandoned(now)
    if sketch.store_ids:
        episodes = episodes.filter(store_id__in=sketch.store_ids)
    carts = episodes.count()
    newest = Episode.objects.filter(pk__in=episodes.order_by("-abandoned_at").values("pk")[:ASKED])
    channels = tuple(dict.fromkeys(channel for send in sketch.sends for channel in send.channels)) or ("email",)
    within = audiences.where(sketch.rules, prefix="cart__shopper__")
    reachable = newest.filter(within & _reached(merchant, channels)).count()
    met = round(reachable * carts / ASKED) if carts > ASKED else reachable
    return Forecast(carts, met, channels=channels)


def _reached(merchant: Merchant, channels: tuple[str, ...]) -> Q:
    """On one of these channels at least. Of a channel that only its adapter knows, whoever agreed to it counts."""
    living = PushSubscription.objects.filter(shopper=OuterRef("cart__shopper"), gone_at__isnull=True)
    addressed = {
        "email": Q(cart__shopper__email__isnull=False),
        "sms": Q(cart__shopper__phone__isnull=False),
        "push": Q(Exists(living)),
    }
    return reduce(
        or_, (addressed.get(channel, Q()) & Q(Exists(_subscribed(merchant, channel))) for channel in channels)
    )


def _subscribed(merchant: Merchant, channel: str) -> "QuerySet[Consent]":
    """Who gets this channel's messages; of texts from a number only who confirmed."""
    shopper = OuterRef("cart__shopper")
    rows = Consent.objects.filter(
        shopper=shopper, channel=channel, topic=CART_TOPIC, status="subscribed", closed_at__isnull=True
    )
    if channel != "sms":
        return rows
    own = ChannelSettings.objects.for_merchant(merchant).filter(channel="sms").first()
    return rows.filter(double_opt_in=True) if asks_twice(own) else rows
