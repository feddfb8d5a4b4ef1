"""The documents of /v2 as structs: what is read, checked and published is this one description (contract, section 4).

Unknown members are ignored. null and blank text are as absent.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from aiq.lib.fields import Attribute, Currency, Day, Email, FieldProblem, Id, Moment, Price, Text, Zone
from aiq.lib.weblinks import MAX_LINK
from campaigns.facts import CartStatus, ConsentStatus, OrderStatus, Topic

MAX_PRODUCTS = 250
MAX_ROWS = 100

Attributes = Annotated[dict[Annotated[str, Meta(max_length=128)], Attribute], Meta(max_length=100)]


def member_name(name: str) -> str | None:
    """Python's spelling to the contract's: cart_id → cartID, cart_url → cartURL, in_stock → inStock."""
    first, *others = name.split("_")
    return first + "".join(part.upper() if part in {"id", "url"} else part.capitalize() for part in others)


class RulesBroken(ValueError):  # noqa: N818
    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(problems[0].detail)
        self.problems = problems


class Document(Struct, frozen=True, rename=member_name):
    """A JSON object. `rules` says what is wrong between members that are right each by itself."""

    def rules(self) -> Iterator[FieldProblem]:
        return iter(())

    def __post_init__(self) -> None:
        if broken := list(self.rules()):
            raise RulesBroken(broken)

    def moments(self) -> Iterator[tuple[str, Moment | None]]:
        """Pointer and value of each time that must not lie ahead."""
        return iter(())


class Customer(Document, frozen=True):
    """A shopper, by one or more of contactID (ours), srcID (the store's own id), email and phone."""

    contact_id: Id | None = None
    src_id: Id | None = None
    email: Email | None = None
    phone: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    country: Text | None = None
    region: Text | None = None

    @property
    def known(self) -> bool:
        return bool(self.contact_id or self.src_id or self.email or self.phone)


class Line(Document, frozen=True):
    """A product in a cart or order: `id` or `sku` is required."""

    id: Id | None = None
    sku: Id | None = None
    name: Text | None = None
    brand: Text | None = None
    category: Text | None = None
    description: Text | None = None
    price: Price | None = None
    quantity: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    image: Text | None = None
    url: Text | None = None
    in_stock: bool | None = None

    def rules(self) -> Iterator[FieldProblem]:
        if not (self.id or self.sku):
            yield FieldProblem("required", "A product needs its id or sku.", "id")


class Totals(Document, frozen=True):
    subtotal: Price | None = None
    taxes: Price | None = None
    fees: Price | None = None
    discounts: Price | None = None
    total: Price | None = None


Lines = Annotated[list[Line], Meta(max_length=MAX_PRODUCTS)]


class CartDocument(Document, frozen=True):
    """A cart changed state. Without `products` a simple trigger, with them a dynamic one; an empty list: emptied."""

    event_id: Id | None = None
    status: CartStatus | None = None
    timestamp: Moment | None = None
    cart_id: Id | None = None
    customer: Customer | None = None
    products: Lines | None = None
    cart_url: Text | None = None
    currency: Currency | None = None
    totals: Totals | None = None
    store: Id | None = None

    def rules(self) -> Iterator[FieldProblem]:
        if self.customer is None or not self.customer.known:
            yield FieldProblem("required", "One of contactID, srcID, email, phone is needed.", "customer")
        if self.products is not None and not self.cart_id:
            yield FieldProblem("required", "Needed where products are given.", "cartID")

    def moments(self) -> Iterator[tuple[str, Moment | None]]:
        yield "/timestamp", self.timestamp


class OrderDocument(Document, frozen=True):
    """An order was placed, cancelled or refunded."""

    order_id: Id
    event_id: Id | None = None
    status: OrderStatus | None = None
    timestamp: Moment | None = None
    cart_id: Id | None = None
    customer: Customer | None = None
    products: Lines | None = None
    currency: Currency | None = None
    total: Price | None = None
    discount_codes: Annotated[list[Id], Meta(max_length=MAX_ROWS)] | None = None
    store: Id | None = None

    def rules(self) -> Iterator[FieldProblem]:
        if not self.order_id:
            yield FieldProblem("required", "An order needs its id.", "orderID")

    def moments(self) -> Iterator[tuple[str, Moment | None]]:
        yield "/timestamp", self.timestamp


class ChannelConsent(Document, frozen=True):
    """What a shopper allowed on one channel: cart reminders, unless it names a topic. The API never revives an explicit opt-out.

    `doubleOptIn`: true where the store has had it confirmed; false where it has not, so that we ask the shopper. `wording`: what they agreed to.
    """

    status: ConsentStatus
    at: Moment | None = None
    source: Text | None = None
    double_opt_in: bool | None = None
    topic: Topic | None = None
    wording: Text | None = None


class Consents(Document, frozen=True):
    email: ChannelConsent | None = None
    sms: ChannelConsent | None = None
    push: ChannelConsent | None = None

    def given(self) -> Iterator[tuple[str, ChannelConsent]]:
        for channel in self.__struct_fields__:
            if consent := getattr(self, channel):
                yield channel, consent


class Contact(Customer, frozen=True):
    """A shopper and what they allowed."""

    timezone: Zone | None = None
    birthdate: Day | None = None
    favorite_store: Id | None = None
    attributes: Attributes | None = None
    consent: Consents | None = None

    def rules(self) -> Iterator[FieldProblem]:
        if not self.known:
            yield FieldProblem("required", "One of contactID, srcID, email, phone is needed.")

    def moments(self) -> Iterator[tuple[str, Moment | None]]:
        for channel, consent in self.consent.given() if self.consent else ():
            yield f"/consent/{channel}/at", consent.at


class PushTokenDocument(Document, frozen=True):
    """The shopper whose page asks for a token."""

    customer: Customer

    def rules(self) -> Iterator[FieldProblem]:
        if not self.customer.known:
            yield FieldProblem("required", "One of contactID, srcID, email, phone is needed.", "customer")


class BrowserKeys(Document, frozen=True):
    """A browser's own, in base64url."""

    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=40)]


class GoneBrowser(Document, frozen=True):
    """A browser that takes no notifications any more, by its endpoint."""

    endpoint: Annotated[str, Meta(max_length=MAX_LINK)]


class NewBrowser(GoneBrowser, frozen=True):
    """A browser that takes notifications, as its PushSubscription tells. `shopper`: the token; `wording`: what was pressed; `asked`: just now."""

    keys: BrowserKeys
    shopper: Annotated[str, Meta(max_length=400)]
    wording: Text | None = None
    asked: bool | None = None


class StockRow(Document, frozen=True):
    quantity: Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
    store: Id | None = None


class CatalogProduct(Document, frozen=True):
    """A product of the catalogue, and its stock: figures per store, or `inStock`. `id` or `sku` is required."""

    id: Id | None = None
    sku: Id | None = None
    name: Text | None = None
    brand: Text | None = None
    category: Text | None = None
    price: Price | None = None
    compare_at_price: Price | None = None
    currency: Currency | None = None
    image: Text | None = None
    url: Text | None = None
    group: Id | None = None
    attributes: Attributes | None = None
    stock: Annotated[list[StockRow], Meta(max_length=1000)] | None = None
    in_stock: bool | None = None
    updated_at: Moment | None = None

    def rules(self) -> Iterator[FieldProblem]:
        if not (self.id or self.sku):
            yield FieldProblem("required", "A product needs its id or sku.", "id")

    def moments(self) -> Iterator[tuple[str, Moment | None]]:
        yield "/updatedAt", self.updated_at


class ContactsDocument(Document, frozen=True):
    contacts: Annotated[list[Contact], Meta(max_length=MAX_ROWS)]


class ProductsDocument(Document, frozen=True):
    products: Annotated[list[CatalogProduct], Meta(max_length=MAX_ROWS)]
