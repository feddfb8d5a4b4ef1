"""Orders in bulk: the newest fact decides what an order is, the earliest when it was placed, and which carts it concerns."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import Store
from campaigns.facts import OrderFact, OrderStatus, Origin
from campaigns.incentives import redeeming
from campaigns.models import Cart, Order, Shopper

LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Placement:
    """An order fact with whom and where."""

    origin: Origin
    fact: OrderFact
    shopper: Shopper | None
    store: Store | None


def record(placements: Sequence[Placement], *, lines: Callable[[OrderFact], list[dict[str, Any]]]) -> list[int]:
    """Upsert the orders and return their ids, one per placement in order. `lines` turns a fact's lines into plain data."""
    pairs = {(p.origin.source, p.fact.order_key) for p in placements}
    known = _existing(pairs)
    first = {(p.origin.source, p.fact.order_key): p for p in reversed(placements)}
    missing = sorted(pairs - known.keys(), key=str)
    if missing:
        Order.objects.bulk_create([_new(first[pair]) for pair in missing], ignore_conflicts=True)
        known |= _existing(set(missing))
    for placement in sorted(placements, key=lambda p: p.fact.occurred_at):
        _learn(known[placement.origin.source, placement.fact.order_key], placement, lines)
    Order.objects.bulk_update(sorted(known.values(), key=lambda order: order.pk), _LEARNED)
    redeeming.follow(known.values())
    return [known[p.origin.source, p.fact.order_key].pk for p in placements]


_LEARNED = [
    "shopper", "store", "cart_keys", "status", "lines", "discount_codes", "currency", "total", "refunded", "placed_at", "changed_at",
]  # fmt: skip


def _existing(pairs: set[tuple[Any, str]]) -> dict[tuple[Any, str], Order]:
    rows = Order.objects.select_for_update(no_key=True).order_by("pk")
    found = rows.filter(source__in={s for s, _ in pairs}, key__any_of={k for _, k in pairs})
    return {(row.source, row.key): row for row in found}


def _new(placement: Placement) -> Order:
    origin, fact = placement.origin, placement.fact
    at = fact.occurred_at
    return Order(
        merchant_id=origin.merchant_id,
        source=origin.source,
        key=fact.order_key,
        status=fact.status.value,
        placed_at=at,
        changed_at=at,
    )


def _learn(order: Order, placement: Placement, lines: Callable[[OrderFact], list[dict[str, Any]]]) -> None:
    """Take in one fact, so that any order of arrival ends in the same row."""
    fact = placement.fact
    newest = fact.occurred_at >= order.changed_at
    order.placed_at = min(order.placed_at, fact.occurred_at)
    order.shopper = order.shopper or placement.shopper
    order.store = order.store or placement.store
    order.cart_keys = sorted({*order.cart_keys, *fact.cart_keys})
    order.discount_codes = sorted({*order.discount_codes, *fact.discount_codes})
    order.lines = (lines(fact) if newest or not order.lines else None) or order.lines
    order.currency = (fact.currency if newest or not order.currency else "") or order.currency
    _learn_money(order, fact, newest=newest)
    if newest:
        order.status, order.changed_at = fact.status.value, fact.occurred_at


def _learn_money(order: Order, fact: OrderFact, *, newest: bool) -> None:
    """A refund without a sum, and a cancellation, take back everything (contract: both subtract money)."""
    if fact.status is OrderStatus.PLACED:
        placed_is_known = order.status == OrderStatus.PLACED and order.total is not None
        order.total = fact.total if fact.total is not None and (newest or not placed_is_known) else order.total
    elif fact.status is OrderStatus.REFUNDED and fact.total is not None:
        order.refunded = fact.total
    else:
        order.refunded = order.total or Decimal(0)
    if OrderStatus.CANCELLED in (order.status, fact.status):
        order.refunded = order.total or Decimal(0)


class CartLike(Protocol):
    """What of a cart tells which orders end it."""

    @property
    def source(self) -> UUID: ...
    @property
    def key(self) -> str: ...
    @property
    def synthetic(self) -> bool: ...
    @property
    def shopper_id(self) -> int | None: ...
    @property
    def store_id(self) -> int | None: ...
    @property
    def lines(self) -> list[dict[str, Any]]: ...


class OrderLike(Protocol):
    """What of an order tells which carts it ends."""

    @property
    def source(self) -> UUID: ...
    @property
    def cart_keys(self) -> list[str]: ...
    @property
    def shopper_id(self) -> int | None: ...
    @property
    def store_id(self) -> int | None: ...
    @property
    def lines(self) -> list[dict[str, Any]]: ...


def names(cart: CartLike, order: OrderLike) -> bool:
    """The order says which cart it came from."""
    return order.source == cart.source and cart.key in order.cart_keys


def concerns(cart: CartLike, order: OrderLike) -> bool:
    """It names the cart, or is the same shopper's at the same store; a synthetic cart ends with any order of its shopper."""
    if names(cart, order):
        return True
    same_shopper = cart.shopper_id is not None and order.shopper_id == cart.shopper_id
    return same_shopper and (cart.synthetic or order.store_id == cart.store_id)


def product_keys(lines: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(str(line["key"]) for line in lines)


def closes(cart: CartLike, order: OrderLike, *, older_carts: bool) -> bool:
    """Whether the order ends what went before it in this cart: the merchant's setting "an order closes"."""
    if not concerns(cart, order):
        return False
    if older_carts or cart.synthetic or names(cart, order):
        return True
    return bool(product_keys(cart.lines) & product_keys(order.lines))


def carts_concerned(order_ids: set[int]) -> set[int]:
    """Carts that these orders name, synthetic carts of their shoppers, and their shoppers' carts at the same store."""
    orders = Order.objects.filter(pk__in=order_ids)
    named = Cart.objects.filter(
        Q(source__in=orders.values("source")),
        key__in=[key for keys in orders.values_list("cart_keys", flat=True) for key in keys],
    )
    placed = Subquery(orders.filter(shopper=OuterRef("shopper")).order_by("placed_at").values("placed_at")[:1])
    theirs = (
        Cart.objects.filter(shopper__in=orders.exclude(shopper=None).values("shopper"))
        .annotate(placed=placed)
        .filter(Q(occurred_at__isnull=True) | Q(occurred_at__gte=F("placed") - LOOK_BACK))
    )
    return set(named.values_list("pk", flat=True)) | set(theirs.values_list("pk", flat=True))
