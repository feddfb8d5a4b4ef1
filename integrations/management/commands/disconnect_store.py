"""`disconnect_store CONNECTION`: nothing of this connection is accepted any more."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from integrations.connecting import disconnect
from integrations.management.finding import connection_or_refuse


class Command(SupportCommand):
    help = "Disconnect a store: its calls are refused within 30 seconds."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("connection", help="code of the connection")

    def run(self, **options: Any) -> None:
        connection = connection_or_refuse(options["connection"])
        if connection.disconnected_at:
            raise Refused(f"{connection.name} is disconnected already.")
        self.confirm(
            f"{connection.merchant.name} will get no more carts and orders from {connection.name}. "
            "Its keys and secrets stop for good; reminders already scheduled still go out."
        )
        disconnect(connection, timezone.now())
        self.done({"connection": str(connection.code), "status": "disconnected"}, f"{connection.name} is disconnected.")
