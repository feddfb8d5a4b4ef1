"""A discount as a message shows it: plain values under the name `incentive` (`campaigns.templating.macros`)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Merchant
from aiq.lib.locales import long_date
from aiq.lib.money import money
from campaigns.incentives import labels
from campaigns.models import Discount, DiscountKind


def incentive(
    discount: Discount, code: str, url: str, ends: date | None, merchant: Merchant, locale: str
) -> dict[str, Any]:
    """`ends` is a day where the shopper lives; `locale` as `aiq.lib.locales.known_locale` gives it."""
    return {
        "code": code,
        "label": labels.gives(discount.kind, discount.value, discount.currency, locale),
        "expires": long_date(ends, locale) if ends else "",
        "minimum": money(discount.minimum_cart, discount.currency or merchant.currency, locale),
        "url": url,
    }


def example(discount: Discount, url: str, merchant: Merchant, locale: str, now: datetime) -> dict[str, Any]:
    """For previews and tests: a code that is nobody's. The link leads to the cart as it is."""
    hours = discount.expires_after_hours
    ends = (now + timedelta(hours=hours)).astimezone(ZoneInfo(merchant.timezone)).date() if hours else None
    return incentive(discount, _example_code(discount), url, ends, merchant, locale)


def _example_code(discount: Discount) -> str:
    if discount.kind == DiscountKind.FREE_SHIPPING or discount.value is None:
        return "EXAMPLE-FREE"
    return f"EXAMPLE-{discount.value.normalize():f}"
