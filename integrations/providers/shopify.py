"""Shopify's webhooks (https://shopify.dev/docs/api/webhooks): checkouts, orders, refunds, products, stock.

Headers are not signed, only the body is: a topic is believed when the body has its shape. Types drift between API
versions, so values are read leniently and only what identifies a thing is insisted on.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiq.lib.currencies import CODES
from aiq.lib.fields import Email, FieldProblem
from aiq.lib.weblinks import link
from campaigns.facts import (
    CartFact,
    CartStatus,
    ConsentFact,
    ConsentStatus,
    CustomerFact,
    LineFact,
    OrderFact,
    OrderStatus,
    PrivacyFact,
    PrivacyWish,
)
from integrations.providers.base import BadPayloadError, Fact, Headers, IgnoredEventError, Provider
from integrations.providers.shopify_topics import PRIVACY_KEPT, PRIVACY_TOPICS, TOPICS
from integrations.providers.values import (
    country,
    identifier,
    items,
    mapping,
    moment,
    money,
    phone,
    prune,
    region,
    words,
)
from products.facts import ProductFact, StockFact

Object = Mapping[str, Any]


class Shopify(Provider):
    slug = "shopify"
    label = "Shopify"
    trigger = "dynamic"
    timer = "ours"
    makes_secret = True
    privacy_topics = frozenset(PRIVACY_TOPICS)
    discount_link = "/discount/{code}?redirect={path}"

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str]) -> bool:
        """base64 HMAC-SHA256 of the raw body under the app's client secret (shopify.dev, "Verify webhooks")."""
        given = headers.get("X-Shopify-Hmac-Sha256", "").encode(errors="replace")
        signed = [base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)) for secret in secrets]
        return sum(hmac.compare_digest(one, given) for one in signed) > 0

    def topic(self, headers: Headers) -> str:
        return headers.get("X-Shopify-Topic", "")

    def event_id(self, headers: Headers) -> str:
        return headers.get("X-Shopify-Event-Id", "")

    def parse(self, topic: str, payload: Any, received_at: datetime) -> list[Fact]:
        if topic in PRIVACY_TOPICS:
            return [_privacy(topic, payload)]
        if topic not in TOPICS:
            raise IgnoredEventError("unknown_topic", topic)
        if not isinstance(payload, dict) or any(member not in payload for member in TOPICS[topic][0]):
            raise BadPayloadError("topic_mismatch", f"The body does not look like {topic}.")
        resource = topic.split("/")[0]
        if resource == "checkouts":
            return [_cart(payload, received_at)]
        if resource == "orders":
            return [_order(payload, received_at)]
        if resource == "refunds":
            return [_refund(payload, received_at)]
        if resource == "products":
            return list(_products(payload, received_at))
        return [_level(payload, received_at)]

    def allow_listed(self, topic: str, payload: Any) -> Any:
        if topic in PRIVACY_TOPICS:
            return prune(payload, PRIVACY_KEPT)
        return prune(payload, TOPICS[topic][1]) if topic in TOPICS else {}


def _privacy(topic: str, payload: Any) -> PrivacyFact:
    """shopify.dev, "Privacy law compliance": the three topics that every app must answer."""
    wish = PRIVACY_TOPICS[topic]
    if not isinstance(payload, dict) or "shop_id" not in payload:
        raise BadPayloadError("topic_mismatch", f"The body does not look like {topic}.")
    given = mapping(payload.get("customer"))
    customer = CustomerFact(
        source_id=identifier(given.get("id")),
        email=words(given.get("email"), 254).lower(),
        phone=phone(words(given.get("phone"), 64)),
    )
    if wish != PrivacyWish.FORGET_SHOP and not customer.known:
        raise IgnoredEventError("privacy_request", topic)
    return PrivacyFact(wish, customer)


def _required(given: Object, name: str) -> str:
    found = identifier(given[name])
    if not found:
        raise BadPayloadError("id_missing", f"/{name} is no id.")
    return found


def _time(given: Object, received_at: datetime, *names: str) -> datetime:
    """The first of these times that can be read; arrival where none can."""
    return next((at for name in names if (at := moment(given.get(name), received_at))), received_at)


def _cart(given: Object, received_at: datetime) -> CartFact:
    complete = given.get("completed_at") is not None
    at = _time(given, received_at, *(("completed_at",) if complete else ()), "updated_at", "created_at")
    notes: list[str] = []
    return CartFact(
        status=CartStatus.COMPLETE if complete else CartStatus.STARTED_CHECKOUT,
        occurred_at=at,
        cart_key=_required(given, "token"),
        customer=_customer(given, at, notes),
        lines=tuple(_lines(given, notes)),
        url=link(words(given["abandoned_checkout_url"], 4000)),
        currency=_currency(given),
        totals=tuple(_totals(given)),
        notes=tuple(notes),
    )


def _order(given: Object, received_at: datetime) -> OrderFact:
    cancelled = given.get("cancelled_at") is not None
    at = _time(given, received_at, *(("cancelled_at",) if cancelled else ()), "created_at")
    notes: list[str] = []
    return OrderFact(
        order_key=_required(given, "id"),
        status=OrderStatus.CANCELLED if cancelled else OrderStatus.PLACED,
        occurred_at=at,
        cart_keys=tuple(key for name in ("checkout_token", "cart_token") if (key := identifier(given.get(name)))),
        customer=_customer(given, at, notes),
        lines=tuple(_lines(given, notes)),
        currency=_currency(given),
        total=money(given.get("total_price")),
        discount_codes=tuple(
            code for one in items(given.get("discount_codes")) if (code := words(one.get("code"), 128))
        ),
        notes=tuple(notes),
    )


def _refund(given: Object, received_at: datetime) -> OrderFact:
    """`total` is what this refund gave back; a refund without money (goods only) gives back 0."""
    paid = [
        one for one in items(given["transactions"]) if one.get("kind") == "refund" and one.get("status") == "success"
    ]
    return OrderFact(
        order_key=_required(given, "order_id"),
        status=OrderStatus.REFUNDED,
        occurred_at=_time(given, received_at, "created_at"),
        currency=_currency(paid[0]) if paid else "",
        total=sum((money(one.get("amount")) or Decimal(0) for one in paid), Decimal(0)),
    )


def _customer(given: Object, at: datetime, notes: list[str]) -> CustomerFact:
    customer = mapping(given.get("customer"))
    billing, shipping = mapping(given.get("billing_address")), mapping(given.get("shipping_address"))
    names = [customer, billing, shipping]
    where = next((one for one in (shipping, billing) if country(words(one.get("country_code"), 8))), {})
    code = words(where.get("country_code"), 8)
    return CustomerFact(
        source_id=identifier(customer.get("id")),
        email=_first(given.get("email"), customer.get("email"), read=_email, note="email", notes=notes),
        phone=_first(given.get("phone"), customer.get("phone"), read=phone, note="phone", notes=notes),
        first_name=next((name for one in names if (name := words(one.get("first_name"), 120))), ""),
        last_name=next((name for one in names if (name := words(one.get("last_name"), 120))), ""),
        locale=words(given.get("customer_locale"), 16),
        country=country(code),
        region=region(code, words(where.get("province_code"), 8)),
        consents=tuple(_consents(given, customer, at)),
    )


def _first(*given: Any, read: Any, note: str, notes: list[str]) -> str:
    found = [text for value in given if (text := words(value, 300))]
    value = next((value for text in found if (value := read(text))), "")
    if found and not value:
        notes.append(f"/{note} dropped: cannot be read")
    return value


def _email(text: str) -> str:
    try:
        return str(Email.read(text))
    except FieldProblem:
        return ""


def _consents(given: Object, customer: Object, at: datetime) -> Iterator[ConsentFact]:
    """A refusal on the customer's record outweighs a tick in the checkout, which may be ticked from the start."""
    for channel, tick in (("email", "buyer_accepts_marketing"), ("sms", "buyer_accepts_sms_marketing")):
        kept = mapping(customer.get(f"{channel}_marketing_consent"))
        since = moment(kept.get("consent_updated_at"), at) or at
        if kept.get("state") in ("subscribed", "unsubscribed"):
            double = kept.get("opt_in_level") == "confirmed_opt_in"
            yield ConsentFact(channel, ConsentStatus(kept["state"]), since, "shopify", double_opt_in=double)
        elif given.get(tick) is True:
            yield ConsentFact(channel, ConsentStatus.SUBSCRIBED, at, "shopify checkout")


def _lines(given: Object, notes: list[str]) -> Iterator[LineFact]:
    for index, line in enumerate(items(given["line_items"])):
        sku = identifier(line.get("sku"))
        key = identifier(line.get("variant_id")) or identifier(line.get("product_id")) or sku
        if not key:
            notes.append(f"/line_items/{index} dropped: no variant_id, product_id or sku")
            continue
        yield LineFact(
            key=key,
            sku=sku,
            name=_name(line.get("title") or line.get("presentment_title"), line.get("variant_title")),
            brand=words(line.get("vendor"), 120),
            price=money(line.get("price")),
            quantity=_quantity(line.get("quantity")),
        )


def _name(title: Any, variant: Any) -> str:
    """A product with one variant has a variant called "Default Title", which says nothing."""
    variant = words(variant, 120)
    return " - ".join(part for part in (words(title, 300), variant) if part and part != "Default Title")[:300]


def _quantity(value: Any) -> int:
    text = words(value, 6)
    return max(1, min(int(text), 100_000)) if text.isdecimal() else 1


def _currency(given: Object) -> str:
    code = words(given.get("currency"), 3)
    return code if code in CODES else ""


def _totals(given: Object) -> Iterator[tuple[str, Decimal]]:
    names = {"subtotal": "subtotal_price", "taxes": "total_tax", "discounts": "total_discounts", "total": "total_price"}
    for ours, theirs in names.items():
        if (amount := money(given.get(theirs))) is not None:
            yield ours, amount


def _products(given: Object, received_at: datetime) -> Iterator[ProductFact]:
    """One product per variant: carts hold variants. They are siblings by the product's id."""
    group = _required(given, "id")
    updated_at = _time(given, received_at, "updated_at")
    for variant in items(given["variants"]):
        if key := identifier(variant.get("id")):
            yield ProductFact(
                key=key,
                sku=identifier(variant.get("sku")),
                name=_name(given["title"], variant.get("title")),
                brand=words(given.get("vendor"), 120),
                category=words(given.get("product_type"), 120),
                price=money(variant.get("price")),
                compare_at_price=money(variant.get("compare_at_price")),
                image=_image(given, variant),
                group=group,
                stock_ref=identifier(variant.get("inventory_item_id")),
                hidden=given.get("status", "active") != "active" or given.get("published_at", "") is None,
                updated_at=updated_at,
                stock=tuple(_variant_stock(key, variant, updated_at)),
            )


def _image(given: Object, variant: Object) -> str:
    pictures = items(given.get("images"))
    own = [one for one in pictures if one.get("id") is not None and one.get("id") == variant.get("image_id")]
    candidates = [*own, mapping(given.get("image")), *pictures]
    return next((src for one in candidates if (src := link(words(one.get("src"), 4000)))), "")


def _variant_stock(key: str, variant: Object, as_of: datetime) -> Iterator[StockFact]:
    """The total over all locations. Sold on without stock, or not counted at all, means: always in stock."""
    uncounted = variant.get("inventory_policy") == "continue" or variant.get("inventory_management", "") is None
    quantity = _figure(variant.get("inventory_quantity"))
    if uncounted:
        yield StockFact(product_key=key, in_stock=True, as_of=as_of)
    elif quantity is not None:
        yield StockFact(product_key=key, quantity=quantity, as_of=as_of)


def _level(given: Object, received_at: datetime) -> StockFact:
    available = _figure(given["available"])
    if available is None:
        raise IgnoredEventError("stock_not_counted")
    return StockFact(
        stock_ref=_required(given, "inventory_item_id"),
        location=identifier(given.get("location_id")),
        quantity=available,
        as_of=_time(given, received_at, "updated_at"),
    )


def _figure(value: Any) -> int | None:
    """A whole number, may be negative (sold beyond stock)."""
    text = words(value, 12)
    return int(text) if text.removeprefix("-").isdecimal() and abs(int(text)) < 10**9 else None
