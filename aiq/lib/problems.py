"""Errors as RFC 9457 `application/problem+json`: one shape for every door of the house."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a document. `pointer` is a JSON pointer (RFC 6901), `code` is stable, `detail` is for people."""

    pointer: str
    code: str
    detail: str


class ProblemError(Exception):
    """Raised by a view's parts, answered as a problem by its dispatcher. `headers` go out with the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        return problem(self.status, self.detail, self.errors, headers=self.headers)


def problem(
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The answer itself. `type` is `about:blank`: the status says what kind it is, the errors say the rest."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [asdict(error) for error in errors],
    }
    return HttpResponse(
        msgspec.json.encode(document), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {})
    )
