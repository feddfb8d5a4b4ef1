"""The runner of the Procfile: starts again what dies, ends all it started."""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from aiq import runner
from aiq.runner import Runner, read_procfile


def run_until(done: Callable[[Runner], bool], folder: Path, seconds: float = 10, **commands: str) -> str:
    """Run the commands until `done`, and return what they said."""
    out, limit = io.StringIO(), time.monotonic() + seconds
    running = Runner(commands, os.environ, folder, out=out)

    def on_round() -> None:
        assert time.monotonic() < limit, out.getvalue()
        if done(running):
            running.stopping.set()

    running.run(on_round)
    return out.getvalue()


def test_a_procfile_is_read_in_order() -> None:
    assert read_procfile("web: run --port $PORT\n\n# no\nclock: tick a:b\n") == {
        "web": "run --port $PORT",
        "clock": "tick a:b",
    }


def test_a_child_that_dies_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BACKOFF_SECONDS", (0.1,))
    log = tmp_path / "log"
    said = run_until(
        lambda _: log.exists() and log.read_text().count("x") == 3, tmp_path, dying="sh -c 'echo hello; echo x >> log'"
    )
    assert "dying   | hello" in said
    assert "starting it again" in said


def test_no_grandchild_outlives_the_runner(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    run_until(
        lambda _: number.exists() and number.read_text() != "",
        tmp_path,
        parent="sh -c 'sleep 1000 & echo $! > pid; wait'",
    )
    psutil.wait_procs(
        [psutil.Process(int(number.read_text()))] if psutil.pid_exists(int(number.read_text())) else [], 5
    )
    assert not psutil.pid_exists(int(number.read_text()))


def test_one_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.5)
    said = run_until(
        lambda _: (tmp_path / "on").exists(),
        tmp_path,
        deaf="sh -c \"trap '' TERM; touch on; while :; do sleep 0.1; done\"",
    )
    assert "does not end; killing it" in said
