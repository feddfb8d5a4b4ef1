"""`connect_store MERCHANT PROVIDER`: the same as Connect on the page. Key and secret are shown once."""

import sys
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from integrations.connecting import CannotConnectError, Wish, connect
from integrations.providers import PROVIDERS


class Command(SupportCommand):
    help = "Connect a merchant's store. The API key is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("provider", choices=[slug for slug, _ in PROVIDERS.choices()])
        parser.add_argument("--name", default="", help="what the connection is called")
        parser.add_argument("--store", default="", help="the store's id at their side")
        parser.add_argument(
            "--secret-stdin", action="store_true", help="read the provider's secret from standard input"
        )
        parser.add_argument("--quiet-period", type=int, metavar="MINUTES", help="silence that makes a cart abandoned")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        secret = _secret() if options["secret_stdin"] else ""
        wish = Wish(options["name"], options["store"], secret, options["quiet_period"])
        try:
            made = connect(merchant, PROVIDERS.get(options["provider"]), wish)
        except CannotConnectError as error:
            raise Refused(str(error)) from None
        data = {
            "connection": str(made.connection.code),
            "api_key": made.api_key,
            "webhook_url": made.webhook_url,
            "secret": made.secret,
        }
        if not secret and PROVIDERS.get(options["provider"]).makes_secret:
            self.stderr.write("Webhooks are refused until the provider's secret is given on the connection's page.")
        self.done(data, data)


def _secret() -> str:
    """The line on standard input. Raises `Refused` for an empty one."""
    secret = sys.stdin.readline().strip()
    if not secret:
        raise Refused("Standard input held no secret.")
    return secret
