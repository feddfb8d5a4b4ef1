"""Orders with structure for a merchant of their own: things bought together across categories, popular ones, and chance."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from accounts.models import Merchant, Plan, Store
from aiq.lib import bulk
from campaigns.models import Order
from products.catalog import record_products
from products.facts import ProductFact, StockFact

PRODUCTS, CATEGORIES, HABITS = 2000, 40, 300
SEED = 7
SPAN = timedelta(days=60)
# Of a hundred products in an order, how many come from the habit it was made for; the others are there by popularity.
BY_HABIT = 50

Basket = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """A merchant whose shoppers have habits. Products are numbers; `category` is by product."""

    merchant: Merchant
    store: Store
    category: tuple[str, ...]


def open_market() -> Market:
    merchant = Merchant.objects.create(name="Market", slug="market", plan=Plan.PRO)
    store = Store.objects.create(merchant=merchant, name="Market", slug="market")
    category = tuple(f"Category {number % CATEGORIES}" for number in range(PRODUCTS))
    facts = [_product(number, of) for number, of in enumerate(category)]
    record_products(merchant.pk, facts, default_store_id=store.pk, now=datetime.now(UTC))
    return Market(merchant, store, category)


def _product(number: int, category: str) -> ProductFact:
    return ProductFact(
        key(number),
        name=f"Product {number}",
        category=category,
        price=Decimal(10),
        currency="USD",
        url=f"https://market.bench.example/{number}",
        stock=(StockFact(quantity=9),),
    )


def key(product: int) -> str:
    return f"m-{product}"


def baskets(count: int) -> list[Basket]:
    """The same orders in every run: the distinct products of each, one to six."""
    dice = random.Random(SEED)
    everything = _by_popularity(dice, range(PRODUCTS), 0.8)
    habits = [_by_popularity(dice, _habit(dice), 0.5) for _ in range(HABITS)]
    shares = list(accumulate(1 / (rank + 5) ** 0.7 for rank in range(HABITS)))
    return [_basket(dice, dice.choices(habits, cum_weights=shares)[0], everything) for _ in range(count)]


def place(market: Market, orders: Sequence[Basket], first: datetime, last: datetime) -> None:
    """Write them as orders, evenly from the first moment to the last."""
    step = (last - first) / max(len(orders), 1)
    rows = [_row(market, number, order, first + number * step) for number, order in enumerate(orders)]
    for start in range(0, len(rows), 5000):
        bulk.insert(Order, rows[start : start + 5000], list(rows[0]))


@dataclass(frozen=True, slots=True)
class _Wishes:
    """Products with their running weights, as `random.choices` takes them."""

    products: Sequence[int]
    weights: Sequence[float]

    def pick(self, dice: random.Random) -> int:
        return dice.choices(self.products, cum_weights=self.weights)[0]


def _by_popularity(dice: random.Random, products: Sequence[int], steepness: float) -> _Wishes:
    shuffled = dice.sample(products, len(products))
    return _Wishes(shuffled, list(accumulate(1 / (rank + 1) ** steepness for rank in range(len(shuffled)))))


def _habit(dice: random.Random) -> list[int]:
    """Four to twelve products, half of them of one category."""
    shelf = range(dice.randrange(CATEGORIES), PRODUCTS, CATEGORIES)
    half = dice.randint(2, 6)
    return list({*dice.sample(shelf, half), *dice.sample(range(PRODUCTS), half)})


def _basket(dice: random.Random, habit: _Wishes, everything: _Wishes) -> Basket:
    size = dice.choices(range(1, 7), weights=(30, 28, 18, 12, 7, 5))[0]
    picked = [(habit if dice.randrange(100) < BY_HABIT else everything).pick(dice) for _ in range(size)]
    return tuple(dict.fromkeys(picked))


def _row(market: Market, number: int, order: Basket, at: datetime) -> dict[str, object]:
    return {
        "code": f"00000000-0000-4000-8000-{number:012x}",
        "merchant_id": market.merchant.pk,
        "store_id": market.store.pk,
        "source": market.merchant.code,
        "key": f"market-{number}",
        "cart_keys": [],
        "status": "placed",
        "lines": [{"key": key(product), "sku": ""} for product in order],
        "discount_codes": [],
        "currency": "USD",
        "refunded": 0,
        "placed_at": at,
        "changed_at": at,
    }
