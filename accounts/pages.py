"""What every page outside Django's own admin stands in: the way in, the frame, and what is said on top of the next one."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from accounts import access

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Through the admin's door: log-in, no caching, CSRF."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return admin.site.admin_view(view)(request, *args, **kwargs)

    return guarded


def asked(request: HttpRequest, name: str) -> str:
    """What an address asks for under a name, fit to be looked up: short, and without NUL, which PostgreSQL refuses."""
    return request.GET.get(name, "").replace("\0", "")[:64]


def page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page in the admin's frame, with times in the current merchant's zone."""
    request.current_app = admin.site.name
    merchant = access.current_merchant(request)
    with timezone.override(ZoneInfo(merchant.timezone) if merchant else None):
        return render(request, template, {**admin.site.each_context(request), **context}, status=status)


def tell(request: HttpRequest, text: str) -> None:
    messages.success(request, text)


def refuse(request: HttpRequest, *reasons: str) -> None:
    for reason in reasons:
        messages.error(request, reason)
