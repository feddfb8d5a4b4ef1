"""How commands find a connection by its code, and a shopper by an address."""

from django.core.exceptions import ValidationError

from aiq.lib.commands import Refused
from campaigns.management.finding import merchant_or_refuse
from campaigns.models import Shopper
from integrations.models import Connection
from integrations.privacy.held import find


def connection_or_refuse(code: str) -> Connection:
    """The connection with that code. Raises `Refused`."""
    try:
        return Connection.objects.select_related("merchant").get(code=code)
    except (Connection.DoesNotExist, ValidationError):
        raise Refused(f"There is no connection {code!r}. `list_connections` shows them.") from None


def shopper_or_refuse(who: str, slug: str) -> Shopper:
    """The shopper of that merchant whom an address, a phone number or a contactID names. Raises `Refused`."""
    merchant = merchant_or_refuse(slug)
    found = find(who, merchant)
    if len(found) != 1:
        raise Refused(
            f"{merchant} knows nobody as {who!r}. Give an email address, a phone number with its country code, or a contactID."
        )
    return found[0]
