"""`list_stuck`: deliveries that need somebody, the longest waiting first, each with its next step."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import SupportCommand
from campaigns import support
from campaigns.management.finding import merchant_or_refuse


class Command(SupportCommand):
    help = "List deliveries that are overdue, left behind by a sender, unknown, or failed within seven days."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--merchant", help="slug of the merchant")

    def run(self, **options: Any) -> None:
        merchant = merchant_or_refuse(options["merchant"]) if options["merchant"] else None
        rows = [as_row(one) for one in support.stuck(timezone.now(), merchant)]
        self.done(rows, rows or "Nothing is stuck.")


def as_row(one: support.Stuck) -> dict[str, Any]:
    return {
        "delivery": str(one.delivery.code),
        "merchant": one.delivery.merchant.slug,
        "campaign": one.delivery.campaign.name,
        "status": one.delivery.status,
        "problem": one.problem,
        "since": one.since.isoformat(timespec="seconds"),
        "next": one.next_step,
    }
