"""`create_merchant NAME`: a merchant, without people and stores yet."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from accounts.invitations import free_slug
from accounts.models import Merchant, Plan
from aiq.lib.commands import Refused, SupportCommand

FIELDS = ("name", "plan", "timezone", "currency", "sender_email", "sender_name", "postal_address")


class Command(SupportCommand):
    help = "Create a merchant. To set a campaign live it needs a sender and a postal address."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--slug", default="", help="made from the name by default")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.STARTER.value)
        parser.add_argument("--timezone", default="UTC", metavar="TZ")
        parser.add_argument("--currency", default="USD", metavar="C")
        parser.add_argument("--sender-email", default="", metavar="E")
        parser.add_argument("--sender-name", default="", metavar="N")
        parser.add_argument("--postal-address", default="", metavar="A")

    def run(self, **options: Any) -> None:
        merchant = Merchant(**{field: options[field].strip() for field in FIELDS})
        merchant.slug = options["slug"] or free_slug(merchant.name)
        try:
            merchant.full_clean()
        except ValidationError as error:
            problems = [f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items()]
            raise Refused(" ".join(problems)) from None
        merchant.save()
        data = {"merchant": merchant.slug, "code": str(merchant.code)}
        self.done(data, data)
