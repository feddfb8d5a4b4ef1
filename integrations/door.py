"""The lean way in for /v2: method, key, limit, size, JSON, in this order, before a handler sees the call.

Whatever a caller sends, the answer is a problem with a status below 500; the database being away is 503.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone

from aiq.lib.problems import FieldError, ProblemError
from integrations import keys, limits, parsing
from integrations.checking import Invalid
from integrations.ingest import EventConflictError
from integrations.keys import Caller

KIB = 1024
MAX_BODY = 256 * KIB
RETRY_SECONDS = "5"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that got in. `payload` is the parsed body; None where the method has none."""

    caller: Caller
    now: datetime
    body: bytes = b""
    payload: Any = None


Handler = Callable[..., HttpResponse]


class Door:
    """A view: lets calls of one method in to its handler. Path arguments go to the handler by name."""

    csrf_exempt = True

    def __init__(self, method: str, handler: Handler, max_body: int = MAX_BODY) -> None:
        self.method, self.handler, self.max_body = method, handler, max_body

    def __call__(self, request: HttpRequest, **path: str) -> HttpResponse:
        try:
            return self.handler(self._call(request), **path)
        except ProblemError as refused:
            return refused.response()
        except parsing.NotJsonError as error:
            return ProblemError(400, error.detail, [FieldError("", error.code, error.detail)]).response()
        except Invalid as invalid:
            return ProblemError(422, "A field is wrong.", invalid.errors).response()
        except EventConflictError:
            taken = FieldError("/eventID", "conflict", "Taken by an event with another body.")
            return ProblemError(409, "This eventID came with another body before.", [taken]).response()
        except DataError:
            logger.exception("a value got past the checks of %s", request.path)
            return ProblemError(422, "A value is none that can be kept. Nothing was kept.").response()
        except (OperationalError, InterfaceError):
            return away().response()

    def _call(self, request: HttpRequest) -> Call:
        if request.method != self.method:
            raise ProblemError(405, f"Only {self.method}.", headers={"Allow": self.method})
        now = timezone.now()
        caller = _caller(request, now)
        if self.method == "GET":
            return Call(caller, now)
        check_type(request)
        body = read_body(request, self.max_body)
        return Call(caller, now, body, parsing.load(body))


def away() -> ProblemError:
    return ProblemError(503, "The database is away. Nothing was kept.", headers={"Retry-After": RETRY_SECONDS})


def answer(data: Any, status: int = 200) -> HttpResponse:
    """`{"data": …}` as JSON."""
    return HttpResponse(msgspec.json.encode({"data": data}), status=status, content_type="application/json")


def _caller(request: HttpRequest, now: datetime) -> Caller:
    caller = keys.caller_of(request.META.get("HTTP_X_APIKEY", ""), now)
    if caller is None:
        raise ProblemError(401, "X-APIKEY is no live key.", headers={"WWW-Authenticate": 'ApiKey realm="AIQ Cart"'})
    if caller.switched_off:
        raise ProblemError(403, "This connection is switched off.")
    check_limit(caller)
    return caller


def check_limit(caller: Caller) -> None:
    if not limits.allowed(caller.connection_id):
        raise ProblemError(429, "Too many calls in this second.", headers={"Retry-After": "1"})


def check_type(request: HttpRequest) -> None:
    """JSON in UTF-8, not compressed. A call that does not name a type is taken at its word's absence: it must parse."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise ProblemError(415, "The body must not be compressed.", headers={"Accept-Encoding": "identity"})
    kind = request.content_type
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if (kind and not (kind == "application/json" or kind.endswith("+json"))) or charset not in {"utf-8", "utf8"}:
        raise ProblemError(415, "The body must be application/json in UTF-8.")


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The raw body. Raises 413 before reading what is announced as too large, 400 where the caller hung up."""
    too_large = ProblemError(413, f"At most {limit // KIB} KiB.")
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise too_large
        body = _chunked(request, limit) if _has_no_length(request) else request.body
    except (UnreadablePostError, ValueError):
        raise ProblemError(400, "The body could not be read.") from None
    if len(body) > limit:
        raise too_large
    return body


def _has_no_length(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower() and not request.META.get(
        "CONTENT_LENGTH"
    )


def _chunked(request: HttpRequest, limit: int) -> bytes:
    """Django takes a body without a length for an empty one; the server below has put the chunks together."""
    stream, body = request.META["wsgi.input"], b""
    while len(body) <= limit and (more := stream.read(limit + 1 - len(body))):
        body += more
    return body
