"""`create_demo`: the sample merchant of `make demo`. Harmless to repeat: what is there stays."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations import demo


class Command(BaseCommand):
    help = "Make the sample merchant: stores, products with pictures, people, campaigns, history."

    def handle(self, *args: Any, **options: Any) -> None:
        made = demo.create()
        self.stdout.write(f"{made.merchant.name} is ready.")
