"""The way into every campaign page: signed in, and only to campaigns of merchants where the user holds the permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts import access
from campaigns.models import Campaign

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Through the admin's door: log-in, no caching, CSRF."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return admin.site.admin_view(view)(request, *args, **kwargs)

    return guarded


def on_campaign(permission: str) -> Callable[[View], View]:
    """Hands the view its campaign instead of a code. 404 alike for unknown and not yours."""

    def decorate(view: View) -> View:
        @wraps(view)
        def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponseBase:
            campaigns = Campaign.objects.select_related("merchant", "audience", "version").prefetch_related("stores")
            mine = access.merchants(request.user, permission)
            campaign = get_object_or_404(campaigns, code=code, merchant__in=mine)
            access.enter(request, campaign.merchant)
            return view(request, campaign, **kwargs)

        return signed_in(scoped)

    return decorate


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
