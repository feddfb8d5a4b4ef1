"""What the catalogue accepts: frozen facts about products and their stock."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StockFact:
    """Stock of one product at one store. `product_key` or `stock_ref` (the provider's handle, e.g. Shopify's
    inventory_item_id) names the product. `quantity` None with `in_stock` set: the store only says yes or no."""

    product_key: str = ""
    stock_ref: str = ""
    store: str = ""
    location: str = ""
    quantity: int | None = None
    in_stock: bool | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProductFact:
    """A product as its store describes it. `key` is the id that carts use. `group` ties variants together. `hidden` None:
    the store does not say, and what staff chose stays."""

    key: str
    sku: str = ""
    name: str = ""
    brand: str = ""
    category: str = ""
    price: Decimal | None = None
    compare_at_price: Decimal | None = None
    currency: str = ""
    image: str = ""
    url: str = ""
    group: str = ""
    stock_ref: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    hidden: bool | None = None
    updated_at: datetime | None = None
    stock: tuple[StockFact, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells stock: the store itself, or a run of an import, whose figure counts until `valid_until` (None: until the
    next one)."""

    feed_import_id: int | None = None
    valid_until: datetime | None = None

    @property
    def source(self) -> str:
        return "imported" if self.feed_import_id else "pushed"


PUSHED = Told()
