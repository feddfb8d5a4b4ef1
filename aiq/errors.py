"""What a page answers where something went wrong on our side. `/v2/` and webhooks have answers of their own."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as plain

RETRY_SECONDS = "5"


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 with Retry-After while the database is away, so that mail and text providers, and people, try again."""
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return plain(request)
    headers = {"Retry-After": RETRY_SECONDS, "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
