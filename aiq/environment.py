"""How the environment becomes settings: keys, database, Redis, email. No Django import: settings and manage.py call this.

Nothing here raises for a wrong value: it is noted as a `Problem`, which `aiq.checks` shows as a system check with a
hint, and a harmless default takes its place, so that `manage.py check` can run and say what is wrong.
"""

import json
import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import environ
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from aiq.addresses import read_address

KEY_NAMES = ("SECRET_KEY", "DATA_KEY", "HASH_KEY")
ESPS = (
    "amazon_ses",
    "brevo",
    "mailersend",
    "mailgun",
    "mailjet",
    "mailtrap",
    "mandrill",
    "postal",
    "postmark",
    "resend",
    "scaleway",
    "sendgrid",
    "sparkpost",
    "unisender_go",
)
SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465, "smtp+ssl": 465}
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
NOWHERE = {"host": "/nowhere", "user": "aiq", "dbname": "postgres"}
CATCHER = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1025}
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@dataclass(frozen=True, slots=True)
class Problem:
    """One value of the environment that cannot be used: id of its system check, what is wrong, how to mend it."""

    check: str
    message: str
    hint: str


class Env(environ.FileAwareEnv):
    """django-environ that notes a wrong value, uses the default in its place, and strips the newline of NAME_FILE."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        try:
            value = super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except OSError as error:
            self.note(
                "aiq.E007", f"{var}_FILE cannot be read: {error.strerror}.", f"Let {var}_FILE name a readable file."
            )
            return default
        except (ValueError, TypeError, environ.ImproperlyConfigured):
            self.note(
                "aiq.E006", f"{var} has a value that cannot be used.", f"Unset {var} for the default, {default!r}."
            )
            return default
        return value.strip() if isinstance(value, str) else value

    def note(self, check: str, message: str, hint: str) -> None:
        """Remember a problem for the system checks."""
        self.problems.append(Problem(check, message, hint))


def keys(env: Any, data_dir: Path, *, may_generate: bool) -> dict[str, str]:
    """The three keys: given, or with embedded services generated once under AIQ_DATA_DIR/keys.

    A missing key where none may be generated is left empty; the system check aiq.E001 says so.
    """
    return {
        name: env(name, default="") or (_kept_key(data_dir / "keys" / name) if may_generate else "")
        for name in KEY_NAMES
    }


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def _kept_key(path: Path, new: Callable[[], str] = _new_key) -> str:
    """Create the key file atomically; whoever loses the race reads the winner's."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(new())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def vapid(env: Env, data_dir: Path, *, may_generate: bool) -> str:
    """The private key with which push services know us (RFC 8292), raw in base64url: given as that or as PEM, else generated once.

    A new one would end every subscription, so it is never made anew where it may be missing by mistake.
    """
    text = env("VAPID_PRIVATE_KEY", default="") or (
        _kept_key(data_dir / "keys" / "VAPID_PRIVATE_KEY", _new_vapid_key) if may_generate else ""
    )
    try:
        return _raw_key(text) if text else ""
    except (ValueError, TypeError):
        hint = "Give the 32 bytes of a P-256 key in base64url, or a PEM file by VAPID_PRIVATE_KEY_FILE."
        env.note("aiq.E012", "VAPID_PRIVATE_KEY is not a key of the curve P-256.", hint)
        return ""


def _raw_key(text: str) -> str:
    """Raises `ValueError` or `TypeError` for what is no such key."""
    if text.startswith("-----BEGIN"):
        key = load_pem_private_key(text.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise TypeError("another kind of key")
        return _in_base64url(key)
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32:
        raise ValueError("not 32 bytes")
    return _in_base64url(ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()))


def _new_vapid_key() -> str:
    return _in_base64url(ec.generate_private_key(ec.SECP256R1()))


def _in_base64url(key: ec.EllipticCurvePrivateKey) -> str:
    return urlsafe_b64encode(key.private_numbers().private_value.to_bytes(32)).rstrip(b"=").decode()


def push_contact(env: Env) -> str:
    """Whom push services may write to, of `webpush://?subject=mailto:…`; empty: notifications are caught here."""
    url = env("PUSH_URL", default="")
    if not url:
        return ""
    subject = (parse_qs(urlsplit(url).query).get("subject") or [""])[0]
    if not url.startswith("webpush://") or not subject.startswith(("mailto:", "https://")):
        hint = "Write it as webpush://?subject=mailto:you@example.com, an address where push services reach you."
        env.note("aiq.E011", "PUSH_URL does not say whom push services may write to.", hint)
        return ""
    return subject


def database(env: Env, data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry: DATABASE_URL (libpq's own reading of it), else the embedded server's socket."""
    settings = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    url = env("DATABASE_URL", default="")
    parts = (
        _postgres_parts(url, env)
        if url
        else dict(read_address(data_dir, "services").get("postgres") or {**NOWHERE, "host": f"{data_dir}/postgres"})
    )
    named = {key.upper(): str(parts.pop(name, "")) for key, name in _DATABASE_NAMES}
    # Django switches psycopg's prepared statements off; the few hot statements that bypass the ORM want them.
    return settings | named | {"OPTIONS": {"prepare_threshold": 5} | parts}


_DATABASE_NAMES = (("name", "dbname"), ("user", "user"), ("password", "password"), ("host", "host"), ("port", "port"))


def _postgres_parts(url: str, env: Env) -> dict[str, Any]:
    hint = "Write it as postgresql://user:password@host:5432/name."
    if not url.startswith(("postgres://", "postgresql://")):
        env.note("aiq.E002", "DATABASE_URL is not the address of a PostgreSQL database.", hint)
        return dict(NOWHERE)
    try:
        parts = dict(conninfo_to_dict(url))
    except ProgrammingError as error:
        env.note("aiq.E002", f"DATABASE_URL cannot be read: {str(error).strip()}.", hint)
        return dict(NOWHERE)
    if not parts.get("dbname") or not str(parts.get("port", "0")).isdigit():
        env.note("aiq.E002", "DATABASE_URL names no database, or a port that is no number.", hint)
        return dict(NOWHERE)
    return parts


def redis_url(env: Env, data_dir: Path) -> str:
    """REDIS_URL, else the socket of the embedded Valkey."""
    url = env("REDIS_URL", default="")
    if url and not url.startswith(REDIS_SCHEMES):
        env.note("aiq.E003", "REDIS_URL is not the address of a Redis or Valkey.", "Write it as redis://host:6379/0.")
        url = ""
    return url or read_address(data_dir, "services").get("redis") or f"unix://{data_dir}/valkey/valkey.sock?db=0"


def email(env: Env, data_dir: Path) -> dict[str, Any]:
    """Django's EMAIL_* and ANYMAIL settings for EMAIL_URL; unset: the built-in catcher.

    `smtp://user:pass@host:port`, `smtp+tls://` (STARTTLS), `smtps://`, or `anymail+<provider>://`, whose key is given
    in ANYMAIL_*. django-environ rejects the `anymail+` schemes, so the address is read here.
    """
    url = env("EMAIL_URL", default="")
    common = {"EMAIL_TIMEOUT": 20, "ANYMAIL": _anymail_options(env)}
    if not url:
        return common | {"EMAIL_BACKEND": SMTP_BACKEND} | CATCHER | read_address(data_dir, "catcher")
    scheme, _, rest = url.partition("://")
    if scheme.startswith("anymail+"):
        return common | _anymail(scheme.removeprefix("anymail+").replace("-", "_"), env)
    if scheme in SMTP_PORTS:
        return common | _smtp(scheme, rest, env)
    hint = "Write it as smtp://user:password@host:port, smtp+tls://…, smtps://… or anymail+postmark://."
    env.note("aiq.E004", f"EMAIL_URL has the unknown scheme {scheme!r}.", hint)
    return common | {"EMAIL_BACKEND": SMTP_BACKEND} | CATCHER


SMS_HINT = (
    "Write it as twilio://ACCOUNT_SID:AUTH_TOKEN@/?from=+15551230100, or as https+json://:SECRET@host/path for a gateway"
    " of your own. Unset it to catch texts at /inbox/."
)
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def sms(url: str, env: Env) -> dict[str, str]:
    """The parts of SMS_URL for `campaigns.channels.sms`; empty: the built-in catcher.

    `twilio://ACCOUNT_SID:AUTH_TOKEN@/?from=SENDER`, a host only for a compatible service; `https+json://:SECRET@host/path?from=SENDER`,
    `http+json://` for one on this machine or in a network of your own.
    """
    parts = urlsplit(url)
    found = {"twilio": _twilio, "https+json": _plain, "http+json": _plain}.get(parts.scheme, lambda _: {})(parts)
    if url and (not found or _port(parts) == 0):
        env.note("aiq.E010", "SMS_URL is not the address of a text message gateway.", SMS_HINT)
        return {}
    return found


def _twilio(parts: SplitResult) -> dict[str, str]:
    """Empty without an account (AC…) and a token: Twilio's reports are signed with the token, so an API key will not do."""
    account, token = unquote(parts.username or ""), unquote(parts.password or "")
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", account) or not token:
        return {}
    host = parts.netloc.rpartition("@")[2]
    scheme = "http" if parts.hostname in LOOPBACK_NAMES else "https"
    base = {"base": f"{scheme}://{host}"} if host else {}
    return {"kind": "twilio", "account": account, "token": token, "sender": _from(parts)} | base


def _plain(parts: SplitResult) -> dict[str, str]:
    """Empty without a host and a secret: unsigned texts and reports could be anybody's."""
    secret = unquote(parts.password or "")
    if not parts.hostname or not secret:
        return {}
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != "from"])
    url = urlunsplit(
        (parts.scheme.removesuffix("+json"), parts.netloc.rpartition("@")[2], parts.path or "/", query, "")
    )
    return {"kind": "http", "url": url, "secret": secret, "sender": _from(parts)}


def _from(parts: SplitResult) -> str:
    """The sender in `?from=`; a plus sign may stand there as it is."""
    given = next(
        (value for name, _, value in (pair.partition("=") for pair in parts.query.split("&")) if name == "from"), ""
    )
    return unquote(given)


def _smtp(scheme: str, rest: str, env: Env) -> dict[str, Any]:
    parts = urlsplit(f"//{rest}")
    port = _port(parts)
    if not parts.hostname or port == 0:
        env.note(
            "aiq.E004", "EMAIL_URL has no host, or its port is no port.", "Write it as smtp://user:password@host:25."
        )
    return {
        "EMAIL_BACKEND": SMTP_BACKEND,
        "EMAIL_HOST": parts.hostname or CATCHER["EMAIL_HOST"],
        "EMAIL_PORT": port or SMTP_PORTS[scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme in {"smtps", "smtp+ssl"},
    }


def _port(parts: SplitResult) -> int | None:
    """The port given, None for none, 0 for one that is no port."""
    try:
        return parts.port
    except ValueError:
        return 0


def _anymail(esp: str, env: Env) -> dict[str, Any]:
    if esp in ESPS:
        own = {"ANYMAIL": _asking_once(_anymail_options(env))} if esp == "amazon_ses" else {}
        return {"EMAIL_BACKEND": f"anymail.backends.{esp}.EmailBackend"} | own
    env.note("aiq.E004", f"EMAIL_URL names the unknown email provider {esp!r}.", f"Anymail knows {', '.join(ESPS)}.")
    return {"EMAIL_BACKEND": SMTP_BACKEND} | CATCHER


def _asking_once(options: dict[str, Any]) -> dict[str, Any]:
    """Amazon's client calls again by itself where a call fails or is not answered, and a message could leave twice."""
    params = options.get("AMAZON_SES_CLIENT_PARAMS") or {}
    config = params.get("config", {}) | {"retries": {"total_max_attempts": 1}}
    return options | {"AMAZON_SES_CLIENT_PARAMS": params | {"config": config}}


def _anymail_options(env: Env) -> dict[str, Any]:
    """Every ANYMAIL_NAME (or ANYMAIL_NAME_FILE) of the environment; JSON where it is true, false, a list or an object."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith("ANYMAIL_")}
    return {name.removeprefix("ANYMAIL_"): _option(env(name, default="")) for name in sorted(names)}


def _option(text: str) -> Any:
    if not re.fullmatch(r"true|false|[\[{].*", text, re.DOTALL | re.IGNORECASE):
        return text
    try:
        return json.loads(text.lower() if text.lower() in {"true", "false"} else text)
    except ValueError:
        return text


def report_errors(env: Env) -> None:
    """Errors go to Sentry where SENTRY_DSN is set, without personal data: no bodies, no addresses, no local variables."""
    if dsn := env("SENTRY_DSN", default=""):
        # Here, since most installations do without its 6 MB.
        import sentry_sdk
        from sentry_sdk.utils import BadDsn

        try:
            sentry_sdk.init(dsn, include_local_variables=False, max_request_body_size="never")
        except BadDsn:
            env.note(
                "aiq.E009", "SENTRY_DSN is not the address of a Sentry project.", "Copy it from the project's settings."
            )
