"""How values of the environment become settings, and what is said of wrong ones."""

import pkgutil
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import anymail.backends
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aiq import environment
from aiq.environment import ESPS, Env

IMPATIENT = {"connect_timeout": "5", "tcp_user_timeout": "10000"}
IMPATIENT |= {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}
NOT_SENDING = {"base", "base_requests", "console", "test", "sendinblue"}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p%40ss@db:5433/cart",
            {"NAME": "cart", "USER": "u", "PASSWORD": "p@ss", "HOST": "db", "PORT": "5433"},
        ),
        ("postgres://u@/cart?host=/run/pg", {"NAME": "cart", "USER": "u", "HOST": "/run/pg", "PORT": ""}),
        (
            "postgresql://db/cart?sslmode=require",
            {"OPTIONS": {"prepare_threshold": 5, "sslmode": "require"} | IMPATIENT},
        ),
        (
            "postgresql://db/cart?connect_timeout=30",
            {"OPTIONS": {"prepare_threshold": 5} | IMPATIENT | {"connect_timeout": "30"}},
        ),
    ],
)
def test_a_database_url_is_read_as_libpq_reads_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    settings = environment.database(Env(), tmp_path)
    assert expected.items() <= settings.items()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail:2525", {"EMAIL_HOST": "mail", "EMAIL_PORT": 2525, "EMAIL_USE_TLS": False, "EMAIL_HOST_USER": ""}),
        ("smtp://u%40x:p%2Fw@mail", {"EMAIL_PORT": 25, "EMAIL_HOST_USER": "u@x", "EMAIL_HOST_PASSWORD": "p/w"}),
        ("smtp+tls://u:p@mail", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False}),
        ("smtps://u:p@mail", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
        ("anymail+postmark://", {"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}),
        ("anymail+amazon-ses://", {"EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend"}),
        ("", {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1025}),
    ],
)
def test_an_email_url_becomes_djangos_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    env = Env()
    assert expected.items() <= environment.email(env, tmp_path).items()
    assert env.problems == []


def test_every_provider_of_anymail_can_be_named() -> None:
    assert set(ESPS) == {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)} - NOT_SENDING


def test_anymail_options_come_from_the_environment_and_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("secret\n")
    monkeypatch.setenv("ANYMAIL_WEBHOOK_SECRET_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("ANYMAIL_IGNORE_UNSUPPORTED_FEATURES", "True")
    monkeypatch.setenv("ANYMAIL_SEND_DEFAULTS", '{"tags": ["cart"]}')
    assert environment.email(Env(), tmp_path)["ANYMAIL"] == {
        "WEBHOOK_SECRET": "secret",
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "SEND_DEFAULTS": {"tags": ["cart"]},
    }


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("DATABASE_URL", "mysql://db/x", "aiq.E002"),
        ("DATABASE_URL", "postgresql://db:port/x", "aiq.E002"),
        ("DATABASE_URL", "postgresql://db", "aiq.E002"),
        ("REDIS_URL", "localhost:6379", "aiq.E003"),
        ("EMAIL_URL", "mail.example.com", "aiq.E004"),
        ("EMAIL_URL", "smtp://", "aiq.E004"),
        ("EMAIL_URL", "smtp://mail:port", "aiq.E004"),
        ("EMAIL_URL", "anymail+pigeon://", "aiq.E004"),
        ("PORT", "eighty", "aiq.E006"),
        ("HASH_KEY_FILE", "/nowhere", "aiq.E007"),
        ("SENTRY_DSN", "sentry.example.com", "aiq.E009"),
        ("PUSH_URL", "webpush://", "aiq.E011"),
        ("PUSH_URL", "https://push.example/?subject=mailto:a@b.example", "aiq.E011"),
        ("VAPID_PRIVATE_KEY", "c2hvcnQ", "aiq.E012"),
    ],
)
def test_a_wrong_value_is_noted_and_never_raised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, check: str
) -> None:
    monkeypatch.setenv(name, value)
    env = Env()
    env.int("PORT", default=8000)
    environment.database(env, tmp_path)
    environment.redis_url(env, tmp_path)
    environment.email(env, tmp_path)
    environment.keys(env, tmp_path, may_generate=False)
    environment.push_contact(env)
    environment.vapid(env, tmp_path, may_generate=False)
    environment.report_errors(env)
    assert [problem.check for problem in env.problems] == [check]
    assert all(problem.hint for problem in env.problems)


def test_keys_are_generated_once_and_only_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in environment.KEY_NAMES:
        monkeypatch.delenv(name, raising=False)
    assert set(environment.keys(Env(), tmp_path, may_generate=False).values()) == {""}
    first = environment.keys(Env(), tmp_path, may_generate=True)
    assert environment.keys(Env(), tmp_path, may_generate=True) == first
    assert len(set(first.values())) == 3
    assert (tmp_path / "keys" / "SECRET_KEY").stat().st_mode & 0o077 == 0


def test_the_key_for_push_services_is_made_once_and_may_be_given_as_pem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VAPID_PRIVATE_KEY", raising=False)
    assert environment.vapid(Env(), tmp_path, may_generate=False) == ""
    made = environment.vapid(Env(), tmp_path, may_generate=True)
    assert environment.vapid(Env(), tmp_path, may_generate=True) == made
    number = int.from_bytes(urlsafe_b64decode(made + "="))
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    monkeypatch.setenv("VAPID_PRIVATE_KEY", pem.decode())
    assert environment.vapid(Env(), tmp_path, may_generate=False) == made
