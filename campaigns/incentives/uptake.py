"""What came of a discount: how many were given and used, what those orders brought, and to whom the last ones went."""

from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum

from aiq.lib.money import money
from campaigns.models import Discount, GivenDiscount, Order

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Uptake:
    """`money` is what the orders brought that used it, refunds taken off, per currency, the merchant's own first."""

    given: int
    redeemed: int
    money: tuple[str, ...]

    @property
    def share(self) -> str:
        return f"{100 * self.redeemed / self.given:.0f}%" if self.given else ""


def uptake(discount: Discount) -> Uptake:
    given = GivenDiscount.objects.filter(discount=discount)
    used = given.filter(redeemed_at__isnull=False)
    orders = Order.objects.filter(pk__in=used.values("order"), total__isnull=False)
    sums = list(orders.values_list("currency").annotate(net=Sum(F("total") - F("refunded"))).order_by("currency"))
    own = discount.merchant.currency
    sums.sort(key=lambda one: one[0] != own)
    return Uptake(given.count(), used.count(), tuple(money(net, currency or own) for currency, net in sums))


def last_given(discount: Discount) -> QuerySet[GivenDiscount]:
    """The newest, with whom and from which campaign."""
    rows = GivenDiscount.objects.filter(discount=discount).select_related("shopper", "campaign", "order")
    return rows.order_by("-given_at")[:SHOWN]
