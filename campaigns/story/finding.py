"""What a person means who types an address, a phone number or the id of a cart, an order or a delivery.

Exact keys only, each read from an index; nothing outside the given merchants is ever found.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from django.db.models import Q, QuerySet

from accounts.models import Merchant
from campaigns.models import Cart, Delivery, Episode, Order, Shopper

MOST = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose or what's story is asked for. `code` names the row; ids say which carts, orders and events belong to it."""

    kind: str
    code: UUID
    merchant: Merchant
    title: str
    detail: str = ""
    shopper: Shopper | None = None
    cart_ids: frozenset[int] = frozenset()
    order_ids: frozenset[int] = frozenset()
    event_ids: frozenset[int] = frozenset()

    @property
    def whole_shopper(self) -> bool:
        """Everything of this shopper is meant, not one cart or order."""
        return self.kind == "shopper"


def find(asked: str, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    """Everything of these merchants that carries this name, at most ten of a kind."""
    if not (term := asked.strip()) or "\x00" in term or len(term) > 254:
        return []
    code = as_code(term)
    return [
        *_shoppers(term, code, merchants),
        *_carts(Q(key=term) | Q(code=code) if code else Q(key=term), merchants),
        *_orders(Q(key=term) | Q(code=code) if code else Q(key=term), merchants),
        *(_deliveries(code, merchants) if code else ()),
    ]


def as_code(term: str) -> UUID | None:
    """A public code, where the text is one."""
    with suppress(ValueError):
        return UUID(term)
    return None


def phone(text: str) -> str:
    """An international phone number in E.164; empty where the text is none."""
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(text[:64], None)
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""


def _shoppers(term: str, code: UUID | None, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    if "@" in term:
        named = Q(email=term.lower())
    elif number := phone(term):
        named = Q(phone=number)
    elif code:
        named = Q(code=code)
    else:
        return []
    rows = Shopper.objects.filter(named, merchant__in=merchants).select_related("merchant")
    return [of_shopper(row) for row in rows[:MOST]]


def _carts(named: Q, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    rows = Cart.objects.filter(named, merchant__in=merchants).select_related("merchant", "shopper", "store")
    return [of_cart(row) for row in rows.order_by("-pk")[:MOST]]


def _orders(named: Q, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    rows = Order.objects.filter(named, merchant__in=merchants).select_related("merchant", "shopper", "store")
    return [of_order(row) for row in rows.order_by("-pk")[:MOST]]


def _deliveries(code: UUID, merchants: "Collection[Merchant] | QuerySet[Merchant]") -> list[Subject]:
    rows = Delivery.objects.filter(code=code, merchant__in=merchants)
    related = rows.select_related("merchant", "campaign", "episode__cart__shopper", "episode__cart__store")
    return [_of_delivery(row) for row in related[:MOST]]


def of_shopper(row: Shopper) -> Subject:
    known = " · ".join(part for part in (row.email, row.phone) if part and part != str(row))
    return Subject("shopper", row.code, row.merchant, str(row), known, row)


def of_cart(row: Cart) -> Subject:
    """One cart; its orders are found through its episodes."""
    title = "Cart without an id" if row.synthetic else f"Cart {row.key}"
    return Subject("cart", row.code, row.merchant, title, _whose(row), row.shopper, frozenset({row.pk}))


def of_order(row: Order) -> Subject:
    """One order, and the carts that it names or closed."""
    named = Cart.objects.filter(source=row.source, key__in=row.cart_keys).values_list("pk", flat=True)
    ids = frozenset(named.union(Episode.objects.filter(order=row).values_list("cart", flat=True)))
    return Subject(
        "order", row.code, row.merchant, f"Order {row.key}", _whose(row), row.shopper, ids, frozenset({row.pk})
    )


def _of_delivery(row: Delivery) -> Subject:
    cart = row.episode.cart
    title = f"Reminder “{row.campaign.name}”"
    return Subject("delivery", row.code, row.merchant, title, _whose(cart), cart.shopper, frozenset({cart.pk}))


def _whose(row: Cart | Order) -> str:
    whose = str(row.shopper) if row.shopper else "shopper not known"
    return f"{whose} · {row.store.name}" if row.store else whose
