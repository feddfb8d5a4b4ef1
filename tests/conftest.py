"""What every test may ask for. The services are started by `tests.settings`."""

import gc
import os
import shutil
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from aiq.lib import doorbell

# How fast examples are made and tried says how busy the machine is, and nothing of the code.
settings.register_profile("on a busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on a busy machine")


class Sink:
    """An SMTP server's handler that keeps what it is given, parsed. `answer` may be set to a refusal."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            self.messages.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return self.answer

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in message["To"]]


@pytest.fixture
def smtp_sink(settings: Any) -> Iterator[Sink]:
    """A real SMTP server on a free port; Django's email goes there."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=_free_port(), enable_SMTPUTF8=True)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield sink
    controller.stop()


@pytest.fixture(autouse=True)
def usual_garbage() -> Iterator[None]:
    """Workers and servers that a test runs within its own process make Python collect seldom (`aiq.garbage`): not beyond that test."""
    before = gc.get_threshold()
    yield
    if gc.get_threshold() != before:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.fixture
def clean_redis() -> Iterator[None]:
    """No bell and no job of another test."""
    doorbell.connection().flushdb()
    doorbell.forget()
    yield
    doorbell.connection().flushdb()


def chromium() -> str | None:
    """The machine's Chromium; "" for the one that Playwright downloaded itself; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return found or ("" if any(downloads.glob("chromium*")) else None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright's own, on that Chromium; root may only run it without its sandbox."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    own = {"args": [*sandbox, "--disable-gpu", "--disable-background-networking"]}
    return browser_type_launch_args | own | ({"executable_path": path} if (path := chromium()) else {})


LONGEST = ("tests/browser/", "tests/week/", "tests/chaos/", "tests/aiq/test_up.py", "tests/test_demo.py")


class BrowserInOneWorker(LoadFileScheduling):
    """A file goes to one worker; those of the browser all to the same, so that one site and one Chromium are started."""

    def _split_scope(self, nodeid: str) -> str:
        return LONGEST[0] if nodeid.startswith(LONGEST[0]) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return BrowserInOneWorker(config, log) if config.getvalue("dist") == "loadfile" else None


def _length(item: pytest.Item) -> int:
    """What takes long comes first, so that no worker ends with it alone."""
    return next((at for at, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, and the last line says so."""
    items.sort(key=_length)
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The last lines say so where the browser tests were skipped."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests were skipped: no Chromium could be had here.")
