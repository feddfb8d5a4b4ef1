"""What /healthz, /readyz and /metrics say, and of what."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as real
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from aiq import health
from aiq.lib import doorbell
from integrations.models import EventKey
from tests import factories


@pytest.fixture(autouse=True)
def fresh() -> None:
    health._migrated.cache_clear()
    cache.clear()


def reasons(client: Client) -> dict[str, str]:
    response = client.get("/readyz")
    found = response.json()
    assert (response.status_code == 200) is found["ready"] is (not found["reasons"])
    return found["reasons"]


def test_a_live_process_says_so_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_whole_system_is_ready(client: Client) -> None:
    assert reasons(client) == {}


@pytest.mark.django_db
def test_without_redis_it_is_not_ready(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    doorbell.forget()
    assert list(reasons(client)) == ["redis"]
    settings.REDIS_URL = real.REDIS_URL
    doorbell.forget()


@pytest.mark.django_db
def test_with_a_migration_missing_it_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    assert "migrate" in reasons(client)["migrations"]


@pytest.mark.django_db
def test_with_an_event_that_waits_too_long_it_is_not_ready(client: Client) -> None:
    event = factories.event(factories.connection(factories.merchant()))
    EventKey.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(hours=1))
    assert "worker" in reasons(client)["queue"]


@pytest.mark.django_db
def test_metrics_count_what_waits(client: Client) -> None:
    factories.event(factories.connection(factories.merchant()))
    lines = client.get("/metrics").content.decode().splitlines()
    assert "aiq_events_waiting 1.0" in lines
    assert "aiq_deliveries_stale 0.0" in lines


def test_without_a_database_it_says_so_and_stays_alive() -> None:
    code = (
        "import django; django.setup(); from django.test import Client; c = Client(SERVER_NAME='127.0.0.1'); r = c.get('/readyz');"
        "print(r.status_code, r.content.decode()); print(c.get('/healthz').status_code, c.get('/metrics').status_code)"
    )
    environ = os.environ | {"DATABASE_URL": "postgresql://x@/x?host=/nowhere", "DJANGO_SETTINGS_MODULE": "aiq.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=real.BASE_DIR, env=environ, capture_output=True, text=True)
    ready, others = done.stdout.strip().splitlines()
    assert ready.startswith("503 ")
    assert list(json.loads(ready[4:])["reasons"]) == ["database"]
    assert others == "200 503"
