"""`release_unknown DELIVERY --as sent|failed|pending`: say what became of a delivery that nobody knows about."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from campaigns import support
from campaigns.management.finding import delivery_or_refuse, operator
from campaigns.models import DeliveryStatus

CONSEQUENCES = {
    "sent": "counts as sent; nothing more goes out for this step",
    "failed": "counts as failed, and can be sent again with resend_delivery",
    "pending": "is due at once, after every check is made again; if the first one arrived, it arrives twice",
}


class Command(SupportCommand):
    help = "Settle a delivery whose outcome is unknown."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("delivery", help="code of the delivery")
        parser.add_argument("--as", dest="to", required=True, choices=list(CONSEQUENCES), help="what became of it")

    def run(self, **options: Any) -> None:
        delivery, to = delivery_or_refuse(options["delivery"]), options["to"]
        if delivery.status != DeliveryStatus.UNKNOWN:
            raise Refused(f"Its outcome is known: {delivery.get_status_display().lower()}.")
        who = delivery.episode.cart.shopper or "the shopper"
        self.confirm(f"The reminder “{delivery.campaign}” of {delivery.merchant.name} to {who} {CONSEQUENCES[to]}.")
        try:
            support.release(delivery, to, operator(), timezone.now())
        except support.Refused as refused:
            raise Refused(str(refused)) from None
        self.done({"delivery": str(delivery.code), "status": delivery.status}, f"It is {delivery.status} now.")
