"""System checks of the environment: one id and one hint for each way it can be wrong.

E001 a key is missing · E002 DATABASE_URL · E003 REDIS_URL · E004 EMAIL_URL · E005 PUBLIC_URL · E006 a number or switch ·
E007 NAME_FILE · E008 AIQ_DATA_DIR · E009 SENTRY_DSN · E010 SMS_URL · E011 PUSH_URL · E012 VAPID_PRIVATE_KEY ·
W001 a public address without https · W002 a short key · W003 reports of the mail provider that anybody could send
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Warn
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection

from campaigns.sender.providers import unproven

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHORT_KEY = 32


def check_environment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything that is wrong with the environment, worst first."""
    noted = [Error(problem.message, hint=problem.hint, id=problem.check) for problem in settings.ENVIRONMENT_PROBLEMS]
    return [*noted, *_keys(), *_public_url(), *_data_dir(), *_email(), *_push()]


def refuse_wrong_environment() -> None:
    """For processes that Django starts without its checks: end with the errors as text and exit code 1."""
    errors = [message for message in check_environment(None) if message.is_serious()]
    if errors:
        sys.stderr.write("\n".join(map(str, errors)) + "\n")
        raise SystemExit(1)


def _keys() -> Iterator[CheckMessage]:
    for name, value in settings.KEYS.items():
        if not value:
            hint = (
                f"Set {name} or {name}_FILE to at least 50 random characters; only fully embedded services generate it."
            )
            yield Error(f"{name} is not set.", hint=hint, id="aiq.E001")
        elif len(value) < SHORT_KEY:
            yield Warn(f"{name} is shorter than {SHORT_KEY} characters.", hint="Use 50 random ones.", id="aiq.W002")


def _public_url() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        hint = "Write it as https://host, with no path after it."
        yield Error("PUBLIC_URL is not the address of a site.", hint=hint, id="aiq.E005")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        hint = "Serve it by https and say so in PUBLIC_URL: that switches on secure cookies, redirect and HSTS."
        yield Warn("PUBLIC_URL is a public address without https.", hint=hint, id="aiq.W001")


def _data_dir() -> Iterator[CheckMessage]:
    folder = settings.DATA_DIR
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Error("AIQ_DATA_DIR cannot be written.", hint=f"Let this user write {settings.DATA_DIR}.", id="aiq.E008")


def _email() -> Iterator[CheckMessage]:
    """Anymail itself knows which keys each of its providers needs; it says so when its backend is made."""
    if not settings.EMAIL_BACKEND.startswith("anymail."):
        return
    try:
        get_connection()
    except (ImproperlyConfigured, ImportError) as error:
        hint = "Set the provider's key as ANYMAIL_<PROVIDER>_<NAME>, and install what the provider needs."
        yield Error(f"EMAIL_URL: {str(error).splitlines()[0]}", hint=hint, id="aiq.E004")
    if unproven(settings.EMAIL_BACKEND, getattr(settings, "ANYMAIL", {})):
        hint = (
            "Set ANYMAIL_WEBHOOK_SECRET=name:password and give the provider https://name:password@… as their address."
        )
        yield Warn("Anybody could send bounces in the mail provider's name.", hint=hint, id="aiq.W003")


def _push() -> Iterator[CheckMessage]:
    if settings.PUSH_CONTACT and not settings.VAPID_PRIVATE_KEY:
        hint = "Make one with `openssl ecparam -name prime256v1 -genkey -noout` and give it by VAPID_PRIVATE_KEY_FILE."
        yield Error("VAPID_PRIVATE_KEY is not set, and PUSH_URL is.", hint=hint, id="aiq.E012")
