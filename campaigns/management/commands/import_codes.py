"""`import_codes MERCHANT DISCOUNT FILE`: codes of its own for a discount, one a line."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from campaigns.incentives import pool
from campaigns.management.finding import merchant_or_refuse
from campaigns.models import Discount


class Command(SupportCommand):
    help = "Bring the codes in a CSV or text file, one a line, into a discount. Lines that hold no code are told; the others are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("discount", help="name of the discount")
        parser.add_argument("file", type=Path, help="CSV or text file, a code first on each line")

    def run(self, **options: Any) -> None:
        discount = _discount_or_refuse(options["merchant"], options["discount"])
        try:
            with options["file"].open(encoding="utf-8", errors="replace") as lines:
                added = pool.add(discount, lines, timezone.now())
        except OSError as error:
            raise Refused(f"{options['file']} cannot be read: {error.strerror}.") from error
        bad = [{"line": line, "problem": why} for line, why in added.bad]
        data = {"added": added.added, "known": added.known, "refused": added.refused, "bad": bad}
        told = "".join(f"\n  line {line}: {why}" for line, why in added.bad)
        self.done(data, f"{added.in_words()} {discount} has {pool.free(discount):,} codes to give.{told}")


def _discount_or_refuse(slug: str, name: str) -> Discount:
    """The discount with codes of its own. Raises `Refused`."""
    merchant = merchant_or_refuse(slug)
    discount = Discount.objects.for_merchant(merchant).filter(name=name).first()
    if discount is None:
        raise Refused(f"{merchant} has no discount {name!r}.")
    if discount.code_shared:
        raise Refused(f"{name} has one code for everybody, {discount.code_shared}.")
    return discount
