"""EMAIL_URL and ANYMAIL_… as Django's settings of mail."""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from aiq.addresses import read_address
from aiq.environment.reading import Env, port_of

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
CATCHER = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1025}
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


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


def _smtp(scheme: str, rest: str, env: Env) -> dict[str, Any]:
    parts = urlsplit(f"//{rest}")
    port = port_of(parts)
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
