"""Support's terminal beside a running site: one process that stays, since each start of Python costs a second.

What is typed runs as `manage.py` runs it, with its standard input and output; in between no connection is kept.
"""

import contextlib
import io
import json
import subprocess
import sys
import traceback
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connections

LISTEN = "from tests.terminal import listen; listen()"


class Terminal:
    """The process, seen from the test. `run` and `shell` fail with what it wrote to standard error."""

    def __init__(self, environ: dict[str, str]) -> None:
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", LISTEN]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environ, text=True, stdin=pipe, stdout=pipe)

    def run(self, *args: str, stdin: str = "") -> Any:
        return self._ask({"args": [*args, "--json"], "stdin": stdin})

    def shell(self, code: str) -> Any:
        return self._ask({"code": code, "stdin": ""})

    def close(self) -> None:
        self.process.communicate()

    def _ask(self, asked: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["status"] == 0, answer["errors"]
        return json.loads(answer["output"])


def listen() -> None:
    """Within that process: a line of JSON in, one out."""
    own_input, own_output = sys.stdin, sys.stdout
    for line in own_input:
        own_output.write(json.dumps(_answer(json.loads(line))) + "\n")
        own_output.flush()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        mock.patch("sys.stdin", io.StringIO(asked["stdin"])),
    ):
        status = _run(asked)
    return {"status": status, "output": output.getvalue(), "errors": errors.getvalue()}


def _run(asked: dict[str, Any]) -> int:
    try:
        if "code" in asked:
            exec(asked["code"], {})
        else:
            execute_from_command_line(["manage.py", *asked["args"]])
    except SystemExit as end:
        return int(end.code or 0) if isinstance(end.code, int | None) else 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        connections.close_all()
    return 0
