"""Where products are read from besides what stores push: files and addresses, each run with what came of it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Merchant, Store


class FeedFormat(models.TextChoices):
    AUTO = "auto", "Find out by itself"
    CSV = "csv", "CSV"
    GOOGLE_XML = "google_xml", "Google Merchant feed (XML)"
    GOOGLE_CSV = "google_csv", "Google Merchant feed (CSV or TSV)"


class FeedImportQuerySet(models.QuerySet["FeedImport"]):
    def for_merchant(self, merchant: Merchant) -> "FeedImportQuerySet":
        return self.filter(merchant=merchant)

    def due(self) -> "FeedImportQuerySet":
        return self.filter(next_run_at__lte=Now())


class FeedImport(models.Model):
    """A source of products for one store: an address fetched every `every_minutes`, or a file given by hand (no `url`).

    `etag` and `last_modified` are what the address answered last, in its own words, to ask whether anything is new.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="feed_imports")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="feed_imports")
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=12, choices=FeedFormat, default=FeedFormat.AUTO)
    url = models.URLField("address", max_length=2000, blank=True)
    every_minutes = models.PositiveIntegerField(null=True, blank=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[FeedImportQuerySet] = FeedImportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_run_at__isnull=True) | (~Q(url="") & Q(every_minutes__gte=15)),
                name="scheduled_import_has_address_and_pace",
            )
        ]
        indexes = [
            models.Index(fields=["next_run_at"], name="import_due", condition=Q(next_run_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class RunStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


OPEN = (RunStatus.WAITING, RunStatus.RUNNING)


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def waiting(self) -> "ImportRunQuerySet":
        return self.filter(status=RunStatus.WAITING)

    def stale(self) -> "ImportRunQuerySet":
        """Runs whose reader has not been heard of in time."""
        return self.filter(status=RunStatus.RUNNING, lease_until__lt=Now())

    def held(self, run: "ImportRun") -> "ImportRunQuerySet":
        """The run, where it is still the one that was claimed as `run`."""
        return self.filter(pk=run.pk, status=RunStatus.RUNNING, attempts=run.attempts)


class ImportRun(models.Model):
    """One reading of a source.

    `good` and `bad` count rows; `read_bytes` of `total_bytes` is its progress (no total: still fetching); `report` lists
    what was refused, up to a limit; `gone` counts the products that the source no longer holds; `unchanged`: the source
    said that nothing is new. A reader holds the run until `lease_until`; `attempts` counts the claims, and is the token
    that every later arrow must match.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    feed_import = models.ForeignKey(FeedImport, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=8, choices=RunStatus, default=RunStatus.WAITING)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    file = models.CharField(max_length=200, blank=True, help_text="The uploaded file, below the data directory.")
    read_bytes = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(null=True)
    good = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    report = models.JSONField(default=list, blank=True)
    gone = models.PositiveIntegerField(default=0)
    unchanged = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[ImportRunQuerySet] = ImportRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed_import"], condition=Q(status__in=["waiting", "running"]), name="one_run_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until__isnull=True)),
                name="running_import_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(status="failed", error__gt="") | (~Q(status="failed") & Q(error="")),
                name="failed_import_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed_import} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
