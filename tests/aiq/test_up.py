"""`manage.py up`, for real: ready, found by a second terminal, ended without a trace, started again."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from aiq.runner import free_port

SECONDS = 90
HIDDEN = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_KEY", "HASH_KEY", "EMAIL_URL", "PUBLIC_URL"}


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    """A folder outside pytest's own: every pytest that starts closes that one to PostgreSQL's user again."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    with tempfile.TemporaryDirectory(prefix="aiq-up-", ignore_cleanup_errors=True) as folder:
        yield kept | {"AIQ_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "aiq.settings"}


@contextmanager
def up(
    environ: dict[str, str], port: int, *options: str
) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    command = [sys.executable, "manage.py", "up", "--port", str(port), *options]
    log = Path(environ["AIQ_DATA_DIR"]) / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environ, stdout=output, stderr=output, text=True)
    try:
        limit = time.monotonic() + SECONDS
        while f"ready http://127.0.0.1:{port}" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)


def manage(environ: dict[str, str], code: str) -> str:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_it_is_ready_found_ended_without_a_trace_and_started_again(environ: dict[str, str]) -> None:
    port = free_port()
    with up(environ, port) as (process, children):
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").status == 200
        code = "from django.conf import settings; from accounts.models import Merchant; Merchant.objects.create(slug='m', name='M')"
        assert manage(environ, f"{code}; print(settings.PUBLIC_URL)") == f"http://127.0.0.1:{port}"
    assert process.returncode == 0
    assert len(children) > 8
    assert psutil.wait_procs(children, timeout=10)[1] == []
    with up(environ, port):
        assert manage(environ, "from accounts.models import Merchant; print(Merchant.objects.get().name)") == "M"


def test_mail_is_caught_and_shown_in_the_demo(environ: dict[str, str]) -> None:
    port = free_port()
    environ = environ | {"AIQ_DEMO": "1"}
    with up(environ, port):
        manage(
            environ,
            "from django.core.mail import send_mail; send_mail('Caught', 'x', 'a@example.com', ['ana@example.com'])",
        )
        assert "ana@example.com" in urllib.request.urlopen(f"http://127.0.0.1:{port}/inbox/").read().decode()


def test_a_port_in_use_is_refused_in_a_sentence(environ: dict[str, str]) -> None:
    port = free_port()
    with up(environ, port):
        other = environ | {"AIQ_DATA_DIR": f"{environ['AIQ_DATA_DIR']}/other"}
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=other, capture_output=True, text=True)
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        == f"CommandError: Something listens on port {port} already. Choose another: --port or PORT=…."
    )


@pytest.mark.parametrize("port", ["99999", "0", "-1", "web"])
def test_what_is_no_port_is_wrong_use(port: str) -> None:
    with pytest.raises(CommandError, match="a number from 1 to 65535"):
        call_command("up", f"--port={port}")
