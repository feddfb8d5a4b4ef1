"""A server process of ours in a session of its own: started, waited for, stopped; healed after a crash. No Django import."""

import ctypes
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000
# A socket's path may have 107 bytes on Linux and 103 on macOS, its name included.
FOLDER_LIMIT = 85


class DaemonError(Exception):
    """A server did not start; the text says why and where its log is."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running server, and the signal that makes it end cleanly."""

    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self, seconds: float = 30) -> None:
        """End it cleanly, and by force only if that takes longer than `seconds`."""
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def spawn(command: Sequence[str], *, log: Path, stop_signal: signal.Signals, user: str | None = None) -> Daemon:
    """Start it in its own session: Ctrl-C does not reach it, our death does (where the system can do that)."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.unlink()
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            preexec_fn=die_with_parent(stop_signal),
        )
    return Daemon(process, stop_signal)


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before exec so that the kernel signals it when its parent dies; None where there is no prctl."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), stop_signal)

    return ask


def wait_until(answers: Callable[[], bool], daemon: Daemon, *, log: Path, seconds: float) -> None:
    """Return once it answers. Raises DaemonError, with the end of its log, where it ends first or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers():
            return
        if daemon.process.poll() is not None:
            raise DaemonError(f"{log.stem} ended at once.\n{_tail(log)}")
        time.sleep(0.05)
    daemon.stop()
    raise DaemonError(f"{log.stem} did not answer within {seconds:.0f} s.\n{_tail(log)}")


def socket_folder(home: Path, uid: int) -> Path:
    """`home`; where its path is too long for a socket, a private temporary folder of `uid`, the same one every time."""
    if len(str(home)) <= FOLDER_LIMIT:
        return home
    note = home.with_name(f"{home.name}.sockets")
    folder = Path(note.read_text()) if note.exists() else home
    if not _private(folder, uid) or folder == home:
        folder = Path(tempfile.mkdtemp(prefix="aiq-"))
        os.chown(folder, uid, -1)
        note.write_text(str(folder))
    return folder


def _private(folder: Path, uid: int) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def end_leftover(pid_file: Path, words: str, stop_signal: signal.Signals, seconds: float = 60) -> None:
    """After a crash of the holder: end the server it left behind, or remove a pid file whose process is another's.

    `words` must stand in the command line of a process that is ours: numbers of processes are used again.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        ours = words in " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        ours = False
    if not ours:
        pid_file.unlink(missing_ok=True)
        return
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(10)


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return "\n".join([f"The end of {log}:", *lines])
