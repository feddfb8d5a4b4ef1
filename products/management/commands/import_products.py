"""`import_products MERCHANT FILE|URL`: the same as Imports on the pages, here and now, with the report as a file."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Merchant, Store
from aiq.lib.commands import Refused, SupportCommand
from products.imports import asking, claims, sources, telling, uploads
from products.imports.reading import read
from products.imports.sources import Wish
from products.models import FeedFormat, FeedImport, ImportRun

CHUNK = 1 << 20
POLL_SECONDS = 1.0


class Command(SupportCommand):
    help = "Import products from a CSV or a Google Merchant feed. Good rows are kept, bad ones go to a report."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("source", metavar="FILE|URL")
        parser.add_argument("--store", default="", help="the store's id at their side; needed where there are several")
        parser.add_argument("--format", default=FeedFormat.AUTO, choices=FeedFormat.values)
        parser.add_argument("--report", type=Path, help="where the report goes; default: NAME-errors.csv here")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        run = self._ask(merchant, _store(merchant, options["store"]), options["source"], options["format"])
        self._read(run)
        if run.error:
            raise Refused(run.error)
        report = options["report"] or Path(f"{run.feed_import.name.rpartition('/')[2]}-errors.csv")
        if run.report:
            report.write_text(telling.report_csv(run))
        data = {
            "run": str(run.code),
            "status": run.status,
            "good": run.good,
            "bad": run.bad,
            "gone": run.gone,
            "report": str(report) if run.report else None,
        }
        self.done(data, telling.result_of(run) + (f" The report: {report}" if run.report else ""))

    def _ask(self, merchant: Merchant, store: Store, source: str, kind: str) -> ImportRun:
        """A run of the import of that name, which is made where there is none."""
        fetched = "://" in source
        if not fetched and not Path(source).is_file():
            raise Refused(f"There is no file {source!r}.")
        if not fetched and Path(source).stat().st_size > uploads.MAX_BYTES:
            raise Refused(f"The file is larger than {uploads.MAX_BYTES // 1_000_000} MB.")
        name, url = (source[:120], source) if fetched else (Path(source).name[:120], "")
        chunks = None if fetched else _chunks(Path(source))
        known = FeedImport.objects.for_merchant(merchant).filter(store=store, url=url)
        feed = (known if fetched else known.filter(name=name)).first()
        if feed is None:
            return sources.add(merchant, Wish(name, store, url, None, kind), None, chunks)
        run, new = asking.ask(feed, None, chunks)
        if not new and not fetched:
            raise Refused("A file of that name is being read already. Try again when it is done.")
        return run

    def _read(self, run: ImportRun) -> None:
        """Read it here; where a worker was quicker, watch it."""
        claimed = claims.claim(run.pk)
        if claimed is not None:
            read(claimed)
        run.refresh_from_db()
        while run.is_open:
            self.stderr.write(f"{telling.percent(run) or 0} %, {run.good:,} recorded, {run.bad:,} left out")
            time.sleep(POLL_SECONDS)
            run.refresh_from_db()


def _store(merchant: Merchant, slug: str) -> Store:
    """The store of that id; without an id, the only one. Raises `Refused`."""
    stores = {store.slug: store for store in merchant.stores.all()}
    if slug and slug not in stores:
        raise Refused(f"{merchant.name} has no store {slug!r}. It has: {', '.join(sorted(stores)) or 'none'}.")
    if not slug and len(stores) != 1:
        raise Refused(f"Say which store with --store: {', '.join(sorted(stores)) or 'there is none yet'}.")
    return stores[slug] if slug else next(iter(stores.values()))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
