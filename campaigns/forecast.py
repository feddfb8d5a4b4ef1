"""What a draft would have met: carts abandoned in the last days, by the rules of the draft as it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Merchant
from campaigns import audiences
from campaigns.drafts import Sketch
from campaigns.models import Consent, Episode
from campaigns.models.shoppers import CART_TOPIC

DAYS = 30


@dataclass(frozen=True, slots=True)
class Forecast:
    """`carts` were abandoned at the chosen stores within `days`; of these `reachable` belong to shoppers who are in the
    audience, have an address and subscribe today."""

    carts: int
    reachable: int
    days: int = DAYS


def forecast(merchant: Merchant, sketch: Sketch, now: datetime) -> Forecast:
    """Counts with one query, by today's consent."""
    episodes = Episode.objects.filter(merchant=merchant, abandoned_at__gt=now - timedelta(days=DAYS))
    episodes = episodes.abandoned(now)
    if sketch.store_ids:
        episodes = episodes.filter(store_id__in=sketch.store_ids)
    counted = episodes.aggregate(carts=Count("pk"), reachable=Count("pk", filter=_reachable(sketch.rules)))
    return Forecast(counted["carts"], counted["reachable"])


def _reachable(rules: audiences.Rules) -> Q:
    subscribed = Consent.objects.filter(
        shopper=OuterRef("cart__shopper"),
        channel="email",
        topic=CART_TOPIC,
        status="subscribed",
        closed_at__isnull=True,
    )
    in_audience = audiences.where(rules, prefix="cart__shopper__")
    return Q(Exists(subscribed)) & Q(cart__shopper__email__isnull=False) & in_audience
