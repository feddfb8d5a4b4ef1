"""The embedded PostgreSQL and Valkey: who starts them, who finds them, who stops them. No Django import.

Only the holder of `services.lock` under AIQ_DATA_DIR starts and stops them; the kernel lets go of the lock when its
holder dies, however it dies, so a stale one cannot exist. The holder writes `services.json` once both answer, and
everybody else reads that. A command that holds the lock for its own duration waits for others that came to share its
services before it stops them.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from aiq import postgres, valkey
from aiq.addresses import read_address, remove_address, write_address
from aiq.daemons import Daemon

NEEDS_NOTHING = frozenset(
    "catcher check collectstatic compilemessages diffsettings findstatic help lint_templates makemessages spectacular "
    "startapp startproject version".split()
)
START_SECONDS = 120


class AlreadyRunningError(Exception):
    """`up` found another `up` on the same AIQ_DATA_DIR."""


def wanted(environ: dict[str, str] | os._Environ[str]) -> list[str]:
    """Which services the environment leaves to us: "postgres", "redis", both or none."""
    given = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return [service for service, name in given.items() if not environ.get(name) and not environ.get(f"{name}_FILE")]


def needs_services(argv: list[str]) -> bool:
    """Does this command line talk to the database or to Redis at all?"""
    command = argv[1] if len(argv) > 1 else "help"
    return command not in NEEDS_NOTHING and not command.startswith("-") and not {"--help", "-h"} & set(argv)


@contextmanager
def running(data_dir: Path, services: list[str], *, holder: str = "command") -> Iterator[None]:
    """Within this block the services run: found, or started here and stopped at the end.

    Raises AlreadyRunningError where `holder` is "up" and another `up` has them, DaemonError where one cannot start.
    """
    if not services:
        yield
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context((data_dir / "services.lock").open("a"))
        users = stack.enter_context((data_dir / "services.users").open("a"))
        if _hold_or_find(data_dir, lock, users, holder):
            stack.enter_context(_served(data_dir, services, holder, users))
        yield


def _hold_or_find(data_dir: Path, lock: Any, users: Any, holder: str) -> bool:
    """True: we hold the lock and shall start them. False: somebody else's are up, and know that we use them."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _take(lock, fcntl.LOCK_EX):
            return True
        found = read_address(data_dir, "services")
        if holder == "up" and found.get("holder") == "up":
            raise AlreadyRunningError(f"Already running (process {found.get('pid')}) on {data_dir}.")
        # Read again under the lock: the holder takes it exclusively before it removes the address and stops.
        if holder != "up" and found and _take(users, fcntl.LOCK_SH) and read_address(data_dir, "services"):
            return False
        time.sleep(0.1)
    raise TimeoutError(f"Somebody holds {lock.name}, but no services came up within {START_SECONDS} s.")


def _take(lock: Any, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _served(data_dir: Path, services: list[str], holder: str, users: Any) -> Iterator[None]:
    remove_address(data_dir, "services")
    try:
        address: dict[str, Any] = {"pid": os.getpid(), "holder": holder}
        for service in services:
            _daemons[service], address[service] = _START[service](data_dir)
        write_address(data_dir, "services", address)
        yield
    finally:
        if holder != "up":
            _wait_for_others(users)
        remove_address(data_dir, "services")
        while _daemons:
            _daemons.popitem()[1].stop()


def heal(data_dir: Path) -> Iterator[str]:
    """Start again what this process started and what has died since, at the same address. Yields what was done.

    Raises DaemonError where it does not start (PostgreSQL refuses while orphans of the old one still end); try later.
    """
    for service, daemon in list(_daemons.items()):
        if daemon.process.poll() is not None:
            _daemons[service], _ = _START[service](data_dir)
            yield f"{service} had ended with {daemon.process.returncode}; started it again"


def _wait_for_others(users: Any) -> None:
    """Others who found our services hold a shared lock while they use them."""
    if not _take(users, fcntl.LOCK_EX):
        sys.stderr.write("Waiting for other commands that use the embedded services…\n")
        fcntl.flock(users, fcntl.LOCK_EX)


_START: dict[str, Callable[[Path], tuple[Daemon, Any]]] = {"postgres": postgres.start, "redis": valkey.start}
_daemons: dict[str, Daemon] = {}
