"""What sells and what is bought together, through the job that counts it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from campaigns import affinity, jobs
from campaigns.models import Order
from products.models import ProductPair, ProductSales, SalesMark
from tests import factories

NOW = datetime(2026, 3, 3, 18, tzinfo=UTC)
DAY = timedelta(days=1)


class Shop:
    """A merchant with products a, b, c… and orders told by the keys in them."""

    def __init__(self, keys: str = "abc") -> None:
        self.merchant = factories.merchant()
        for key in keys:
            factories.product(self.merchant, key=key, sku=f"SKU-{key}")

    def order(self, *keys: str, at: datetime = NOW, **fields):
        lines = fields.pop("lines", [factories.line(key) for key in keys])
        return factories.order(self.merchant, placed_at=at, lines=lines, **fields)

    @property
    def sales(self) -> dict[str, tuple[int, float]]:
        rows = ProductSales.objects.filter(merchant=self.merchant).order_by("product__key")
        return {key: (orders, recent) for key, orders, recent in rows.values_list("product__key", "orders", "recent")}

    @property
    def pairs(self) -> dict[str, int]:
        rows = ProductPair.objects.filter(product__merchant=self.merchant).order_by("product__key", "other__key")
        return {one + other: n for one, other, n in rows.values_list("product__key", "other__key", "orders")}


@pytest.fixture
def shop(db) -> Shop:
    return Shop()


def test_each_product_counts_once_per_order_and_each_two_from_either_side(shop):
    shop.order("a", "b", "a")
    shop.order("a", "b", "c")
    shop.order("c")
    assert affinity.count_orders(NOW) == 3
    assert shop.sales == {"a": (2, 2.0), "b": (2, 2.0), "c": (2, 2.0)}
    assert shop.pairs == {"ab": 2, "ac": 1, "ba": 2, "bc": 1, "ca": 1, "cb": 1}
    assert SalesMark.objects.get(merchant=shop.merchant).recent == 3
    assert ProductSales.objects.filter(last_sold_at=NOW).count() == 3


def test_the_job_counts_what_was_ordered(shop, clean_redis):
    shop.order("a", "b")
    jobs.count_orders()
    assert shop.pairs == {"ab": 1, "ba": 1}


def test_counting_again_changes_nothing_and_later_orders_are_added(shop, monkeypatch):
    monkeypatch.setattr(affinity, "BATCH", 2)
    for _ in range(5):
        shop.order("a", "b")
    assert affinity.count_orders(NOW) == 5
    assert affinity.count_orders(NOW) == 0
    assert shop.pairs == {"ab": 5, "ba": 5}
    shop.order("a", "b")
    assert affinity.count_orders(NOW) == 1
    assert shop.pairs == {"ab": 6, "ba": 6}


def test_products_are_known_by_id_before_sku_and_unknown_ones_are_left_out(shop):
    factories.product(shop.merchant, key="d", sku="a")
    shop.order("a", "SKU-b", "nothing")
    shop.order(lines=[factories.line("other", sku="SKU-c"), factories.line("b", sku="SKU-c")])
    affinity.count_orders(NOW)
    assert shop.pairs == {"ab": 1, "ba": 1, "bc": 1, "cb": 1}


def test_a_cancelled_order_is_passed_over_and_one_cancelled_or_paid_back_later_stays(shop):
    shop.order("a", "b", status="cancelled")
    later = shop.order("a", "c")
    shop.order("b", "c", status="refunded")
    affinity.count_orders(NOW)
    Order.objects.filter(pk=later.pk).update(status="cancelled", changed_at=NOW + DAY)
    affinity.count_orders(NOW + DAY)
    assert shop.pairs == {"ac": 1, "bc": 1, "ca": 1, "cb": 1}


def test_orders_of_another_merchant_count_for_that_one_alone(shop):
    other = Shop()
    other.order("a", "b")
    shop.order("b", "c")
    affinity.count_orders(NOW)
    assert (shop.pairs, other.pairs) == ({"bc": 1, "cb": 1}, {"ab": 1, "ba": 1})


def test_who_buys_of_everything_says_what_sells_and_not_what_goes_together(db):
    keys = [f"p{number}" for number in range(31)]
    shop = Shop("")
    for key in keys:
        factories.product(shop.merchant, key=key)
    shop.order(*keys)
    affinity.count_orders(NOW)
    assert len(shop.sales) == 31
    assert shop.pairs == {}
    shop.order(*keys[:30])
    affinity.count_orders(NOW)
    assert len(shop.pairs) == 30 * 29


def test_what_was_ordered_weighs_half_as_much_each_thirty_days(shop):
    shop.order("a", at=NOW)
    affinity.count_orders(NOW)
    shop.order("b", at=NOW + 30 * DAY - DAY / 2)
    shop.order("c", at=NOW - 60 * DAY)
    affinity.count_orders(NOW + 30 * DAY - DAY / 2)
    recent = {key: value for key, (_, value) in shop.sales.items()}
    assert recent == pytest.approx({"a": 1, "b": 2, "c": 0.25}, rel=0.02)
    affinity.count_orders(NOW + 30 * DAY)
    affinity.count_orders(NOW + 31 * DAY)
    recent = {key: value for key, (_, value) in shop.sales.items()}
    assert recent == pytest.approx({"a": 0.5, "b": 1, "c": 0.125}, rel=0.02)
    assert SalesMark.objects.get(merchant=shop.merchant).recent == pytest.approx(1.625, rel=0.02)


def test_a_pair_that_was_not_seen_again_for_months_is_forgotten(shop):
    for _ in range(3):
        shop.order("a", "b")
    shop.order("b", "c", at=NOW - 120 * DAY)
    affinity.count_orders(NOW)
    affinity.count_orders(NOW + 30 * DAY)
    assert shop.pairs == {"ab": 3, "ba": 3}


@pytest.mark.parametrize("at", [NOW + 400 * DAY, datetime(1, 1, 2, tzinfo=UTC)])
def test_a_date_beyond_reason_breaks_nothing(shop, at):
    shop.order("a", "b", at=at)
    affinity.count_orders(NOW)
    assert shop.sales["a"][1] <= 1


def test_erasing_orders_and_products_leaves_the_other_figures_alone(shop):
    shop.order("a", "b")
    shop.order("b", "c")
    affinity.count_orders(NOW)
    Order.objects.all().delete()
    shop.merchant.products.filter(key="c").delete()
    affinity.count_orders(NOW)
    assert shop.pairs == {"ab": 1, "ba": 1}
    shop.order("a", "b")
    affinity.count_orders(NOW)
    assert shop.pairs == {"ab": 2, "ba": 2}


def test_a_merchant_that_left_makes_nobody_count_twice(shop):
    gone = Shop()
    shop.order("a", "b")
    gone.order("a", "b")
    affinity.count_orders(NOW)
    Order.objects.filter(merchant=gone.merchant).delete()
    gone.merchant.delete()
    assert affinity.count_orders(NOW) == 0
    assert shop.pairs == {"ab": 1, "ba": 1}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_count_once():
    shop = Shop()
    for _ in range(300):
        shop.order("a", "b", "c")
    together = threading.Barrier(4)

    def work() -> None:
        together.wait()
        affinity.count_orders(NOW)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert affinity.count_orders(NOW) == 0
    assert shop.pairs == dict.fromkeys(["ab", "ac", "ba", "bc", "ca", "cb"], 300)


@pytest.mark.django_db(transaction=True)
def test_an_order_written_before_another_and_seen_after_it_is_not_lost(monkeypatch):
    monkeypatch.setattr(affinity, "SETTLE_SECONDS", 0.1)
    shop = Shop()
    written, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            shop.order("a", "b")
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    written.wait(10)
    shop.order("a", "c")
    assert affinity.count_orders(NOW) == 0
    go_on.set()
    thread.join()
    assert affinity.count_orders(NOW) == 2
    assert shop.pairs == {"ab": 1, "ac": 1, "ba": 1, "ca": 1}
