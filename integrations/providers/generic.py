"""The shop that calls our own API: /v2 documents become facts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast, get_args, get_origin

import msgspec

from aiq.lib.weblinks import link
from campaigns.facts import (
    CartFact,
    CartStatus,
    ConsentFact,
    ContactFact,
    CustomerFact,
    LineFact,
    OrderFact,
    OrderStatus,
    Topic,
)
from integrations.checking import Invalid, bare, check
from integrations.providers.base import BadPayloadError, Fact, Headers, IgnoredEventError, Provider
from integrations.providers.values import Kept, country, phone, prune, region
from integrations.schema import (
    CartDocument,
    CatalogProduct,
    ChannelConsent,
    Contact,
    Customer,
    Document,
    Line,
    OrderDocument,
    Totals,
)
from products.facts import ProductFact, StockFact

CART, ORDERS = "cart", "orders"
DOCUMENTS: dict[str, type[Document]] = {CART: CartDocument, ORDERS: OrderDocument}


class Generic(Provider):
    slug = "generic"
    label = "Own shop, by our API"
    trigger = "none"
    timer = "editable"

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str]) -> bool:
        """Never: this shop comes in by /v2 with an API key, not by a webhook."""
        return False

    def topic(self, headers: Headers) -> str:
        return ""

    def event_id(self, headers: Headers) -> str:
        return ""

    def parse(self, topic: str, payload: Any, received_at: datetime) -> list[Fact]:
        if topic not in DOCUMENTS:
            raise IgnoredEventError("unknown_topic", topic)
        try:
            document = check(payload, DOCUMENTS[topic], received_at)
        except Invalid as invalid:
            pointers = ", ".join(f"{error.pointer} {error.code}" for error in invalid.errors[:5])
            raise BadPayloadError("invalid_document", pointers) from None
        if isinstance(document, OrderDocument):
            return [order_fact(document, received_at)]
        return [cart_fact(cast(CartDocument, document), received_at)]

    def allow_listed(self, topic: str, payload: Any) -> Any:
        return prune(payload, _KEPT[topic]) if topic in DOCUMENTS else {}


class _Reading:
    """Translates one document and gathers notes on what was dropped from it."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def phone(self, given: str | None, pointer: str) -> str:
        return self._or_note(
            phone(given) if given else "", given, f"{pointer} dropped: no number with its country code"
        )

    def link(self, given: str | None, pointer: str) -> str:
        return self._or_note(link(given) if given else "", given, f"{pointer} dropped: no http(s) address")

    def _or_note(self, read: str, given: str | None, note: str) -> str:
        if given and not read:
            self.notes.append(note)
        return read

    def customer(self, given: Customer | None, consents: tuple[ConsentFact, ...] = ()) -> CustomerFact:
        if given is None:
            return CustomerFact(consents=consents)
        return CustomerFact(
            contact_id=_text(given.contact_id),
            source_id=_text(given.src_id),
            email=_text(given.email),
            phone=self.phone(given.phone, "/customer/phone"),
            first_name=_text(given.first_name, 120),
            last_name=_text(given.last_name, 120),
            country=self._or_note(
                country(_text(given.country)), given.country, "/customer/country dropped: no code of two letters"
            ),
            region=region(_text(given.country), _text(given.region)),
            consents=consents,
        )

    def lines(self, given: Sequence[Line]) -> tuple[LineFact, ...]:
        return tuple(self._line(line, f"/products/{index}") for index, line in enumerate(given))

    def _line(self, line: Line, pointer: str) -> LineFact:
        return LineFact(
            key=_text(line.id or line.sku),
            sku=_text(line.sku),
            name=_text(line.name, 300),
            brand=_text(line.brand, 120),
            category=_text(line.category, 120),
            description=_text(line.description, 2000),
            price=line.price,
            quantity=line.quantity or 1,
            image=self.link(line.image, f"{pointer}/image"),
            url=self.link(line.url, f"{pointer}/url"),
            in_stock=line.in_stock,
        )


def customer_fact(given: Customer) -> CustomerFact:
    return _Reading().customer(given)


def cart_fact(document: CartDocument, received_at: datetime) -> CartFact:
    reading = _Reading()
    return CartFact(
        status=document.status or CartStatus.ABANDONED,
        occurred_at=document.timestamp or received_at,
        cart_key=_text(document.cart_id),
        customer=reading.customer(document.customer),
        lines=None if document.products is None else reading.lines(document.products),
        url=reading.link(document.cart_url, "/cartURL"),
        currency=_text(document.currency),
        totals=tuple(_totals(document.totals)),
        store=_text(document.store),
        notes=tuple(reading.notes),
    )


def order_fact(document: OrderDocument, received_at: datetime) -> OrderFact:
    reading = _Reading()
    return OrderFact(
        order_key=_text(document.order_id),
        status=document.status or OrderStatus.PLACED,
        occurred_at=document.timestamp or received_at,
        cart_keys=(_text(document.cart_id),) if document.cart_id else (),
        customer=reading.customer(document.customer),
        lines=reading.lines(document.products or ()),
        currency=_text(document.currency),
        total=document.total,
        discount_codes=tuple(str(code) for code in document.discount_codes or () if code),
        store=_text(document.store),
        notes=tuple(reading.notes),
    )


def contact_fact(document: Contact) -> ContactFact:
    reading = _Reading()
    consents = tuple(
        _consent(channel, given) for channel, given in (document.consent.given() if document.consent else ())
    )
    return ContactFact(
        customer=reading.customer(document, consents),
        timezone=_text(document.timezone),
        birthdate=document.birthdate,
        favorite_store=_text(document.favorite_store),
        attributes=_attributes(document.attributes),
        notes=tuple(reading.notes),
    )


def _consent(channel: str, given: ChannelConsent) -> ConsentFact:
    return ConsentFact(
        channel,
        given.status,
        given.at,
        _text(given.source, 120),
        _text(given.wording, 1000),
        double_opt_in=bool(given.double_opt_in),
        topic=given.topic or Topic.CART,
        ask=given.double_opt_in is False,
    )


def product_fact(document: CatalogProduct) -> ProductFact:
    reading = _Reading()
    return ProductFact(
        key=_text(document.id or document.sku),
        sku=_text(document.sku),
        name=_text(document.name, 300),
        brand=_text(document.brand, 120),
        category=_text(document.category, 120),
        price=document.price,
        compare_at_price=document.compare_at_price,
        currency=_text(document.currency),
        image=reading.link(document.image, "/image"),
        url=reading.link(document.url, "/url"),
        group=_text(document.group),
        attributes=_attributes(document.attributes),
        updated_at=document.updated_at,
        stock=tuple(_stock(document)),
        notes=tuple(reading.notes),
    )


def _stock(document: CatalogProduct) -> Iterator[StockFact]:
    """Figures say more than yes or no, and go before it."""
    key = _text(document.id or document.sku)
    for row in document.stock or ():
        yield StockFact(product_key=key, store=_text(row.store), quantity=row.quantity, as_of=document.updated_at)
    if not document.stock and document.in_stock is not None:
        yield StockFact(product_key=key, in_stock=document.in_stock, as_of=document.updated_at)


def _totals(given: Totals | None) -> Iterator[tuple[str, Decimal]]:
    for name in given.__struct_fields__ if given else ():
        if (amount := getattr(given, name)) is not None:
            yield name, amount


def _attributes(given: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in (given or {}).items())


def _text(value: str | None, limit: int | None = None) -> str:
    return str(value or "")[:limit]


def _kept(kind: Any) -> Kept | None:
    """The members a struct knows, at each depth: everything else of a document is not kept."""
    inner = bare(kind)
    if get_origin(inner) is list:
        return _kept(get_args(inner)[0])
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return {field.encode_name: _kept(field.type) for field in msgspec.structs.fields(inner)}
    return None


_KEPT = {topic: _kept(document) for topic, document in DOCUMENTS.items()}
