"""The way into every campaign page: signed in, and only to campaigns of merchants where the user holds the permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts import access
from accounts.pages import View, asked, page, refuse, signed_in, tell
from campaigns.models import Campaign

__all__ = ["View", "asked", "on_campaign", "page", "refuse", "signed_in", "tell"]


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
