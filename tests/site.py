"""The whole system as an operator starts it: `manage.py up` with a folder and a port of its own.

A browser test reaches data over HTTP and by commands only: Playwright leaves an event loop that the ORM refuses.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.terminal import Terminal

READY_SECONDS = 90
HIDDEN = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_KEY", "HASH_KEY", "EMAIL_URL", "PUBLIC_URL", "PORT"}


@dataclass(frozen=True)
class Site:
    """A running site: its address, and support's terminal beside it."""

    url: str
    environ: dict[str, str]
    terminal: Terminal

    def command(self, *args: str, stdin: str = "") -> Any:
        """Type a support command with `--json`; its document."""
        return self.terminal.run(*args, stdin=stdin)

    def shell(self, code: str) -> Any:
        """Run Python beside the site; what it prints, read as JSON."""
        return self.terminal.shell(code)

    def call(self, method: str, path: str, key: str, body: Any = None) -> Any:
        """Call /v2/ as a store does; the answer's `data`."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-APIKEY": key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["data"]


@contextmanager
def running(folder: Path, port: int) -> Iterator[Site]:
    """Start everything, wait until it is ready, and stop all of it."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    environ = kept | {"AIQ_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "aiq.settings", "WEB_WORKERS": "1"}
    log = folder / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=settings.BASE_DIR,
            env=environ,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: f"ready {url}" in log.read_text() or process.poll() is not None, READY_SECONDS, log.read_text)
        assert process.poll() is None, log.read_text()
        with closing(Terminal(environ)) as terminal:
            yield Site(url, environ, terminal)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(READY_SECONDS)


def until(found: Callable[[], Any], seconds: float = 20, why_not: Callable[[], object] = lambda: "") -> Any:
    """What `found` returns once it is true. Fails after `seconds`, with what `why_not` says."""
    limit = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < limit, why_not()
        time.sleep(0.1)
    return result
