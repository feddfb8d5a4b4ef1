"""The life of a run: waiting → running → done or failed, each arrow one conditional UPDATE.

A reader holds its run by a lease that it renews with every batch. Where it dies, the run waits again and is read from the
beginning: every batch it had recorded is recorded again, with the same result. `attempts` counts the claims and is what
every arrow matches, so that a reader that was only slow cannot move a run that another one took over.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from products.models import ImportRun, RunStatus

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3
KEPT_RUNS = 30
GAVE_UP = f"Whoever read it stopped midway, {MAX_ATTEMPTS} times. What was recorded until then stays. Run it again."


class LostRun(Exception):  # noqa: N818
    """Another reader has taken the run over: this one must touch nothing more."""


def claim(pk: int | None = None) -> ImportRun | None:
    """The oldest waiting run, or the one named, now held by the caller. None where there is none."""
    waiting = ImportRun.objects.waiting().order_by("pk")
    for run_pk in [pk] if pk else waiting.values_list("pk", flat=True)[:20]:
        taken = ImportRun.objects.waiting().filter(pk=run_pk)
        fresh: dict[str, Any] = {"read_bytes": 0, "total_bytes": None, "good": 0, "bad": 0, "report": []}
        moved = taken.update(
            status=RunStatus.RUNNING, started_at=Now(), lease_until=Now() + LEASE, attempts=F("attempts") + 1, **fresh
        )
        if moved:
            return ImportRun.objects.select_related("feed_import__merchant", "feed_import__store").get(pk=run_pk)
    return None


def renew(run: ImportRun, **progress: Any) -> None:
    """Hold on to the run, with how far it is. Raises `LostRun`."""
    if not ImportRun.objects.held(run).update(lease_until=Now() + LEASE, **progress):
        raise LostRun


def finish(run: ImportRun, result: Mapping[str, Any]) -> None:
    """running → done. Raises `LostRun`."""
    _end(run, status=RunStatus.DONE, **result)


def fail(run: ImportRun, error: str, result: Mapping[str, Any]) -> None:
    """running → failed, with a sentence for people. Raises `LostRun`."""
    _end(run, status=RunStatus.FAILED, error=error, **result)


def _end(run: ImportRun, **result: Any) -> None:
    if not ImportRun.objects.held(run).update(lease_until=None, ended_at=Now(), **result):
        raise LostRun
    kept = ImportRun.objects.filter(feed_import=run.feed_import_id).order_by("-pk").values("pk")[:KEPT_RUNS]
    ImportRun.objects.filter(feed_import=run.feed_import_id, ended_at__isnull=False).exclude(pk__in=kept).delete()


def take_up_stale() -> None:
    """Runs whose reader died wait again; after some attempts they fail."""
    stale = ImportRun.objects.stale()
    stale.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=RunStatus.FAILED, error=GAVE_UP, lease_until=None, ended_at=Now()
    )
    stale.update(status=RunStatus.WAITING, lease_until=None)
