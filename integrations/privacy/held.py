"""Where a shopper's rows are: one place for what is exported and what is erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from accounts.models import Merchant
from campaigns.consent import suppressions
from campaigns.models import (
    Cart,
    CartActivity,
    Decision,
    Delivery,
    Order,
    SentMessage,
    Shopper,
    Suppression,
    TrackingEvent,
)
from campaigns.story import finding
from integrations.models import InboundEvent
from integrations.privacy.spellings import Spellings, spellings


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of one shopper, or of several of one merchant. What others wrote about them without pointing to them is found by `named`: their
    addresses, however written, by primary key."""

    shoppers: Sequence[Shopper]
    named: Mapping[int, Spellings]

    @property
    def merchant(self) -> Merchant:
        return self.shoppers[0].merchant

    @property
    def carts(self) -> QuerySet[Cart]:
        return Cart.objects.filter(shopper__in=self.named)

    @property
    def activities(self) -> QuerySet[CartActivity]:
        return CartActivity.objects.filter(Q(cart__in=self.carts) | Q(shopper__in=self.named))

    @property
    def orders(self) -> QuerySet[Order]:
        return Order.objects.filter(shopper__in=self.named)

    @property
    def deliveries(self) -> QuerySet[Delivery]:
        """Also what waits without a name yet. A message that went to somebody else stays theirs, whoever has the cart now."""
        nobodys = Q(episode__cart__in=self.carts, shopper__isnull=True)
        return Delivery.objects.filter(Q(shopper__in=self.named) | nobodys)

    @property
    def messages(self) -> QuerySet[SentMessage]:
        return SentMessage.objects.filter(delivery__in=self.deliveries)

    @property
    def tracking(self) -> QuerySet[TrackingEvent]:
        return TrackingEvent.objects.filter(delivery__in=self.deliveries)

    @property
    def decisions(self) -> QuerySet[Decision]:
        return Decision.objects.filter(Q(episode__cart__in=self.carts) | Q(delivery__in=self.deliveries))

    @property
    def suppressions(self) -> QuerySet[Suppression]:
        addresses = [address for one in self.shoppers for address in (one.email, one.phone) if address]
        digests = [suppressions.digest(one) for one in addresses]
        return Suppression.objects.filter(merchant=self.merchant, digest__in=digests)

    @property
    def pointing(self) -> QuerySet[InboundEvent]:
        """What stores sent: events that became their rows."""
        mine = Q(shopper_id__in=list(self.named))
        mine |= Q(cart_id__in=self.carts.values("pk")) | Q(order_id__in=self.orders.values("pk"))
        return InboundEvent.objects.filter(mine, key__connection__merchant=self.merchant)

    @property
    def events(self) -> QuerySet[InboundEvent]:
        """Those, and events that name an address, also unread ones. Of many people, `naming.forget` finds the latter."""
        ours = InboundEvent.objects.filter(key__connection__merchant=self.merchant)
        found = [pk for named in self.named.values() for pk in _naming(ours, named)]
        return ours.filter(Q(pk__in=self.pointing.values("pk")) | Q(pk__in=found))

    @property
    def log(self) -> QuerySet[LogEntry]:
        kind = ContentType.objects.get_for_model(Shopper)
        return LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in self.named])


def held(*shoppers: Shopper) -> Held:
    """At least one, all of one merchant."""
    return Held(shoppers, {one.pk: spellings(one.email or "", one.phone or "") for one in shoppers})


def _naming(events: QuerySet[InboundEvent], named: Spellings) -> list[int]:
    """Those that hold an address, and not only a longer one: that is somebody else's."""
    if not named.rough:
        return []
    columns = "body", "note", "key__event_id"
    rows = events.filter(reduce(or_, (Q(**{f"{column}__iregex": named.rough}) for column in columns)))
    texts = rows.values_list("pk", *columns).iterator()
    return [pk for pk, *said in texts if any(named.exact.search(text) for text in said)]


def find(asked: str, merchant: Merchant) -> list[Shopper]:
    """The shoppers of this merchant that an address, a phone number or a contactID names."""
    return [one.shopper for one in finding.find(asked, [merchant]) if one.kind == "shopper" and one.shopper]
