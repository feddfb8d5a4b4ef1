"""`resend_delivery DELIVERY`: the same as Send again on its page."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from campaigns import support
from campaigns.management.finding import delivery_or_refuse, operator
from campaigns.models import DeliveryStatus


class Command(SupportCommand):
    help = "Send a failed or unknown delivery again. Every check is made again first."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("delivery", help="code of the delivery")

    def run(self, **options: Any) -> None:
        delivery, now = delivery_or_refuse(options["delivery"]), timezone.now()
        if text := support.refusal(delivery, now):
            raise Refused(text)
        who = delivery.episode.cart.shopper or "the shopper"
        twice = f" If the first one arrived, {who} gets it twice." if delivery.status == DeliveryStatus.UNKNOWN else ""
        self.confirm(
            f"The reminder “{delivery.campaign}” of {delivery.merchant.name} to {who} is due at once; every check is"
            f" made again first.{twice}"
        )
        try:
            support.resend(delivery, operator(), now)
        except support.Refused as refused:
            raise Refused(str(refused)) from None
        self.done({"delivery": str(delivery.code), "status": delivery.status}, "It is pending and due now.")
