"""What `manage.py check` says of an environment: ids and hints, no traceback."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as real
from django.core.checks import CheckMessage

from aiq.checks import check_environment, refuse_wrong_environment


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=real.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "aiq.settings"} | environ,
        capture_output=True,
        text=True,
    )


def test_a_good_environment_has_nothing_to_say() -> None:
    assert check_environment(None) == []


def test_a_missing_and_a_short_key_are_told_apart(settings: Any) -> None:
    settings.KEYS = {"SECRET_KEY": "", "DATA_KEY": "short", "HASH_KEY": "x" * 50}
    assert ids(check_environment(None)) == ["aiq.E001", "aiq.W002"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cart.example.com", []),
        ("http://localhost:8000", []),
        ("http://cart.example.com", ["aiq.W001"]),
        ("cart.example.com", ["aiq.E005"]),
        ("https://cart.example.com/shop", ["aiq.E005"]),
    ],
)
def test_the_public_address_is_looked_at(settings: Any, url: str, expected: list[str]) -> None:
    settings.PUBLIC_URL = url
    assert ids(check_environment(None)) == expected


def test_a_provider_without_its_key_is_named(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:password"}
    (message,) = check_environment(None)
    assert message.id == "aiq.E004"
    assert "POSTMARK_SERVER_TOKEN" in message.msg


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("postmark", {"POSTMARK_SERVER_TOKEN": "k"}, ["aiq.W003"]),
        ("postmark", {"POSTMARK_SERVER_TOKEN": "k", "WEBHOOK_SECRET": "name:password"}, []),
        ("mailersend", {"MAILERSEND_API_TOKEN": "k"}, ["aiq.W003"]),
        ("mailersend", {"MAILERSEND_API_TOKEN": "k", "MAILERSEND_SIGNING_SECRET": "s"}, []),
        ("scaleway", {"SCALEWAY_SECRET_KEY": "k", "SCALEWAY_PROJECT_ID": "p"}, []),
    ],
)
def test_reports_that_anybody_could_send_are_warned_of(
    settings: Any, name: str, options: dict[str, str], expected: list[str]
) -> None:
    settings.EMAIL_BACKEND, settings.ANYMAIL = f"anymail.backends.{name}.EmailBackend", options
    assert ids(check_environment(None)) == expected


def test_the_web_process_ends_with_the_checks_in_place_of_a_traceback(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.PUBLIC_URL = "nonsense"
    with pytest.raises(SystemExit, match="1"):
        refuse_wrong_environment()
    assert "aiq.E005" in capsys.readouterr().err


def test_the_command_line_names_every_wrong_value_at_once() -> None:
    done = run("manage.py", "check", DATABASE_URL="mysql://x", EMAIL_URL="pigeon", PORT="x", SECRET_KEY="")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert {"aiq.E001", "aiq.E002", "aiq.E004", "aiq.E006"} <= {word.strip("()") for word in done.stderr.split()}


def test_the_web_process_refuses_without_a_traceback() -> None:
    done = run("-c", "import aiq.wsgi", SECRET_KEY="", DATABASE_URL="mysql://x")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "aiq.E002" in done.stderr
