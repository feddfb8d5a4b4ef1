"""What the page of one product shows beside what can be changed there; a number of queries that never grows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiq.lib.money import money
from products.models import Product
from products.price_history import HEIGHT, WIDTH, history_of
from products.stand_ins import stand_ins_of
from products.stock_figures import figures_of, pieces, state_of, with_state

VARIANTS = 20


@dataclass(frozen=True, slots=True)
class Variant:
    """Another product of the same group, with its page's code."""

    code: str
    name: str
    price: str
    state: str


def page_of(product: Product, now: datetime) -> dict[str, Any]:
    """The parts of the page by name. `product` carries its stock's state (`stock_figures.with_state`)."""
    figures = figures_of(product, now)
    return {
        "facts": list(filter(None, (product.brand, product.category, product.sku))),
        "address": product.url if product.url.startswith(("http://", "https://")) else "",
        "price": money(product.price, product.currency),
        "before": money(product.compare_at_price, product.currency),
        "state": state_of(product),
        "figures": figures,
        "pieces": pieces(figures),
        "variants": variants_of(product, now),
        "history": history_of(product, now),
        "box": f"0 0 {WIDTH} {HEIGHT}",
        "stand_ins": stand_ins_of(product, now),
    }


def variants_of(product: Product, now: datetime) -> list[Variant]:
    """The others of its group, cheapest first (twenty at most)."""
    if not product.group:
        return []
    others = Product.objects.filter(merchant_id=product.merchant_id, group=product.group).exclude(pk=product.pk)
    rows = with_state(others, now).order_by("price", "name", "key")[:VARIANTS]
    return [Variant(str(row.code), str(row), money(row.price, row.currency), state_of(row)) for row in rows]
