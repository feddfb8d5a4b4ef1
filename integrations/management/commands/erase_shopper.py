"""`erase_shopper WHO --merchant M`: takes a person out for good; what must stay stays without them."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import SupportCommand
from integrations.management.finding import shopper_or_refuse
from integrations.privacy.erasing import erase


class Command(SupportCommand):
    help = "Erase a shopper: no row holds the address, the name or the phone number any more. This cannot be undone."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("who", metavar="EMAIL|PHONE|CONTACT", help="whom to erase")
        parser.add_argument("--merchant", required=True, help="slug of the merchant")

    def run(self, **options: Any) -> None:
        shopper = shopper_or_refuse(options["who"], options["merchant"])
        self.confirm(
            f"Erase {shopper} at {shopper.merchant} for good: name, addresses, consents, what messages were made of and what stores sent."
            " Orders keep their money; an opt-out is kept as a hash. It cannot be undone."
        )
        done = erase(shopper, timezone.now())
        told = f"{done.carts:,} carts, {done.orders:,} orders, {done.messages:,} messages and {done.events:,} events"
        self.done(asdict(done), f"Erased. {told} no longer name anybody.")
