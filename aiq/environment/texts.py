"""SMS_URL and PUSH_URL: the gateway of texts, and whom push services may write to."""

import re
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from aiq.environment.reading import Env, port_of

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
    if url and (not found or port_of(parts) == 0):
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
