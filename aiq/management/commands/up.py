"""`manage.py up`: everything in one foreground process. manage.py has started what is embedded before it comes here."""

import argparse
import os
import shlex
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aiq import embedded
from aiq.addresses import read_address, remove_address, write_address
from aiq.daemons import DaemonError
from aiq.environment import Env
from aiq.runner import Runner, free_port, read_procfile

READY_SECONDS = 120
HEAL_SECONDS = 2


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a number from 1 to 65535")
    return int(text)


class Command(BaseCommand):
    help = "Run the whole system in one foreground process; Ctrl-C ends all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=port_number, default=settings.PORT, help="port of the web process (default: PORT)"
        )
        parser.add_argument("--demo", action="store_true", help="with a sample merchant and a sample shop")

    def handle(self, *args: Any, **options: Any) -> None:
        port, demo = options["port"], options["demo"]
        self.url = Env()("PUBLIC_URL", default="") or f"http://127.0.0.1:{port}"
        self.local = f"http://127.0.0.1:{port}"
        self._refuse_taken(port)
        self._set_environment(port, demo)
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        if not settings.EMAIL_URL:
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
            address = {"EMAIL_HOST": settings.EMAIL_HOST, "EMAIL_PORT": settings.EMAIL_PORT}
            write_address(settings.DATA_DIR, "catcher", address)
        call_command("migrate", interactive=False, verbosity=0)
        if demo and "create_demo" in get_commands():
            self.stdout.write("Making the sample merchant…")
            call_command("create_demo")
        self._run(demo)

    def _refuse_taken(self, port: int) -> None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return
        raise CommandError(f"Something listens on port {port} already. Choose another: --port or PORT=….")

    def _set_environment(self, port: int, demo: bool) -> None:
        """What the children read; this process too, so that what create_demo prints and stores is right."""
        os.environ |= {"PORT": str(port), "PUBLIC_URL": self.url, "PYTHONUNBUFFERED": "1"}
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        os.environ.setdefault("AIQ_DATA_DIR", str(settings.DATA_DIR))
        if self.url == self.local:
            os.environ.setdefault("BIND", "127.0.0.1")
        if demo:
            os.environ["AIQ_DEMO"] = "1"
        settings.PORT, settings.PUBLIC_URL, settings.DEMO = port, self.url, demo or settings.DEMO

    def _run(self, demo: bool) -> None:
        commands = read_procfile((settings.BASE_DIR / "Procfile").read_text())
        if not settings.EMAIL_URL:
            commands["catcher"] = "python manage.py catcher"
        self.runner = Runner(commands, os.environ, settings.BASE_DIR)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.runner.stopping.set())
        self.demo, self.ready, self.started, self.heal_at = demo, False, time.monotonic(), 0.0
        write_address(settings.DATA_DIR, "site", {"port": settings.PORT, "public_url": self.url, "demo": settings.DEMO})
        try:
            self.runner.run(self._on_round)
        finally:
            remove_address(settings.DATA_DIR, "site")
        self.stdout.write("Stopped.")

    def _on_round(self) -> None:
        if time.monotonic() >= self.heal_at:
            self._heal()
        self._until_ready()

    def _heal(self) -> None:
        try:
            for done in embedded.heal(settings.DATA_DIR):
                self.stdout.write(done)
        except DaemonError as error:
            self.stderr.write(str(error))
            self.heal_at = time.monotonic() + HEAL_SECONDS

    def _until_ready(self) -> None:
        if self.ready:
            return
        answer = self._readiness()
        if answer is None:
            self.ready = True
            self._announce()
        elif time.monotonic() - self.started > READY_SECONDS:
            self.started = time.monotonic()
            self.stderr.write(f"Not ready yet: {answer}")

    def _readiness(self) -> str | None:
        """None once /readyz is 200, else why not."""
        try:
            with urllib.request.urlopen(f"{self.local}/readyz", timeout=5):  # noqa: S310
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except OSError as error:
            return str(error)

    def _announce(self) -> None:
        demo = read_address(settings.DATA_DIR, "demo") if self.demo else {}
        if arguments := demo.get("simulate_args"):
            self.runner.add("shop", f"python manage.py simulate_shop {shlex.join(map(str, arguments))}")
        self.stdout.write(f"ready {self.local}")
        if self.url != self.local:
            self.stdout.write(f"Its public address: {self.url}")
        for login in demo.get("logins", []):
            self.stdout.write(f"  {login['role']:<18} {login['email']:<32} {login['password']}")
        if not settings.EMAIL_URL:
            self.stdout.write(f"Mail is caught: {self.url}/inbox/")
        if not self.demo and not get_user_model().objects.exists():
            self.stdout.write(f"Nobody can sign in yet. Create the first owner: {self.url}/welcome/")
        self.stdout.flush()
