"""Asks for a run: by hand, by a schedule that is due, with a file or without."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Now

from accounts.models import User
from aiq.lib.doorbell import ring
from products.imports import uploads
from products.models import FeedImport, ImportRun
from products.models.imports import OPEN

QUEUE, JOB = "jobs", "products.jobs.run_imports"
DUE_AT_ONCE = 200


def ask(feed: FeedImport, user: User | None = None, chunks: Iterable[bytes] | None = None) -> tuple[ImportRun, bool]:
    """A run of an import, with a file or of its address, and whether it is a new one: while one is open there is no
    other."""
    code = uuid4()
    if chunks is not None:
        uploads.keep(code, chunks)
    try:
        with transaction.atomic():
            file = f"{uploads.FOLDER}/{code}" if chunks is not None else ""
            run = ImportRun.objects.create(code=code, feed_import=feed, started_by=user, file=file)
    except IntegrityError:
        uploads.drop(code)
        return ImportRun.objects.filter(feed_import=feed, status__in=OPEN).latest("pk"), False
    transaction.on_commit(lambda: ring(QUEUE, JOB))
    return run, True


@transaction.atomic
def ask_due() -> int:
    """Runs for the schedules that are due, and when each is due next. Where one is open still, that one will do."""
    due = FeedImport.objects.due().select_for_update(skip_locked=True).order_by("pk")
    pks = list(due.values_list("pk", flat=True)[:DUE_AT_ONCE])
    ImportRun.objects.bulk_create([ImportRun(feed_import_id=pk) for pk in pks], ignore_conflicts=True)
    pace = ExpressionWrapper(F("every_minutes") * Value(timedelta(minutes=1)), output_field=DurationField())
    following = ExpressionWrapper(Now() + pace, output_field=DateTimeField())
    FeedImport.objects.filter(pk__in=pks).update(next_run_at=following)
    return len(pks)
