"""What watchers of the system ask: is the process up, can it take work, how much waits."""

from collections.abc import Callable
from functools import cache

import redis
from django.core.cache import cache as django_cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from aiq import backlog
from aiq.lib import doorbell

OLDEST_EVENT_SECONDS = 600
METRICS_SECONDS = 5


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. No I/O."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 once this process can take and pass on work; else 503 with a sentence per reason."""
    reasons = {name: reason for name, check in _CHECKS.items() if (reason := check())}
    if "database" in reasons:
        reasons = {"database": reasons["database"]} | {k: v for k, v in reasons.items() if k == "redis"}
    answer = JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def metrics(request: HttpRequest) -> HttpResponse:
    """A few gauges for Prometheus, counted at most once in 5 s however often they are asked for."""
    try:
        text = django_cache.get_or_set("aiq:metrics", _measure, METRICS_SECONDS)
    except DatabaseError:
        return HttpResponse("the database is away\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _measure() -> bytes:
    registry, now = CollectorRegistry(), timezone.now()
    for name, what, read in _GAUGES:
        waiting = read()
        Gauge(f"aiq_{name}", what, registry=registry).set(waiting.count)
        Gauge(f"aiq_{name}_oldest_seconds", f"{what}: age of the oldest", registry=registry).set(waiting.age(now))
    return generate_latest(registry)


_GAUGES: tuple[tuple[str, str, Callable[[], backlog.Backlog]], ...] = (
    ("events_waiting", "Inbound events not translated yet", backlog.waiting_events),
    ("deliveries_due", "Deliveries whose time has come", backlog.due_deliveries),
    ("deliveries_stale", "Deliveries left behind by a sender that died", backlog.stale_deliveries),
)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"PostgreSQL does not answer: {str(error).strip().splitlines()[0]}"
    return ""


def _redis() -> str:
    try:
        doorbell.connection().ping()
    except redis.RedisError as error:
        return f"Redis does not answer: {error}"
    return ""


def _migrations() -> str:
    try:
        return "" if _migrated() else "Migrations are not applied: run manage.py migrate."
    except (DatabaseError, NotMigratedError):
        return "Migrations are not applied: run manage.py migrate."


class NotMigratedError(Exception):
    """Not remembered, unlike the opposite: applied once is applied for as long as this code runs."""


@cache
def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigratedError
    return True


def _queue_age() -> str:
    try:
        age = backlog.waiting_events().age(timezone.now())
    except DatabaseError:
        return "The queue of events cannot be read."
    return f"The oldest event has waited {age:.0f} s: is a worker running?" if age > OLDEST_EVENT_SECONDS else ""


_CHECKS = {"database": _database, "redis": _redis, "migrations": _migrations, "queue": _queue_age}
