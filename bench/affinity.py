"""What is bought together: how often it is right for orders it has not seen, and what counting costs."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from bench import shopping
from bench.play import Play
from bench.report import Figure
from bench.shopping import Basket, Market
from campaigns import affinity
from products.affinity import Basket as Held
from products.affinity import together
from products.models import ProductSales

SHOWN = 4
ASKED = 500

Offered = Callable[[Sequence[int]], list[set[int]]]


def measure(play: Play) -> Iterator[Figure]:
    number = play.much(50_000, 10_000)
    now = datetime.now(UTC)
    market = shopping.open_market()
    orders = shopping.baskets(number)
    known, later = orders[: number * 4 // 5], orders[number * 4 // 5 :]
    shopping.place(market, known, now - shopping.SPAN, now)
    cost = 1_000_000 * _count(len(known), now) / len(known)
    yield Figure(
        "count orders", f"{cost:.0f} ms", "", cost, 1000, 250, "ms", False,
        f"for 1,000 orders, of {len(known):,} counted; most of it is writing {2 * _pairs(known) / len(known):.1f} pairs per order.",
    )  # fmt: skip
    asked = _questions(later)
    began = time.perf_counter()
    ours = _hits(asked, lambda products: _together(market, products, now))
    reading = 1000 * (time.perf_counter() - began) / len(asked)
    plain = _hits(asked, lambda products: _same_category(market, products))
    yield Figure(
        "bought together", f"{ours:.1%}", f"{plain:.1%}", ours / plain, 1.5, 2,
        why=f"one of {SHOWN} products offered for one of an order was in that order too, in {len(asked):,} later orders after "
        f"{len(known):,} counted; the floor offers the best sellers of its category. {reading:.2f} ms per cart.",
    )  # fmt: skip


def _count(number: int, now: datetime) -> float:
    """Seconds that counting them all takes, by the job."""
    began = time.perf_counter()
    while number > 0:
        number -= affinity.count_orders(now)
    return time.perf_counter() - began


def _pairs(orders: Sequence[Basket]) -> int:
    return sum(len(order) * (len(order) - 1) // 2 for order in orders)


def _questions(orders: Sequence[Basket]) -> list[tuple[int, set[int]]]:
    """One product of each order that holds several, and the others."""
    dice = random.Random(shopping.SEED)
    chosen = [(dice.choice(order), set(order)) for order in orders if len(order) > 1]
    return [(product, order - {product}) for product, order in chosen]


def _hits(asked: Sequence[tuple[int, set[int]]], offered: Offered) -> float:
    """The share of orders of which something was offered."""
    found = 0
    for start in range(0, len(asked), ASKED):
        batch = asked[start : start + ASKED]
        answers = offered([product for product, _ in batch])
        found += sum(bool(others & answer) for (_, others), answer in zip(batch, answers, strict=True))
    return found / len(asked)


def _together(market: Market, products: Sequence[int], now: datetime) -> list[set[int]]:
    held = [Held(market.merchant.pk, market.store.pk, frozenset({shopping.key(n)}), SHOWN) for n in products]
    return [{int(offer.key.removeprefix("m-")) for offer in offers} for offers in together(held, now)]


def _same_category(market: Market, products: Sequence[int]) -> list[set[int]]:
    sold = ProductSales.objects.filter(merchant=market.merchant).values_list("product__key", "recent")
    recent = Counter({int(key.removeprefix("m-")): value for key, value in sold})
    shelves: dict[str, list[int]] = {}
    for product, _ in recent.most_common():
        shelves.setdefault(market.category[product], []).append(product)
    best = {product: shelves.get(market.category[product], []) for product in set(products)}
    return [set([one for one in best[product] if one != product][:SHOWN]) for product in products]
