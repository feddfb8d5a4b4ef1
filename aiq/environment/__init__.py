"""How the environment becomes settings: keys, database, Redis, email. No Django import: settings and manage.py call this.

Nothing here raises for a wrong value: it is noted as a `Problem`, which `aiq.checks` shows as a system check with a
hint, and a harmless default takes its place, so that `manage.py check` can run and say what is wrong.
"""

from aiq.environment.errors import report_errors
from aiq.environment.keys import KEY_NAMES, keys, vapid
from aiq.environment.mail import ESPS, email
from aiq.environment.reading import Env, Problem
from aiq.environment.servers import database, redis_url
from aiq.environment.texts import push_contact, sms

__all__ = [
    "ESPS",
    "KEY_NAMES",
    "Env",
    "Problem",
    "database",
    "email",
    "keys",
    "push_contact",
    "redis_url",
    "report_errors",
    "sms",
    "vapid",
]
