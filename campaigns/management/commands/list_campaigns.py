"""`list_campaigns [--merchant M]`."""

from typing import Any

from django.core.management.base import CommandParser

from aiq.lib.commands import SupportCommand
from campaigns.management.finding import merchant_or_refuse
from campaigns.models import Campaign


class Command(SupportCommand):
    help = "List campaigns, archived ones included, newest change first."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--merchant", default="", metavar="M", help="slug of the merchant")

    def run(self, **options: Any) -> None:
        campaigns = Campaign.objects.select_related("merchant").prefetch_related("steps")
        if options["merchant"]:
            campaigns = campaigns.filter(merchant=merchant_or_refuse(options["merchant"]))
        rows = [_row(campaign) for campaign in campaigns]
        self.done(rows, rows)


def _row(campaign: Campaign) -> dict[str, object]:
    return {
        "campaign": str(campaign.code),
        "merchant": campaign.merchant.slug,
        "name": campaign.name,
        "status": campaign.status,
        "channels": ", ".join(step.channel for step in campaign.steps.all()),
        "live_since": campaign.live_since.isoformat(timespec="seconds") if campaign.live_since else None,
    }
