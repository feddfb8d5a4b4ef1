"""What pages and commands say of imports and their runs."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from accounts.models import Merchant
from products.imports.sources import PACES
from products.models import FeedImport, ImportRun, RunStatus

SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """An import in the list, with its latest run."""

    feed: FeedImport
    run: ImportRun | None

    @property
    def source(self) -> str:
        return source_of(self.feed)

    @property
    def pace(self) -> str:
        return pace_of(self.feed)


def lines(merchant: Merchant) -> list[Line]:
    """Two queries, however many imports; reports are left where they are."""
    feeds = FeedImport.objects.for_merchant(merchant).select_related("store")
    latest = ImportRun.objects.filter(feed_import__merchant=merchant).order_by("feed_import_id", "-pk")
    runs = {run.feed_import_id: run for run in latest.distinct("feed_import_id").defer("report")}
    return [Line(feed, runs.get(feed.pk)) for feed in feeds]


def source_of(feed: FeedImport) -> str:
    return (urlsplit(feed.url).hostname or feed.url) if feed.url else "File"


def pace_of(feed: FeedImport) -> str:
    return (
        PACES.get(feed.every_minutes or 0, f"every {feed.every_minutes} minutes") if feed.every_minutes else "by hand"
    )


def result_of(run: ImportRun) -> str:
    """What came of a run, in a sentence."""
    if run.status == RunStatus.WAITING:
        return "Begins as soon as a worker is free."
    if run.status == RunStatus.RUNNING:
        return "Reading." if run.total_bytes is not None else "Fetching the feed."
    if run.error:
        return run.error
    if run.unchanged:
        return "Nothing new since the last run; its stock is confirmed."
    gone = f" {run.gone:,} no longer in the feed, so sold out." if run.gone else ""
    left_out = f", {run.bad:,} left out" if run.bad else ""
    return f"{run.good:,} of {run.good + run.bad:,} rows recorded{left_out}.{gone}"


def percent(run: ImportRun) -> int | None:
    """How far a running run is; None while that cannot be known."""
    if run.status == RunStatus.DONE:
        return 100
    return min(100, run.read_bytes * 100 // run.total_bytes) if run.total_bytes else None


def unlisted(run: ImportRun) -> int:
    """Rows that were left out and stand in no report, since it has an end."""
    return run.bad - len({problem["line"] for problem in run.report if not problem["kept"]})


def seconds(run: ImportRun, now: datetime) -> int | None:
    return max(0, int(((run.ended_at or now) - run.started_at).total_seconds())) if run.started_at else None


def report_csv(run: ImportRun) -> str:
    """The report as a file for a spreadsheet: byte order mark, and nothing that it would take for a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(["Line", "Column", "What is wrong", "Value", "Row"])
    for problem in run.report:
        table.writerow(_cells(problem))
    if more := unlisted(run):
        table.writerow(["", "", f"And {more:,} more rows that were left out.", "", ""])
    return out.getvalue()


def _cells(problem: dict[str, Any]) -> list[object]:
    outcome = "" if not problem["line"] else "recorded without it" if problem["kept"] else "left out"
    value = problem["value"]
    plain = f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return [problem["line"] or "", problem["field"], problem["detail"], plain, outcome]
