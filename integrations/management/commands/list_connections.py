"""`list_connections`: every connection, or those of a merchant."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from integrations.models import Connection


class Command(SupportCommand):
    help = "List connections with their stores."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--merchant", help="slug of the merchant")

    def run(self, **options: Any) -> None:
        connections = Connection.objects.select_related("merchant").prefetch_related("stores")
        if slug := options["merchant"]:
            if not Merchant.objects.filter(slug=slug).exists():
                raise Refused(f"There is no merchant {slug!r}.")
            connections = connections.filter(merchant__slug=slug)
        rows = [as_row(connection) for connection in connections.order_by("merchant__slug", "name")]
        self.done(rows, [row | {"stores": ", ".join(row["stores"])} for row in rows])


def as_row(connection: Connection) -> dict[str, Any]:
    return {
        "connection": str(connection.code),
        "merchant": connection.merchant.slug,
        "provider": connection.provider,
        "name": connection.name,
        "stores": [store.slug for store in connection.stores.all()],
        "status": "disconnected" if connection.disconnected_at else "connected",
        "carts_enabled": connection.carts_enabled,
        "quiet_period": connection.quiet_period_minutes,
    }
