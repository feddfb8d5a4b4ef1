"""Brings the file of a run here: an uploaded one lies there already, an address is fetched."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from aiq.lib.http import FetchError, Limits, fetch
from products.imports import uploads
from products.imports.claims import renew
from products.models import ImportRun

LIMITS = Limits(bytes=uploads.MAX_BYTES, seconds=600)
RENEW_SECONDS = 1.0
MISSING = (
    "The uploaded file is not on the machine that reads it. Upload it again; if that happens again, the web and jobs "
    "processes need one data directory."
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """`path` is None where the address says that nothing changed since its last answer, told by `etag` and
    `last_modified`."""

    path: Path | None
    etag: str = ""
    last_modified: str = ""


def bring(run: ImportRun) -> Fetched:
    """Raises `FetchError`, and `LostRun` where fetching took so long that another reader came."""
    if run.file:
        path = uploads.place_of(run.code)
        if not path.exists():
            raise FetchError(MISSING, passing=False)
        return Fetched(path)
    feed = run.feed_import
    asked = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    with fetch(feed.url, LIMITS, {name: value for name, value in asked.items() if value}) as answer:
        if answer.status == 304:
            return Fetched(None, feed.etag, feed.last_modified)
        etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
        path = uploads.keep(run.code, _with_progress(run, answer.chunks))
    return Fetched(path, etag if len(etag) <= 300 else "", modified if len(modified) <= 100 else "")


def _with_progress(run: ImportRun, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks as they come; from time to time the run is told how many bytes are here."""
    done, told = 0, monotonic()
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if monotonic() - told > RENEW_SECONDS:
            renew(run, read_bytes=done)
            told = monotonic()
