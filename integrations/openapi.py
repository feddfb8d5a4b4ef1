"""The published description of /v2: OpenAPI 3.1 made from the very structs that check what stores send."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from aiq.lib import fields
from aiq.lib.problems import problem
from campaigns import reasons
from integrations.reasons import EVENT_REASONS
from integrations.schema import CartDocument, ContactsDocument, OrderDocument, ProductsDocument, PushTokenDocument

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_REF = "#/components/schemas/"

PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `errors` names each wrong part by its JSON pointer.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": {"$ref": f"{_REF}FieldError"}},
    },
}
FIELD_ERROR: Json = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {"pointer": _TEXT, "code": _TEXT, "detail": _TEXT},
}
ACCEPTED: Json = {"eventID": _TEXT, "status": {"enum": ["accepted", "duplicate"]}}
CHECK: Json = {
    "code": {"enum": [one.code for one in reasons.published()]},
    "passed": {"type": "boolean"},
    "saw": {},
    "would_change": {"type": ["string", "null"]},
}
OUTCOMES = ["entered", "not_entered", "sent", "skipped", "deferred", "waiting", "unknown", "failed"]
REFUSALS = {
    400: "Not JSON, or JSON that two programs could read differently",
    401: "No such key",
    403: "The connection is switched off",
    404: "Nothing of that id",
    405: "Another method; see Allow",
    409: "The same eventID came with another body",
    413: "Too large",
    415: "Not application/json in UTF-8",
    422: "A field is wrong, or a list too long",
    429: "Too many calls; see Retry-After",
    503: "The database is away; see Retry-After",
}


def _object(properties: Mapping[str, Any]) -> Json:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def _rows(code: str) -> Json:
    row = {
        "index": {"type": "integer"},
        "status": {"enum": ["ok", "error", "ignored"]},
        code: {"type": ["string", "null"]},
        "errors": {"type": "array", "items": {"$ref": f"{_REF}FieldError"}},
    }
    return {"type": "array", "items": _object(row)}


def _event() -> Json:
    cart = _object({"cartID": _TEXT, "episode": {"type": "integer"}, "status": _TEXT})
    decision = {
        "campaign": _TEXT,
        "step": {"type": ["integer", "null"]},
        "channel": {"type": ["string", "null"]},
        "outcome": {"enum": OUTCOMES},
        "reason": {"enum": [*(one.reason for one in reasons.published()), None]},
        "at": {"type": "string", "format": "date-time"},
        "checks": {"type": "array", "items": _object(CHECK)},
    }
    return _object(
        {
            "eventID": _TEXT,
            "state": {"enum": ["received", "processed", "ignored", "quarantined"]},
            "reason": {"enum": [*EVENT_REASONS, None]},
            "note": {"type": ["string", "null"]},
            "cart": {"anyOf": [cart, {"type": "null"}]},
            "decisions": {"type": "array", "items": _object(decision)},
        }
    )


def _operation(summary: str, data: Json, *, status: int, document: type | None, refusals: str) -> Json:
    operation: Json = {
        "operationId": re.sub(r"\W+", "_", summary.lower()),
        "summary": summary,
        "tags": ["v2"],
        "security": [{"apiKey": []}],
        "responses": {
            str(status): {"description": "Done", "content": {"application/json": {"schema": _object({"data": data})}}},
            **{code: _refusal(int(code)) for code in refusals.split()},
        },
    }
    if document:
        body = {"schema": {"$ref": f"{_REF}{document.__name__}"}}
        operation["requestBody"] = {"required": True, "content": {"application/json": body}}
    return operation


def _refusal(status: int) -> Json:
    schema = {"$ref": f"{_REF}Problem"}
    refusal: Json = {"description": REFUSALS[status], "content": {"application/problem+json": {"schema": schema}}}
    told = {405: "Allow", 429: "Retry-After", 503: "Retry-After"}.get(status)
    return refusal | {"headers": {told: {"required": True, "schema": _TEXT}}} if told else refusal


def _paths() -> Json:
    sent = "400 401 403 405 413 415 422 429 503"
    cart = _object({**ACCEPTED, "trigger": {"enum": ["simple", "dynamic"]}})
    event = _operation(
        "What became of an event", _event(), status=200, document=None, refusals="401 403 404 405 429 503"
    )
    event["parameters"] = [{"name": "eventID", "in": "path", "required": True, "schema": _TEXT}]
    order = _object(ACCEPTED)
    return {
        "/v2/cart": {
            "post": _operation("A cart changed state", cart, status=202, document=CartDocument, refusals=f"{sent} 409")
        },
        "/v2/orders": {
            "post": _operation(
                "An order was placed, changed or refunded",
                order,
                status=202,
                document=OrderDocument,
                refusals=f"{sent} 409",
            )
        },
        "/v2/contacts": {
            "put": _operation(
                "Shoppers and their consent", _rows("contactID"), status=200, document=ContactsDocument, refusals=sent
            )
        },
        "/v2/products": {
            "put": _operation(
                "Catalogue and stock", _rows("productID"), status=200, document=ProductsDocument, refusals=sent
            )
        },
        "/v2/push/tokens": {
            "post": _operation(
                "A token for the page of a shopper, so that its browser may ask for notifications",
                _object({"token": _TEXT, "expiresAt": {"type": "string", "format": "date-time"}}),
                status=200,
                document=PushTokenDocument,
                refusals=sent,
            )
        },
        "/v2/events/{eventID}": {"get": event},
    }


def add_v2(result: Json, **_: Any) -> Json:
    """drf-spectacular's postprocessing hook: the hot endpoints are no DRF views, so they are described here."""
    documents = (CartDocument, OrderDocument, ContactsDocument, ProductsDocument, PushTokenDocument)
    described = msgspec.json.schema_components(documents, schema_hook=fields.schema, ref_template=_REF + "{name}")[1]
    components = result.setdefault("components", {})
    components["schemas"] = {**described, "Problem": PROBLEM, "FieldError": FIELD_ERROR}
    components["securitySchemes"] = {"apiKey": {"type": "apiKey", "in": "header", "name": "X-APIKEY"}}
    result["paths"] = _paths()
    return result


def _with_problems(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, its refusals told as the rest of /v2 tells them."""

    def shown(request: HttpRequest) -> HttpResponse:
        response = view(request)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        headers = {"Allow": response.headers["Allow"]} if "Allow" in response.headers else {}
        return problem(response.status_code, "This page is not to be had in that way.", headers=headers)

    return shown


schema = _with_problems(
    SpectacularAPIView.as_view(
        patterns=[], custom_settings={"POSTPROCESSING_HOOKS": ["integrations.openapi.add_v2"], "OAS_VERSION": "3.1.0"}
    )
)
docs = _with_problems(SpectacularSwaggerView.as_view(url_name="v2_schema"))
