"""Google's product data in our words (support.google.com/merchants/answer/7052112)."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

# Shopify's own channel names a variant like this; its carts name it by the last number.
_SHOPIFY = re.compile(r"shopify_[A-Za-z]{2,5}_\d+_(\d+)")
_SAME = {"title": "name", "link": "url", "image_link": "image", "item_group_id": "group"}
_TAKEN = ("brand", "price", "quantity")
ATTRIBUTES = ("color", "size", "material", "gtin", "mpn")


def in_our_words(values: Mapping[str, str], now: datetime) -> dict[str, str]:
    """A row of a Google feed under the names of our columns. A sale that runs at `now` is the price."""
    row = {ours: values[theirs] for theirs, ours in _SAME.items() if theirs in values}
    row |= {name: values[name] for name in _TAKEN if name in values}
    row |= {"key": _key(values.get("id", "")), "sku": values.get("mpn", ""), "category": _category(values)}
    if availability := values.get("availability"):
        row["in_stock"] = availability
    if "sale_price" in values and _runs(values.get("sale_price_effective_date", ""), now):
        row |= {"compare_at_price": values.get("price", ""), "price": values["sale_price"]}
    return {name: text for name, text in row.items() if text}


def attributes(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, values[name][:200]) for name in ATTRIBUTES if name in values)


def _key(text: str) -> str:
    variant = _SHOPIFY.fullmatch(text)
    return variant[1] if variant else text


def _category(values: Mapping[str, str]) -> str:
    """The last part of the merchant's own path, else of Google's; Google's numbers say that they are Google's."""
    if own := values.get("product_type"):
        return own.split(",")[0].rpartition(">")[2].strip()
    category = values.get("google_product_category", "")
    return f"Google category {category}" if category.isdigit() else category.rpartition(">")[2].strip()


def _runs(dates: str, now: datetime) -> bool:
    """Whether a sale runs: two times parted by a slash; without them always, unreadable ones never."""
    if not dates:
        return True
    start, _, end = dates.partition("/")
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(start.strip()) <= now <= datetime.fromisoformat(end.strip())
    return False
