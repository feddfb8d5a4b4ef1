"""The short path: requests of stores, shoppers and machines reach their view without session, CSRF and messages.

A browser is not behind them, or brings no cookie that counts. The view is found and run in the outermost middleware;
what the skipped ones would have set on the answer and matters here is set here.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

PREFIXES = (
    "/v2/",
    "/webhooks/",
    "/callbacks/",
    "/anymail/",
    "/u/",
    "/c/",
    "/o/",
    "/g/",
    "/i/",
    "/n/",
    "/push/",
    "/healthz",
    "/readyz",
    "/metrics",
)


# A store calls few addresses, each again and again.
_view_at = lru_cache(maxsize=256)(resolve)


class ShortPathMiddleware:
    """Outermost. Errors (404 among them) become answers where Django turns any middleware's errors into answers."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
        if settings.SECURE_HSTS_SECONDS:
            self.headers["Strict-Transport-Security"] = (
                f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
            )

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        match = _view_at(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if not getattr(response, "is_rendered", True):
            response = response.render()  # type: ignore[attr-defined]
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))  # type: ignore[attr-defined]
        return response
