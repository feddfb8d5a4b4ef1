"""Where a run takes place: its own embedded PostgreSQL and Valkey, as durable as in production, and its processes.

No Django import: what is started here reaches the settings by the environment.
"""

import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiq import postgres, valkey
from aiq.runner import free_port, read_procfile
from bench.sink import Control

ROOT = Path(__file__).resolve().parent.parent
KEYS = ("SECRET_KEY", "DATA_KEY", "HASH_KEY")
READY_SECONDS = 30


@contextmanager
def services() -> Iterator[Control]:
    """The database, Redis and the sink; the environment points to them. Yields the line to the sink."""
    folder = Path(tempfile.mkdtemp(prefix="aiq-bench-"))
    database, address = postgres.start(folder)
    redis, redis_url = valkey.start(folder)
    sink = start("-m", "bench.sink")
    port = int(line_of(sink))
    os.environ.update({name: secrets.token_urlsafe(48) for name in KEYS})
    os.environ.update(
        AIQ_DATA_DIR=str(folder),
        DATABASE_URL=f"postgresql://{address['user']}@/{address['dbname']}?host={address['host']}",
        REDIS_URL=redis_url,
        EMAIL_URL=f"smtp://127.0.0.1:{port}",
        PUBLIC_URL="https://cart.bench.example",
        LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="bench.settings",
    )
    for name in ("DEBUG", "AIQ_DEMO", "DEFAULT_FROM_EMAIL"):
        os.environ.pop(name, None)
    try:
        yield Control(port)
    finally:
        stop(sink)
        database.stop()
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start(*words: str, **more: Any) -> subprocess.Popen[str]:
    """A Python process of ours; it talks by lines."""
    return subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more
    )


@contextmanager
def awake() -> Iterator[None]:
    """Keep all cores awake with loops that run only where nothing else wants to: how fast a core wakes up is no part of what is compared."""
    loop = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"
    loops = [start("-c", loop) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
            one.wait()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line it says. Raises where it ended instead."""
    assert process.stdout
    line = process.stdout.readline()
    if not line.endswith("\n"):
        raise RuntimeError(f"{shlex.join(map(str, process.args))} ended with {process.wait()}")  # type: ignore[arg-type]
    return line.strip()


def go(process: subprocess.Popen[str]) -> None:
    """Let a process that said `ready` begin."""
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def together(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Begin them all at once; the last word of each."""
    for process in processes:
        assert line_of(process) == "ready"
    for process in processes:
        go(process)
    words = [line_of(process) for process in processes]
    for process in processes:
        process.wait()
    return words


def stop(process: subprocess.Popen[Any], sent: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(sent)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def web(application: str = "aiq.wsgi:application", settings: str = "aiq.settings") -> Iterator[tuple[int, int]]:
    """The Procfile's web process with this application; yields its port and process id."""
    port = free_port()
    line = read_procfile((ROOT / "Procfile").read_text())["web"].replace("aiq.wsgi:application", application)
    for name, value in {"BIND:-0.0.0.0": "127.0.0.1", "PORT:-8000": str(port), "WEB_WORKERS:-2": "2"}.items():
        line = line.replace(f"${{{name}}}", value)
    with _running(line, settings) as process:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield port, process.pid


@contextmanager
def procfile(name: str) -> Iterator[int]:
    """One process of the Procfile by its name; yields its process id."""
    with _running(read_procfile((ROOT / "Procfile").read_text())[name], "aiq.settings") as process:
        yield process.pid


@contextmanager
def _running(line: str, settings: str) -> Iterator[subprocess.Popen[Any]]:
    words = shlex.split(line)
    beside = Path(sys.executable).with_name(words[0])
    command = [str(beside) if beside.exists() else words[0], *words[1:]]
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        stop(process)


def _wait_for(url: str, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def posting(port: int, keys: Sequence[str], name: str, *, seconds: float, rate: float = 0, pool: int = 1_000_000,
            connections: int = 16) -> subprocess.Popen[str]:  # fmt: skip
    """The load generator, ready to begin."""
    words = [port, "/v2/cart", ",".join(keys), name, connections, seconds, rate, pool]
    return start("-m", "bench.load", *map(str, words))


def seen(name: str) -> dict[str, Any]:
    """What the load generator saw; the file is removed. Raises where an answer was not 202."""
    file = Path(name)
    found: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    if set(found["statuses"]) != {"202"}:
        raise RuntimeError(f"answers {found['statuses']}")
    return found
