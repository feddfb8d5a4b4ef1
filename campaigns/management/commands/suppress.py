"""`suppress ADDRESS --merchant M`: nothing goes to that address any more, whatever its consent."""

from typing import Any

from django.core.management.base import CommandParser

from aiq.lib.commands import Refused, SupportCommand
from campaigns.consent import suppressions
from campaigns.management.finding import address_or_refuse, merchant_or_refuse
from campaigns.models import SuppressionReason


class Command(SupportCommand):
    help = "Suppress an email address or a phone number at a merchant."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("address", help="email address, or phone number with its country code")
        parser.add_argument("--merchant", required=True, help="slug of the merchant")

    def run(self, **options: Any) -> None:
        merchant, address = merchant_or_refuse(options["merchant"]), address_or_refuse(options["address"])
        if reason := suppressions.reason_for(merchant, address):
            raise Refused(f"{address} is suppressed at {merchant.name} already: {reason.lower()}.")
        self.confirm(f"{merchant.name} sends nothing to {address} any more, until `unsuppress` lifts it.")
        suppressions.suppress(merchant, address, SuppressionReason.STAFF)
        data = {"address": address, "merchant": merchant.slug, "status": "suppressed"}
        self.done(data, f"{address} is suppressed at {merchant.name}.")
