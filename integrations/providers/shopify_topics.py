"""Which of Shopify's topics we read, what tells their bodies apart, and what of a body may be kept.

Shopify sends much that a cart does not need (addresses, notes, browser data): only what is named here stays.
"""

from campaigns.facts import PrivacyWish
from integrations.providers.values import Kept, leaves

_CONSENT: Kept = leaves("state opt_in_level consent_updated_at")
_CUSTOMER: Kept = {
    **leaves("id email phone first_name last_name"),
    "email_marketing_consent": _CONSENT,
    "sms_marketing_consent": _CONSENT,
}
_PERSON: Kept = {
    **leaves("email phone sms_marketing_phone customer_locale buyer_accepts_marketing buyer_accepts_sms_marketing"),
    "customer": _CUSTOMER,
    "billing_address": leaves("first_name last_name country_code province_code"),
    "shipping_address": leaves("first_name last_name country_code province_code"),
}
_LINE: Kept = leaves("product_id variant_id sku title name presentment_title variant_title vendor price quantity")
_MONEY: Kept = leaves("currency subtotal_price total_tax total_discounts total_price")
_CHECKOUT: Kept = {
    **_PERSON,
    **_MONEY,
    **leaves("token abandoned_checkout_url created_at updated_at completed_at"),
    "line_items": _LINE,
}
_ORDER: Kept = {
    **_PERSON,
    **_MONEY,
    **leaves("id order_number financial_status checkout_token cart_token created_at cancelled_at updated_at"),
    "line_items": _LINE,
    "discount_codes": leaves("code"),
}
_REFUND: Kept = {
    **leaves("id order_id created_at"),
    "transactions": leaves("kind status amount currency"),
}
_PRODUCT: Kept = {
    **leaves("id title vendor product_type status published_at updated_at"),
    "image": leaves("src"),
    "images": leaves("id src"),
    "variants": leaves(
        "id sku title price compare_at_price image_id updated_at inventory_item_id inventory_quantity "
        "inventory_policy inventory_management"
    ),
}
_LEVEL: Kept = leaves("inventory_item_id location_id available updated_at")

# topic: (members that tell its body's shape, what is kept of it)
TOPICS: dict[str, tuple[tuple[str, ...], Kept]] = {
    "checkouts/create": (("token", "line_items", "abandoned_checkout_url"), _CHECKOUT),
    "checkouts/update": (("token", "line_items", "abandoned_checkout_url"), _CHECKOUT),
    "orders/create": (("id", "line_items", "order_number"), _ORDER),
    "orders/updated": (("id", "line_items", "order_number"), _ORDER),
    "orders/cancelled": (("id", "line_items", "order_number"), _ORDER),
    "refunds/create": (("id", "order_id", "transactions"), _REFUND),
    "products/create": (("id", "variants", "title"), _PRODUCT),
    "products/update": (("id", "variants", "title"), _PRODUCT),
    "inventory_levels/update": (("inventory_item_id", "available"), _LEVEL),
}
PRIVACY_TOPICS = {
    "customers/data_request": PrivacyWish.TELL,
    "customers/redact": PrivacyWish.FORGET,
    "shop/redact": PrivacyWish.FORGET_SHOP,
}
PRIVACY_KEPT: Kept = {**leaves("shop_id shop_domain orders_to_redact"), "customer": leaves("id email phone")}
