"""What is known of a product's stock, place by place, in words: how much, told by whom, and how long ago."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aiq.lib.moments import moment
from products.models import Product, Stock, StockSource

IN_STOCK, SOLD_OUT, UNKNOWN = "In stock", "Sold out", "Not known"


@dataclass(frozen=True, slots=True)
class Figure:
    """One location of one store. `state` is one of the words above."""

    store: str
    location: str
    state: str
    quantity: int | None
    told: SafeString


def figures_of(product: Product, now: datetime) -> list[Figure]:
    """Every figure there is, by store and location, in one query."""
    rows = Stock.objects.filter(product=product).select_related("store", "feed_import")
    return [_figure(row, now) for row in rows.order_by("store__name", "location")]


def with_state(products: "QuerySet[Product]", now: datetime) -> "QuerySet[Product]":
    """The products with `available` and `sold_out`, over all stores: what `state_of` reads."""
    stock = Stock.objects.filter(product=OuterRef("pk"))
    stands = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    available = Exists(stock.filter(stands, in_stock=True))
    all_say = Exists(stock) & ~Exists(stock.filter(valid_until__lte=now))
    return products.annotate(available=available, sold_out=ExpressionWrapper(~available & all_say, BooleanField()))


def with_pieces(products: "QuerySet[Product]", now: datetime) -> "QuerySet[Product]":
    """The products with `pieces`, the sum of what is counted and still stands, and `places`, in how many stores that is."""
    stands = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    stock = Stock.objects.filter(stands, product=OuterRef("pk"), quantity__gt=0).order_by().values("product")
    return products.annotate(
        pieces=Subquery(stock.annotate(sum=Sum("quantity")).values("sum")),
        places=Subquery(stock.annotate(stores=Count("store", distinct=True)).values("stores")),
    )


def state_of(product: Product) -> str:
    """In stock where one place has it, sold out where none has, not known where nobody says or one no longer does."""
    if getattr(product, "available", False):
        return IN_STOCK
    return SOLD_OUT if getattr(product, "sold_out", False) else UNKNOWN


def pieces(figures: Iterable[Figure]) -> int | None:
    """The sum of what is counted and still stands; None where nothing is."""
    counted = [one.quantity for one in figures if one.quantity is not None and one.state != UNKNOWN]
    return sum(counted) if counted else None


def _figure(row: Stock, now: datetime) -> Figure:
    stands = row.valid_until is None or row.valid_until > now
    state = (IN_STOCK if row.in_stock else SOLD_OUT) if stands else UNKNOWN
    return Figure(row.store.name, row.location, state, row.quantity, _told(row, now, stands=stands))


def _told(row: Stock, now: datetime, *, stands: bool) -> SafeString:
    at = moment(row.as_of, now)
    if row.source == StockSource.PUSHED:
        return format_html("Told by the store {}", at)
    source = row.feed_import.name if row.feed_import else "an import"
    since = "" if stands else "; not known since it missed two runs"
    return format_html("Read from {} {}{}", source, at, since)
