"""Reads a run that was claimed: rows in batches into the catalogue, what is wrong into the report.

One batch and how far the run is are one transaction, so that what the page shows is what was recorded. Rows are read and
forgotten: memory does not grow with the file.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction

from aiq.lib.http import FetchError
from products import catalog
from products.facts import ProductFact, Told
from products.imports import claims, uploads
from products.imports.checking import Checked, check
from products.imports.fetching import Fetched, bring
from products.imports.opening import Source, open_source
from products.imports.rows import Problem, UnreadableSource
from products.models import FeedImport, ImportRun

BATCH = 500
GRACE = timedelta(minutes=15)
MAX_BAD_ROWS = 1000
MAX_KEPT_PROBLEMS = 500
OUR_ERROR = "It stopped by an error of ours, not of the file. What was recorded until then stays."
SHRUNK = (
    "More than half of the products it held before are missing, so none of those was taken as sold out. If that is how "
    "it should be, say so by telling their stock."
)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What came of the rows so far. `unread` are keys of rows that were left out: they are not missing."""

    good: int = 0
    bad: int = 0
    report: list[Problem] = field(default_factory=list)
    kept: int = 0
    unread: set[str] = field(default_factory=set)

    def add(self, checked: Checked) -> None:
        if checked.fact:
            self.good += 1
        else:
            self.bad += 1
        if checked.key and not (checked.fact and checked.fact.stock):
            self.unread.add(checked.key)
        for problem in checked.problems:
            self._list(problem, of_bad_row=checked.fact is None)

    def _list(self, problem: Problem, *, of_bad_row: bool) -> None:
        """The report holds so many rows that were left out, and so many remarks on others."""
        if of_bad_row:
            listed = self.bad <= MAX_BAD_ROWS
        else:
            self.kept += 1
            listed = self.kept <= MAX_KEPT_PROBLEMS
        if listed:
            self.report.append(problem)

    def note(self, text: str) -> None:
        self.report.insert(0, Problem(0, "", text, kept=True))

    def result(self) -> dict[str, Any]:
        return {"good": self.good, "bad": self.bad, "report": [asdict(problem) for problem in self.report]}


def read(run: ImportRun) -> None:
    """Read a claimed run to its end, done or failed. A database that is away is raised: the lease ends by itself."""
    tally = Tally()
    try:
        if error := _trouble(run, tally):
            claims.fail(run, error, tally.result())
    except claims.LostRun:
        logger.warning("import run %s was taken over by another reader", run.code)
        return
    uploads.drop(run.code)


def _trouble(run: ImportRun, tally: Tally) -> str:
    """Reads the run; why it ended too early, in a sentence for people, or ""."""
    try:
        _read(run, tally)
    except (FetchError, UnreadableSource) as error:
        return str(error)
    except (DatabaseError, claims.LostRun):
        raise
    except Exception:
        logger.exception("import run %s failed", run.code)
        return OUR_ERROR
    return ""


def _read(run: ImportRun, tally: Tally) -> None:
    fetched = bring(run)
    as_of, told = as_of_run(run), told_by(run)
    if fetched.path is None:
        with transaction.atomic():
            catalog.confirm_stock(run.feed_import_id, as_of, told.valid_until)
            claims.finish(run, {"unchanged": True})
        return
    claims.renew(run, read_bytes=0, total_bytes=fetched.path.stat().st_size)
    with open_source(fetched.path, run.feed_import.format) as source:
        for text in source.notes:
            tally.note(text)
        _record(run, source, tally, told)
    _finish(run, fetched, tally, told)


def as_of_run(run: ImportRun) -> datetime:
    """When what it tells was true: an upload's at its arrival, an address's when it was asked."""
    at = run.created_at if run.file else run.started_at
    assert at is not None, "the run was claimed"
    return at


def told_by(run: ImportRun) -> Told:
    """A scheduled figure counts until two runs were missed; one given by hand until the next."""
    feed = run.feed_import
    if run.file or not feed.every_minutes:
        return Told(feed.pk)
    return Told(feed.pk, as_of_run(run) + 2 * timedelta(minutes=feed.every_minutes) + GRACE)


def _record(run: ImportRun, source: Source, tally: Tally, told: Told) -> None:
    feed, as_of = run.feed_import, as_of_run(run)
    checked = (check(row, source.format, feed.merchant.currency, as_of) for row in source.rows)
    for batch in _batches(checked):
        for one in batch:
            tally.add(one)
        facts = _joined([one.fact for one in batch if one.fact])
        with transaction.atomic():
            catalog.record_products(feed.merchant_id, facts, default_store_id=feed.store_id, now=as_of, told_by=told)
            claims.renew(run, read_bytes=source.position(), good=tally.good, bad=tally.bad)


def _batches(checked: Iterator[Checked]) -> Iterator[list[Checked]]:
    while batch := list(islice(checked, BATCH)):
        yield batch


def _joined(facts: Sequence[ProductFact]) -> list[ProductFact]:
    """One fact per product: a file with a line per location says the product again on each."""
    joined: dict[str, ProductFact] = {}
    for fact in facts:
        before = joined.get(fact.key)
        joined[fact.key] = replace(fact, stock=before.stock + fact.stock) if before else fact
    return list(joined.values())


def _finish(run: ImportRun, fetched: Fetched, tally: Tally, told: Told) -> None:
    """An address holds everything its store sells: what is no longer in it is sold out. A file given by hand may be part
    of it, and changes only what it names."""
    with transaction.atomic():
        gone: int | None = 0
        if not run.file and tally.good:
            gone = catalog.sell_out_absent(run.feed_import_id, as_of_run(run), told.valid_until, but=tally.unread)
            if gone is None:
                tally.note(SHRUNK)
            FeedImport.objects.filter(pk=run.feed_import_id, url=run.feed_import.url).update(
                etag=fetched.etag, last_modified=fetched.last_modified
            )
        claims.finish(run, tally.result() | {"gone": gone or 0})
