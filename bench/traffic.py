"""The events of the benchmarks: a cart of three products, about 1.5 KB, each distinct. Pure."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

MERCHANTS = 4
PRODUCTS = 200
LINES = 3
DESCRIPTION = "Shade-grown leaves from the first flush, hand-picked, steamed within the hour and rolled the same day."


def address(number: int) -> str:
    return f"shopper-{number}@bench.example"


def product(merchant: int, number: int) -> dict[str, Any]:
    number %= PRODUCTS
    return {
        "id": f"p-{merchant}-{number}",
        "sku": f"SKU-{merchant}-{number:04}",
        "name": f"Gyokuro, first flush, garden {number}",
        "brand": "North Loop",
        "category": f"Tea {number % 10}",
        "description": DESCRIPTION,
        "price": f"{10 + number % 40}.50",
        "quantity": 1 + number % 3,
        "image": f"https://shop.bench.example/pictures/{number}.jpg",
        "url": f"https://shop.bench.example/products/gyokuro-{number}?from=cart",
    }


def cart(event: str, shopper: int, at: datetime) -> bytes:
    """The body of `POST /v2/cart`; `event` also names the cart."""
    lines = [product(shopper % MERCHANTS, shopper * 7 + step * 31) for step in range(LINES)]
    document = {
        "eventID": f"evt-{event}",
        "status": "abandoned",
        "timestamp": at.isoformat(),
        "cartID": f"cart-{event}",
        "cartURL": f"https://shop.bench.example/cart/{event}",
        "currency": "USD",
        "store": "north-loop",
        "customer": {"srcID": f"c-{shopper}", "email": address(shopper), "firstName": "Avery", "lastName": "Lane"},
        "products": lines,
        "totals": {"subtotal": "96.50", "taxes": "8.10", "total": "104.60"},
    }
    return json.dumps(document).encode()


def moments_ago(seconds: float = 5) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
