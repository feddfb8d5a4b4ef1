"""How commands find a connection by its code."""

from django.core.exceptions import ValidationError

from aiq.lib.commands import Refused
from integrations.models import Connection


def connection_or_refuse(code: str) -> Connection:
    """The connection with that code. Raises `Refused`."""
    try:
        return Connection.objects.select_related("merchant").get(code=code)
    except (Connection.DoesNotExist, ValidationError):
        raise Refused(f"There is no connection {code!r}. `list_connections` shows them.") from None
