"""`import_contacts MERCHANT FILE --source "spring fair 2026"`: shoppers and their consents from a CSV file, here and now."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from campaigns.management.finding import merchant_or_refuse
from integrations.contacts_file import Imported, NoSource, read_contacts
from products.imports.rows import UnreadableSource


class Command(SupportCommand):
    help = "Import shoppers from a CSV file. Good rows are kept, bad ones go to a report. No opt-out is ever revived."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument(
            "file", type=Path, help="CSV with a head: email, phone, first_name, …, email_consent, sms_consent"
        )
        parser.add_argument("--source", default="", help="where the consents were given; needed where the file has any")
        parser.add_argument("--report", type=Path, help="where the report goes; default: NAME-errors.csv here")

    def run(self, **options: Any) -> None:
        merchant, path = merchant_or_refuse(options["merchant"]), options["file"]
        done = self._read(merchant, path, options["source"].strip())
        report = options["report"] or Path(f"{path.name}-errors.csv")
        if done.problems:
            _write(report, done)
        where = str(report) if done.problems else None
        data = {"good": done.good, "ignored": done.ignored, "bad": done.bad, "report": where}
        told = f"{done.good:,} rows recorded, {done.ignored:,} kept with an opt-out that stands, {done.bad:,} left out."
        self.done(data, told + (f" The report: {where}" if where else ""))

    def _read(self, merchant: Any, path: Path, source: str) -> Imported:
        try:
            return read_contacts(merchant, path, source, timezone.now())
        except NoSource:
            raise Refused(
                "The file has a column of consents. Say with --source where they were given, for example the form or the fair:"
                " it stands in each shopper's history."
            ) from None
        except UnreadableSource as error:
            raise Refused(str(error)) from None
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}.") from None


def _write(report: Path, done: Imported) -> None:
    with report.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("line", "problem"))
        rows.writerows(done.problems)
