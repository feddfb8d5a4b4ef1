"""What the core accepts: frozen facts about carts, orders and people.

A fact is a snapshot of something that happened at a store, as the store told it, with `occurred_at`. Adapters translate
a provider's payload into facts; `campaigns.intake` records them. Facts carry no primary keys and no merchant: an `Origin`
beside them says whose they are, so that a provider's parser stays a pure function of the payload.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class CartStatus(StrEnum):
    """What a store says of a cart. The order is the rank that breaks ties between equal times (architecture, section 3)."""

    OPEN = "open"
    STARTED_CHECKOUT = "started_checkout"
    ABANDONED = "abandoned"
    COMPLETE = "complete"

    @property
    def rank(self) -> int:
        return list(CartStatus).index(self)


class OrderStatus(StrEnum):
    PLACED = "placed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class ConsentStatus(StrEnum):
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class Topic(StrEnum):
    """What a consent is for. Only cart reminders are sent from here; newsletters are asked apart, and kept for the store."""

    CART = "cart"
    NEWSLETTER = "newsletter"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact came from. `source` is the connection's public code: srcIDs and cart ids are unique within it."""

    merchant_id: int
    source: UUID
    default_store_id: int | None = None
    quiet_period_minutes: int | None = None  # set: silence that long after the last activity is an abandonment


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """What a store says a shopper allowed or refused. A refusal is reopened only by the shopper, never by a fact.

    `double_opt_in`: the store has had it confirmed. `ask`: it says that it has not, so the shopper is to be asked.
    """

    channel: str
    status: ConsentStatus
    at: datetime | None = None
    source: str = ""
    wording: str = ""
    double_opt_in: bool = False
    topic: Topic = Topic.CART
    ask: bool = False


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """Keys by which a shopper may be known, strongest first: contact_id (ours), source_id (the store's), email, phone (E.164).

    `country` is ISO 3166-1, `region` a state or province within it, as in US and FL.
    """

    contact_id: str = ""
    source_id: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    country: str = ""
    region: str = ""
    consents: tuple[ConsentFact, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.contact_id or self.source_id or self.email or self.phone)


@dataclass(frozen=True, slots=True)
class LineFact:
    """One product in a cart or order. `key` is the store's id of the product, or its SKU where it gave no id."""

    key: str
    sku: str = ""
    name: str = ""
    brand: str = ""
    category: str = ""
    description: str = ""
    price: Decimal | None = None
    quantity: int = 1
    image: str = ""
    url: str = ""
    in_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class CartFact:
    """A cart at a moment. `lines` is None for a simple trigger (nothing known) and empty for an emptied cart."""

    status: CartStatus
    occurred_at: datetime
    cart_key: str = ""
    customer: CustomerFact = CustomerFact()
    lines: tuple[LineFact, ...] | None = None
    url: str = ""
    currency: str = ""
    totals: tuple[tuple[str, Decimal], ...] = ()
    store: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order at a moment. `cart_keys` are all the cart ids it may be known by (Shopify: checkout token, cart token)."""

    order_key: str
    status: OrderStatus
    occurred_at: datetime
    cart_keys: tuple[str, ...] = ()
    customer: CustomerFact = CustomerFact()
    lines: tuple[LineFact, ...] = ()
    currency: str = ""
    total: Decimal | None = None
    discount_codes: tuple[str, ...] = ()
    store: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactFact:
    customer: CustomerFact
    timezone: str = ""
    birthdate: date | None = None
    favorite_store: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class PrivacyWish(StrEnum):
    """What is asked for: to be told what is held, to be forgotten, or that a whole shop is."""

    TELL = "tell"
    FORGET = "forget"
    FORGET_SHOP = "forget_shop"


@dataclass(frozen=True, slots=True)
class PrivacyFact:
    """A request about personal data that a provider passes on. `customer` names nobody where a whole shop is meant."""

    wish: PrivacyWish
    customer: CustomerFact = CustomerFact()
