"""`unsuppress ADDRESS --merchant M`: the address may get messages again, where its consent allows."""

from typing import Any

from django.core.management.base import CommandParser

from aiq.lib.commands import Refused, SupportCommand
from campaigns.consent import suppressions
from campaigns.management.finding import address_or_refuse, merchant_or_refuse


class Command(SupportCommand):
    help = "Lift the suppression of an email address or a phone number at a merchant."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("address", help="email address, or phone number with its country code")
        parser.add_argument("--merchant", required=True, help="slug of the merchant")

    def run(self, **options: Any) -> None:
        merchant, address = merchant_or_refuse(options["merchant"]), address_or_refuse(options["address"])
        reason = suppressions.reason_for(merchant, address)
        if not reason:
            raise Refused(f"{address} is not suppressed at {merchant.name}.")
        self.confirm(
            f"{address} was suppressed at {merchant.name}: {reason.lower()}. Lifting it lets messages go there again,"
            " where the shopper has agreed to them."
        )
        suppressions.unsuppress(merchant, address)
        data = {"address": address, "merchant": merchant.slug, "status": "not suppressed"}
        self.done(data, f"{address} is no longer suppressed at {merchant.name}.")
