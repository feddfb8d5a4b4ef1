"""What came of a discount: how many were given and used, what those orders brought, and to whom the last ones went."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import F, QuerySet, Sum

from aiq.lib.money import money
from campaigns.models import Discount, DiscountFigure, GivenDiscount, Order

SHOWN = 20
# Given more often than this, it is counted ahead of time: a million times every eight minutes or so.
LARGE = 10_000
GIVEN_A_SECOND = 2000
_COUNT = """
WITH large AS (
    SELECT d.id FROM campaigns_discount d LEFT JOIN campaigns_discountfigure f ON f.discount_id = d.id
    WHERE (f.counted_at IS NULL OR f.counted_at + f.given / %(a_second)s * interval '1 second' <= %(now)s)
      AND (SELECT count(*) FROM (
            SELECT 1 FROM campaigns_givendiscount g WHERE g.discount_id = d.id LIMIT %(large)s + 1) enough) > %(large)s
), given AS (
    SELECT g.discount_id, count(*) AS given, count(g.redeemed_at) AS redeemed
    FROM large JOIN campaigns_givendiscount g ON g.discount_id = large.id GROUP BY g.discount_id
), earned AS (
    SELECT used.discount_id, o.currency, sum(o.total - o.refunded) AS net
    FROM (SELECT DISTINCT g.discount_id, g.order_id FROM large JOIN campaigns_givendiscount g ON g.discount_id = large.id
          WHERE g.redeemed_at IS NOT NULL) used
    JOIN campaigns_order o ON o.id = used.order_id WHERE o.total IS NOT NULL GROUP BY used.discount_id, o.currency
)
INSERT INTO campaigns_discountfigure (discount_id, given, redeemed, money, counted_at)
SELECT given.discount_id, given.given, given.redeemed, coalesce((
    SELECT jsonb_object_agg(e.currency, trim_scale(e.net)::text) FROM earned e WHERE e.discount_id = given.discount_id), '{}'), %(now)s
FROM given ORDER BY given.discount_id
ON CONFLICT (discount_id) DO UPDATE SET
    given = excluded.given, redeemed = excluded.redeemed, money = excluded.money, counted_at = excluded.counted_at
"""


@dataclass(frozen=True, slots=True)
class Uptake:
    """`money` is what the orders brought that used it, refunds taken off, per currency, the merchant's own first. `as_of`: when it was
    counted, where that was ahead of time."""

    given: int
    redeemed: int
    money: tuple[str, ...]
    as_of: datetime | None = None

    @property
    def share(self) -> str:
        return f"{100 * self.redeemed / self.given:.0f}%" if self.given else ""


def count(now: datetime) -> None:
    """Count what pages do not count themselves, in one statement; a larger discount less often."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"now": now, "large": LARGE, "a_second": GIVEN_A_SECOND})


def uptake(discount: Discount) -> Uptake:
    """As last counted where it was given very often, else counted now."""
    figure = DiscountFigure.objects.filter(discount=discount).first()
    if figure:
        sums = [(currency, Decimal(net)) for currency, net in sorted(figure.money.items())]
        return Uptake(figure.given, figure.redeemed, _in_money(discount, sums), figure.counted_at)
    given = GivenDiscount.objects.filter(discount=discount)
    used = given.filter(redeemed_at__isnull=False)
    orders = Order.objects.filter(pk__in=used.values("order"), total__isnull=False)
    sums = list(orders.values_list("currency").annotate(net=Sum(F("total") - F("refunded"))).order_by("currency"))
    return Uptake(given.count(), used.count(), _in_money(discount, sums))


def _in_money(discount: Discount, sums: list[tuple[str, Decimal]]) -> tuple[str, ...]:
    own = discount.merchant.currency
    return tuple(money(net, currency or own) for currency, net in sorted(sums, key=lambda one: one[0] != own))


def last_given(discount: Discount) -> QuerySet[GivenDiscount]:
    """The newest, with whom and from which campaign."""
    rows = GivenDiscount.objects.filter(discount=discount).select_related("shopper", "campaign", "order")
    return rows.order_by("-given_at")[:SHOWN]
