"""The sample shop's side of the counter: what it tells us of its products, shoppers, carts and orders."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.simulator_catalog import SampleProduct
from integrations.simulator_client import Client
from integrations.simulator_shoppers import Picked, Visit

CURRENCY = "USD"
AT_ONCE = 100


@dataclass
class Shop:
    """`run` makes the ids of this run differ from those of any other. `pictures` and `pages` are addresses."""

    client: Client
    products: Sequence[SampleProduct]
    stores: Sequence[str]
    run: str
    pictures: str
    pages: str
    sold_out: set[tuple[str, str]] = field(default_factory=set)

    def stock_up(self, seed: int) -> int:
        """Tell the whole catalogue with its stock, about one in twenty sold out at a store. How many were told."""
        dice = random.Random(seed)  # noqa: S311
        self.sold_out = {(p.key, store) for p in self.products for store in self.stores if dice.random() < 0.05}
        told = [self._product(product) for product in self.products]
        for start in range(0, len(told), AT_ONCE):
            self.client.put("/v2/products", {"products": told[start : start + AT_ONCE]})
        return len(told)

    def sell_out(self, product: SampleProduct, store: str) -> None:
        self._restock(product, store, 0)
        self.sold_out.add((product.key, store))

    def refill(self, product: SampleProduct, store: str) -> None:
        self._restock(product, store, _quantity(product))
        self.sold_out.discard((product.key, store))

    def introduce(self, visit: Visit, *, subscribed: bool) -> None:
        """The shopper as the shop's own list has them; `subscribed`: ticked the box at the checkout."""
        person = visit.person
        contact: dict[str, Any] = {
            "email": person.email,
            "firstName": person.first_name,
            "lastName": person.last_name,
            "favoriteStore": visit.store,
        }
        if subscribed:
            contact["consent"] = {"email": {"status": "subscribed", "at": _time(), "source": "checkout"}}
        self.client.put("/v2/contacts", {"contacts": [contact]})

    def allow(self, visit: Visit) -> None:
        """The shopper allows notifications, in a browser that only the demo knows (`integrations.demo_pages`)."""
        told = self.client.post("/v2/push/tokens", {"customer": {"email": visit.person.email}})
        self.client.post("/demo/shop/notifications", {"token": told["token"]})

    def cart(self, visit: Visit, status: str, ago: timedelta = timedelta(0)) -> str:
        """Tell what became of the cart; the event's id."""
        event = f"{self._cart_id(visit)}-{status}"
        self.client.post(
            "/v2/cart",
            {
                "eventID": event,
                "status": status,
                "timestamp": _time(ago),
                "cartID": self._cart_id(visit),
                "customer": {"email": visit.person.email, "firstName": visit.person.first_name},
                "products": [self._line(one) for one in visit.cart],
                "cartURL": f"{self.pages}/cart/{self._cart_id(visit)}",
                "currency": CURRENCY,
                "totals": {"total": str(visit.total)},
                "store": visit.store,
            },
        )
        return event

    def order(self, visit: Visit, code: str = "") -> None:
        """`code`: the discount's that the shopper used, "" for none."""
        self.client.post(
            "/v2/orders",
            {
                "orderID": self._cart_id(visit).replace("cart", "order"),
                "status": "placed",
                "timestamp": _time(),
                "cartID": self._cart_id(visit),
                "customer": {"email": visit.person.email},
                "products": [self._line(one) for one in visit.cart],
                "currency": CURRENCY,
                "total": str(visit.total),
                "discountCodes": [code] if code else [],
                "store": visit.store,
            },
        )

    def decision(self, event: str) -> dict[str, Any] | None:
        """What the system says became of the cart event's mail: its newest decision, once there is one."""
        told = self.client.get(f"/v2/events/{event}")["decisions"]
        decisions = [one for one in told if one["channel"] in {"email", None}]
        return next(iter(sorted(decisions, key=lambda one: one["at"], reverse=True)), None)

    def _cart_id(self, visit: Visit) -> str:
        return f"cart-{self.run}-{visit.number}"

    def _line(self, picked: Picked) -> dict[str, Any]:
        product = picked.product
        return self._common(product) | {"price": str(product.price), "quantity": picked.quantity}

    def _common(self, product: SampleProduct) -> dict[str, Any]:
        return {
            "id": product.key,
            "name": product.name,
            "brand": product.brand,
            "category": product.category,
            "image": f"{self.pictures}/{product.picture}.jpg",
            "url": f"{self.pages}/{product.key}",
        }

    def _product(self, product: SampleProduct) -> dict[str, Any]:
        return self._common(product) | {
            "price": str(product.price),
            "currency": CURRENCY,
            "group": product.group,
            "stock": list(self._stock(product)),
            "updatedAt": _time(),
        }

    def _stock(self, product: SampleProduct) -> Iterator[dict[str, Any]]:
        for store in self.stores:
            yield {"store": store, "quantity": 0 if (product.key, store) in self.sold_out else _quantity(product)}

    def _restock(self, product: SampleProduct, store: str, quantity: int) -> None:
        stock = [{"store": store, "quantity": quantity}]
        self.client.put("/v2/products", {"products": [{"id": product.key, "stock": stock, "updatedAt": _time()}]})


def _quantity(product: SampleProduct) -> int:
    return 4 + sum(map(ord, product.key)) % 40


def _time(ago: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
