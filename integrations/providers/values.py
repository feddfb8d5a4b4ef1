"""How single values of any provider become what facts hold: phones, money, times, cut texts."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import phonenumbers

from aiq.lib.fields import unturned

Kept: TypeAlias = Mapping[str, "Kept | None"]


def phone(text: str) -> str:
    """E.164, or "" where the text is no possible number with its country code (RFC 3966, ITU-T E.164)."""
    try:
        number = phonenumbers.parse(text[:64], None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def words(value: Any, limit: int) -> str:
    """Text or a number as text, cut at `limit`; anything else is "". For providers whose types drift."""
    return unturned(_cut(value, limit))


def _cut(value: Any, limit: int) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).strip()[:limit].rstrip()


def identifier(value: Any) -> str:
    """An id as text, or "" where it is none. Longer than 128 is cut nowhere: it would become another id."""
    text = _cut(value, 129)
    return text if len(text) <= 128 else ""


def money(value: Any) -> Decimal | None:
    """A price given as text or number; None where it is none, negative or has more than 10 digits before the point."""
    try:
        amount = Decimal(words(value, 40))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 10**12 else None


def moment(value: Any, received_at: datetime) -> datetime | None:
    """A time with its offset, in UTC, never later than arrival; None where it cannot be read or has no zone."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return min(at.astimezone(UTC), received_at) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def prune(value: Any, kept: Kept | None) -> Any:
    """`value` with only the members named in `kept`, at each depth. Under None all is kept; lists are pruned by item."""
    if kept is None:
        return value
    if isinstance(value, list):
        return [prune(item, kept) for item in value]
    if isinstance(value, dict):
        return {name: prune(item, kept[name]) for name, item in value.items() if name in kept}
    return None


def leaves(names: str) -> dict[str, None]:
    """Names, parted by spaces, under which a single value is kept."""
    return dict.fromkeys(names.split())


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one: Shopify writes `[]` for an address that is not there."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def country(text: str) -> str:
    """An ISO 3166-1 code of two letters; empty where it is none."""
    code = text.strip().upper()
    return code if re.fullmatch("[A-Z]{2}", code) else ""


def region(of: str, text: str) -> str:
    """A state or province of a country: FL, whether it was told as FL or US-FL (ISO 3166-2); empty where it is none."""
    code = text.strip().upper().removeprefix(f"{country(of)}-")
    return code if country(of) and re.fullmatch("[A-Z0-9]{1,3}", code) else ""
