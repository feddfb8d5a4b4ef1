"""Native webhooks: the calls of a provider such as Shopify, proven by a signature over the raw bytes.

Behind the signature nothing that is wrong with the data is answered with an error: it is kept, and a worker says why it
cannot be used. A provider that sees errors stops calling.
"""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Min
from django.http import HttpRequest, HttpResponse

from aiq.lib.crypto import CannotDecryptError
from aiq.lib.problems import ProblemError
from integrations.door import away, check_limit, read_body
from integrations.ingest import EventConflictError, Incoming, accept
from integrations.keys import Cache, Caller, caller_for
from integrations.models import Connection
from integrations.providers import PROVIDERS
from integrations.providers.base import Provider
from integrations.signatures import live_secrets

MAX_TOPIC, MAX_EVENT_ID = 64, 128


@dataclass(frozen=True, slots=True)
class _Hook:
    caller: Caller
    provider: Provider
    secrets: tuple[str, ...]


_hooks: Cache[_Hook] = Cache()


def forget_hooks() -> None:
    """Empty this process's cache, so that a changed secret shows at once."""
    _hooks.clear()


def webhook(request: HttpRequest, code: UUID) -> HttpResponse:
    """Prove, keep, answer 200. What providers expect is any 2xx."""
    try:
        return _keep(request, code)
    except ProblemError as refused:
        return refused.response()
    except (OperationalError, InterfaceError):
        return away().response()


webhook.csrf_exempt = True  # type: ignore[attr-defined]


def _keep(request: HttpRequest, code: UUID) -> HttpResponse:
    if request.method != "POST":
        raise ProblemError(405, "Only POST.", headers={"Allow": "POST"})
    hook = _hooks.get(code, lambda: _read(code))
    if hook is None:
        raise ProblemError(404, "There is no such connection.")
    if hook.caller.switched_off and not _may_wish(hook, request):
        raise ProblemError(403, "This connection is switched off.")
    check_limit(hook.caller)
    body = read_body(request, hook.provider.max_body)
    if not hook.provider.verify(request.headers, body, hook.secrets):
        raise ProblemError(401, "The signature does not fit the body.")
    _accept(_incoming(hook, request, body))
    return HttpResponse("ok", content_type="text/plain")


def _may_wish(hook: _Hook, request: HttpRequest) -> bool:
    """A shop that has left may still have its shoppers erased, for as long as its calls can be proven."""
    return bool(hook.secrets) and hook.provider.topic(request.headers) in hook.provider.privacy_topics


def _read(code: UUID) -> _Hook | None:
    connection = Connection.objects.filter(code=code).annotate(default_store=Min("stores")).first()
    if connection is None or connection.provider not in PROVIDERS:
        return None
    try:
        secrets = live_secrets(connection)
    except CannotDecryptError:
        secrets = ()
    return _Hook(caller_for(connection, connection.default_store), PROVIDERS.get(connection.provider), secrets)


def _incoming(hook: _Hook, request: HttpRequest, body: bytes) -> Incoming:
    topic = _storable(hook.provider.topic(request.headers).encode())[:MAX_TOPIC]
    digest = hashlib.sha256(topic.encode() + b"\n" + body).digest()
    event_id = _storable(hook.provider.event_id(request.headers).encode()) or f"auto-{digest.hex()[:40]}"
    if len(event_id) > MAX_EVENT_ID:
        event_id = hashlib.sha256(event_id.encode()).hexdigest()
    return Incoming(hook.caller.connection_id, event_id, topic, _storable(body), digest)


def _storable(raw: bytes) -> str:
    """Text that PostgreSQL can hold. What is not UTF-8, or NUL, is spelled `\\xNN`, which no JSON reading accepts."""
    return raw.decode(errors="backslashreplace").replace("\0", "\\x00")


def _accept(event: Incoming) -> None:
    """A provider may use one id for several bodies (one action in the shop, several things changed): none is lost."""
    try:
        accept(event)
    except EventConflictError:
        accept(replace(event, event_id=f"{event.event_id}#{event.body_hash.hex()[:24]}"))
