"""Where PostgreSQL and Redis are: given, or the embedded ones."""

from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from aiq.addresses import read_address
from aiq.environment.reading import Env

REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
# A server that is gone without a word (its host lost, a firewall that drops) is given up after seconds, as one that
# refuses is at once: a store gets its 503, and a sender goes on. DATABASE_URL may say otherwise.
IMPATIENT = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
NOWHERE = {"host": "/nowhere", "user": "aiq", "dbname": "postgres"}


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
    return settings | named | {"OPTIONS": {"prepare_threshold": 5} | IMPATIENT | parts}


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
