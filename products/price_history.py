"""The prices of a product over time, as its page shows them: a step line and a table, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from aiq.lib.money import money
from products.models import PriceChange, Product

WIDTH, HEIGHT, EDGE = 320, 64, 4
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A price from a moment on; `before` is the one it was reduced from, where the store said so."""

    at: datetime
    price: str
    before: str


@dataclass(frozen=True, slots=True)
class History:
    """`line` holds the points of an SVG polyline in a box of `WIDTH` by `HEIGHT`, empty where nothing ever changed."""

    entries: tuple[Entry, ...] = ()
    line: str = ""
    lowest: str = ""
    highest: str = ""
    since: datetime | None = None


def history_of(product: Product, now: datetime) -> History:
    """The newest prices of a product, in one query."""
    rows = list(PriceChange.objects.filter(product=product).order_by("-at", "-id")[:SHOWN])
    entries = tuple(
        Entry(row.at, money(row.price, row.currency), money(row.compare_at_price, row.currency)) for row in rows
    )
    steps = [
        (row.at, row.price) for row in reversed(rows) if row.price is not None and row.currency == rows[0].currency
    ]
    if len({price for _, price in steps}) < 2:
        return History(entries)
    prices = [price for _, price in steps]
    lowest, highest = (money(edge(prices), rows[0].currency) for edge in (min, max))
    return History(entries, _line(steps, now), lowest, highest, steps[0][0])


def _line(steps: Sequence[tuple[datetime, Decimal]], now: datetime) -> str:
    """Each price stands until the next one: a point where it begins and one where it ends, oldest on the left."""
    begin, end = steps[0][0], max(now, steps[-1][0])
    low, high = min(price for _, price in steps), max(price for _, price in steps)
    ends = [at for at, _ in steps[1:]] + [end]
    span = (end - begin).total_seconds() or 1

    def point(at: datetime, price: Decimal) -> str:
        across = WIDTH * (at - begin).total_seconds() / span
        down = EDGE + (HEIGHT - 2 * EDGE) * float((high - price) / (high - low))
        return f"{across:.1f},{down:.1f}"

    return " ".join(
        point(moment, price) for (at, price), until in zip(steps, ends, strict=True) for moment in (at, until)
    )
