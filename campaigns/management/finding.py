"""How commands find what they are told about, and how the ledger names who typed them."""

import getpass
import re

from accounts.models import Merchant
from aiq.lib.commands import Refused
from campaigns.models import Delivery
from campaigns.story.finding import as_code, phone


def merchant_or_refuse(slug: str) -> Merchant:
    """The merchant with that slug. Raises `Refused`."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        raise Refused(f"There is no merchant {slug!r}.")
    return merchant


def delivery_or_refuse(code: str) -> Delivery:
    """The delivery with that code. Raises `Refused`."""
    rows = Delivery.objects.select_related("merchant", "campaign", "episode__cart__shopper")
    known = as_code(code)
    found = rows.filter(code=known).first() if known else None
    if found is None:
        raise Refused(f"There is no delivery {code!r}. `why EMAIL` and `list_stuck` show their codes.")
    return found


def address_or_refuse(text: str) -> str:
    """An email address in lower case, or a phone number in E.164. Raises `Refused`."""
    if re.fullmatch(r"[^\s@]+@[^\s@]+", text.strip()):
        return text.strip().lower()
    if number := phone(text):
        return number
    raise Refused(f"{text!r} is neither an email address nor a phone number with its country code.")


def operator() -> str:
    """Who sits at the command line."""
    try:
        return f"{getpass.getuser()} on the command line"
    except (OSError, KeyError):
        return "support on the command line"
