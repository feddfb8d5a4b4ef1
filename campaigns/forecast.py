"""What a draft would have met: carts abandoned in the last days, by the rules of the draft as it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.models import Merchant
from campaigns import audiences
from campaigns.drafts import Sketch
from campaigns.models import Consent, Episode
from campaigns.models.shoppers import CART_TOPIC

DAYS = 30
ASKED = 2000


@dataclass(frozen=True, slots=True)
class Forecast:
    """`carts` were abandoned at the chosen stores within `days`; of these `reachable` belong to shoppers who are in the
    audience, have an address and subscribe today: counted of the newest `ASKED`, in proportion where there are more."""

    carts: int
    reachable: int
    days: int = DAYS

    @property
    def estimated(self) -> bool:
        return self.carts > ASKED


def forecast(merchant: Merchant, sketch: Sketch, now: datetime) -> Forecast:
    """Counts with two queries, by today's consent."""
    episodes = Episode.objects.filter(merchant=merchant, abandoned_at__gt=now - timedelta(days=DAYS))
    episodes = episodes.abandoned(now)
    if sketch.store_ids:
        episodes = episodes.filter(store_id__in=sketch.store_ids)
    carts = episodes.count()
    newest = Episode.objects.filter(pk__in=episodes.order_by("-abandoned_at").values("pk")[:ASKED])
    reachable = newest.filter(_reachable(sketch.rules)).count()
    return Forecast(carts, round(reachable * carts / ASKED) if carts > ASKED else reachable)


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
