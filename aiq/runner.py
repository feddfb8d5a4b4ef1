"""Runs the lines of a Procfile in one foreground process: prefixes what they say, starts again what dies, ends all.

Own lines instead of honcho, which ends everything when one process dies. No Django import.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from aiq.daemons import die_with_parent

BACKOFF_SECONDS = (1, 2, 5, 10, 30)
STEADY_SECONDS = 60
GRACE_SECONDS = 15


def read_procfile(text: str) -> dict[str, str]:
    """`name: command` per line, in order."""
    lines = (line.partition(":") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in lines}


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Child:
    """One line of the Procfile and the process that runs it now."""

    name: str
    command: str
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float = 0.0


@dataclass
class Runner:
    """Start, watch and end the children. Everything but reading their output happens in the calling (main) thread:
    the kernel's signal at a parent's death comes when the *thread* that started the child ends."""

    commands: Mapping[str, str]
    environ: Mapping[str, str]
    folder: Path
    out: IO[str] = sys.stdout
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, on_round: Callable[[], None]) -> None:
        """Run until `stopping` is set; `on_round` is called five times a second."""
        self.children = [Child(name, command) for name, command in self.commands.items()]
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    self._look_after(child)
                on_round()
                self.stopping.wait(0.2)
        finally:
            self._end_all()

    def add(self, name: str, command: str) -> None:
        """One more process, from the next round on."""
        self.children.append(Child(name, command))

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process and child.process.poll() is not None:
            self._say(child.name, f"ended with {child.process.returncode}; starting it again")
            _signal_group(child.process.pid, signal.SIGKILL)
            child.deaths = 0 if now - child.started > STEADY_SECONDS else child.deaths + 1
            child.again_at = now + BACKOFF_SECONDS[min(child.deaths, len(BACKOFF_SECONDS)) - 1] if child.deaths else now
            child.process = None
        if not child.process and now >= child.again_at:
            self._start(child)

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S602
            f"exec {child.command}",
            shell=True,
            cwd=self.folder,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        threading.Thread(target=self._relay, args=(child.name, child.process.stdout), daemon=True).start()

    def _relay(self, name: str, output: IO[str]) -> None:
        for line in output:
            self._say(name, line.rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        self.out.write(f"{name:<8}| {line}\n")
        self.out.flush()

    def _end_all(self) -> None:
        """SIGTERM to every group, then SIGKILL to what is left of them after the grace."""
        alive = [child.process for child in self.children if child.process]
        for process in alive:
            _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say("up", f"process {process.pid} does not end; killing it")
        for process in alive:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
