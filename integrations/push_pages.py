"""`/push/`: what a store's pages and their service worker call. No log-in, no cookie; only the store's own origin may.

Whose a browser is says a token that the store's server got for a shopper it knows (`POST /v2/push/tokens`): a cart id or an
address typed on a page would let anybody attach a browser to somebody else's cart. The endpoint of a browser is a secret
between it and us, so whoever names it may switch it off.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from accounts.models import Store
from aiq.lib.problems import FieldError, ProblemError
from campaigns.channels.push_address import Browser
from campaigns.channels.webpush import public_key
from campaigns.notifications import subscribing
from integrations import limits, parsing
from integrations.checking import Invalid, check
from integrations.door import KIB, answer, away, check_type, read_body
from integrations.schema import GoneBrowser, NewBrowser

MAX_BODY = 8 * KIB
CALLS_PER_SECOND = 50
HOUR, DAY = 3600, 86_400
SCRIPTS = Path(__file__).resolve().parent / "static" / "integrations"


@csrf_exempt
def subscriptions(request: HttpRequest, code: UUID) -> HttpResponse:
    """POST: this browser takes notifications. DELETE: it takes none any more."""
    store = Store.objects.filter(code=code).first()
    origin = origin_of(store.url) if store else ""
    try:
        response = _answered(request, store, origin)
    except ProblemError as refused:
        response = refused.response()
    except parsing.NotJsonError as error:
        response = ProblemError(400, error.detail, [FieldError("", error.code, error.detail)]).response()
    except Invalid as invalid:
        response = ProblemError(422, "A field is wrong.", invalid.errors).response()
    except (OperationalError, InterfaceError):
        response = away().response()
    return _for_origin(response, origin)


def _answered(request: HttpRequest, store: Store | None, origin: str) -> HttpResponse:
    if store is None:
        raise ProblemError(404, "There is no such store.")
    if not origin or request.headers.get("Origin") != origin:
        raise ProblemError(403, "Only pages of the store itself may call this: the address of the store says which.")
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in {"POST", "DELETE"}:
        raise ProblemError(405, "Only POST and DELETE.", headers={"Allow": "POST, DELETE, OPTIONS"})
    if not limits.allowed(f"push:{store.pk}", CALLS_PER_SECOND):
        raise ProblemError(429, "Too many calls in this second.", headers={"Retry-After": "1"})
    check_type(request)
    payload, now = parsing.load(read_body(request, MAX_BODY)), timezone.now()
    return _subscribed(store, payload, now) if request.method == "POST" else _gone(store, payload, now)


def _subscribed(store: Store, payload: Any, now: datetime) -> HttpResponse:
    said = check(payload, NewBrowser, now)
    shopper = subscribing.shopper_of(said.shopper, store.merchant_id, now)
    if shopper is None:
        raise Invalid([FieldError("/shopper", "unknown", "This token names nobody, or is older than a day.")])
    if wrong := subscribing.checked(said.endpoint, said.keys.p256dh, said.keys.auth):
        raise Invalid([FieldError(f"/{wrong}", "unusable", "No browser gives this.")])
    asked = subscribing.Asked(
        bool(said.asked), (said.wording or "")[:2000], f"browser permission at {store.name}"[:120]
    )
    one = Browser("", said.endpoint, said.keys.p256dh, said.keys.auth)
    return answer({"reminders": subscribing.subscribe(shopper, one, asked, now)})


def _gone(store: Store, payload: Any, now: datetime) -> HttpResponse:
    subscribing.unsubscribe(store.merchant_id, check(payload, GoneBrowser, now).endpoint, now)
    return answer({"reminders": False})


def _for_origin(response: HttpResponse, origin: str) -> HttpResponse:
    """CORS for that origin alone, also with a refusal, so that the page can read why."""
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "POST, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = str(DAY)
    response.headers["Vary"] = "Origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def origin_of(url: str) -> str:
    """The origin of an address as a browser writes it (RFC 6454); empty for none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}" + ("" if parts.port in {None, usual} else f":{parts.port}")


@require_GET
def page_script(request: HttpRequest, code: UUID) -> HttpResponse:
    """The script for the store's pages, with what it must know."""
    if not settings.VAPID_PRIVATE_KEY or not Store.objects.filter(code=code).exists():
        return _script("// There is no such store, or this installation sends no notifications.\n", status=404)
    told = {"key": public_key(), "address": f"{settings.PUBLIC_URL}/push/{code}/subscriptions"}
    return _script(f"const aiqPushTold = {msgspec.json.encode(told).decode()};\n{_text('push-page.js')}")


@require_GET
def worker_script(request: HttpRequest) -> HttpResponse:
    """What the store's own service worker imports."""
    return _script(_text("push-worker.js"))


@cache
def _text(name: str) -> str:
    return (SCRIPTS / name).read_text()


def _script(text: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={HOUR}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response
