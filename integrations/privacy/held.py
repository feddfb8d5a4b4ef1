"""Where a shopper's rows are: one place for what is exported and what is erased."""

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
from integrations.models import EventKey, InboundEvent
from integrations.privacy.spellings import Spellings, spellings


@dataclass(frozen=True, slots=True)
class Held:
    """One shopper's rows. What others wrote about them without pointing to them is found by `named`: their addresses, however written."""

    shopper: Shopper
    named: Spellings

    @property
    def merchant(self) -> Merchant:
        return self.shopper.merchant

    @property
    def carts(self) -> QuerySet[Cart]:
        return Cart.objects.filter(shopper=self.shopper)

    @property
    def activities(self) -> QuerySet[CartActivity]:
        return CartActivity.objects.filter(Q(cart__in=self.carts) | Q(shopper=self.shopper))

    @property
    def orders(self) -> QuerySet[Order]:
        return Order.objects.filter(shopper=self.shopper)

    @property
    def deliveries(self) -> QuerySet[Delivery]:
        """Also what waits without a name yet. A message that went to somebody else stays theirs, whoever has the cart now."""
        nobodys = Q(episode__cart__in=self.carts, shopper__isnull=True)
        return Delivery.objects.filter(Q(shopper=self.shopper) | nobodys)

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
        digests = [suppressions.digest(one) for one in (self.shopper.email, self.shopper.phone) if one]
        return Suppression.objects.filter(merchant=self.merchant, digest__in=digests)

    @property
    def events(self) -> QuerySet[InboundEvent]:
        """What stores sent: events that became this shopper's rows, and events that name an address, also unread ones."""
        ours = EventKey.objects.filter(connection__merchant=self.merchant)
        mine = Q(shopper_id=self.shopper.pk)
        mine |= Q(cart_id__in=self.carts.values("pk")) | Q(order_id__in=self.orders.values("pk"))
        return InboundEvent.objects.filter(mine | Q(pk__in=self._naming(ours)), key__in=ours)

    def _naming(self, keys: QuerySet[EventKey]) -> list[int]:
        """Events that hold an address of theirs, and not only a longer one: that is somebody else's."""
        rows = InboundEvent.objects.filter(naming(self.named, "body", "note", "key__event_id"), key__in=keys)
        texts = rows.values_list("pk", "body", "note", "key__event_id").iterator()
        return [pk for pk, *said in texts if any(self.named.exact.search(text) for text in said)]

    @property
    def log(self) -> QuerySet[LogEntry]:
        kind = ContentType.objects.get_for_model(Shopper)
        return LogEntry.objects.filter(content_type=kind, object_id=str(self.shopper.pk))


def held(shopper: Shopper) -> Held:
    return Held(shopper, spellings(shopper.email or "", shopper.phone or ""))


def naming(named: Spellings, *columns: str) -> Q:
    """Rows in whose text an address stands, or a longer one."""
    if not named.rough:
        return Q(pk__in=[])
    return reduce(or_, (Q(**{f"{column}__iregex": named.rough}) for column in columns))


def find(asked: str, merchant: Merchant) -> list[Shopper]:
    """The shoppers of this merchant that an address, a phone number or a contactID names."""
    return [one.shopper for one in finding.find(asked, [merchant]) if one.kind == "shopper" and one.shopper]
