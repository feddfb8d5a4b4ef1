"""Times on pages are in the zone of the merchant a person is looking at."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import access


class MerchantTimeMiddleware:
    """Activates the current merchant's time zone for signed-in people, for the length of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        merchant = access.current_merchant(request) if request.user.is_authenticated else None
        with timezone.override(ZoneInfo(merchant.timezone) if merchant else None):
            return self.get_response(request)
