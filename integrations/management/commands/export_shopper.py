"""`export_shopper WHO --merchant M`: everything held of a shopper, as one JSON document on standard output."""

import json
from typing import Any

from django.core.management.base import CommandParser

from aiq.lib.commands import SupportCommand
from integrations.management.finding import shopper_or_refuse
from integrations.privacy.exporting import export


class Command(SupportCommand):
    help = "Write everything held of a shopper as one JSON document. Nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("who", metavar="EMAIL|PHONE|CONTACT", help="whom to export")
        parser.add_argument("--merchant", required=True, help="slug of the merchant")

    def run(self, **options: Any) -> None:
        document = export(shopper_or_refuse(options["who"], options["merchant"]))
        self.done(document, json.dumps(document, indent=2, ensure_ascii=False))
