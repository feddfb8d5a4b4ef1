"""One PostgreSQL and one Valkey for a whole test run, xdist's workers included; those given by the environment are used as they are.

Loaded before Django's settings: what is started here reaches them, and every process that a test starts, by the
environment. Nothing is made durable: what a crash would lose is thrown away anyway.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from aiq import postgres, valkey

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
KEYS = ("SECRET_KEY", "DATA_KEY", "HASH_KEY")


def prepare() -> None:
    """Start what is missing, once, and give this process its own folder and its own Redis database."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _start()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")
    os.environ["AIQ_DATA_DIR"] = str(Path(os.environ["TEST_DATA_DIR"]) / worker)
    os.environ["REDIS_URL"] = _redis_of(os.environ["TEST_REDIS_URL"], int(worker.removeprefix("gw")) + 1)


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="aiq-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TEST_DATA_DIR"] = str(folder)
    for name in KEYS:
        os.environ[name] = secrets.token_urlsafe(48)
    for name in ("EMAIL_URL", "PUBLIC_URL", "PORT", "DEBUG", "AIQ_DEMO"):
        os.environ.pop(name, None)
    if not os.environ.get("DATABASE_URL"):
        daemon, address = postgres.start(folder, **FAST)
        atexit.register(daemon.stop)
        os.environ["DATABASE_URL"] = f"postgresql://{address['user']}@/{address['dbname']}?host={address['host']}"
    if not os.environ.get("REDIS_URL"):
        daemon, url = valkey.start(folder, appendonly="no")
        atexit.register(daemon.stop)
        os.environ["REDIS_URL"] = url
    os.environ["TEST_REDIS_URL"] = os.environ["REDIS_URL"]


def _redis_of(url: str, number: int) -> str:
    """The same server, another database."""
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={number}"
    base, _, path = url.partition("://")
    return f"{base}://{path.partition('/')[0]}/{number}"
