"""What shoppers call from their messages: unsubscribe and preferences, clicks, opens. No log-in, no cookie.

Tokens are signed for one purpose and one delivery (`campaigns.links`); that of a discount is a random one in its row. GET of a preference page changes nothing, since
mail scanners follow links; a POST is RFC 8058's one-click unsubscribe, answered once the opt-out is committed.
"""

from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from aiq.lib.signing import BadToken
from campaigns import links, tracking
from campaigns.incentives import following
from campaigns.models import Consent, Delivery

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'"

View = Callable[..., HttpResponse]


def _public(view: View) -> View:
    """A strict policy, nothing cached or indexed, and a plain 404 page for a token we did not make."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except BadToken:
            response = HttpResponseNotFound(render(request, "public/unknown.html").content)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return wrapped


@require_GET
@_public
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Note the click and go on. The address is part of the signed token: never an open redirect."""
    code, url = links.read_click(token)
    tracking.clicked(code, url, _agent(request), timezone.now())
    response = HttpResponse(status=302)
    response.headers["Location"] = url
    return response


@require_GET
@_public
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """The short link of a given discount: to the cart as it is now, with the code while it is good. Both are ours: never an open redirect."""
    address = following.address_of(token, timezone.now())
    if not address:
        raise BadToken("no such discount, or nowhere to go")
    response = HttpResponse(status=302)
    response.headers["Location"] = address
    return response


@require_GET
@_public
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    tracking.opened(links.read_open(token), _agent(request), timezone.now())
    return HttpResponse(PIXEL, content_type="image/gif")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows where the shopper stands; POST opts out, or back in where the page's own button says so."""
    if token == links.OF_A_TEST:
        return render(request, "public/test.html")
    code = links.read_unsubscribe(token)
    if request.method == "POST":
        if request.POST.get("action") == "subscribe":
            tracking.resubscribed(code, timezone.now())
        else:
            tracking.unsubscribed(code, timezone.now())
    return render(request, "public/preferences.html", _standing(code))


def _standing(code: UUID) -> dict[str, Any]:
    delivery = Delivery.objects.filter(code=code).select_related("merchant", "episode__cart").first()
    if delivery is None:
        raise BadToken("no such delivery")
    consent = Consent.objects.filter(
        shopper=delivery.shopper_id or delivery.episode.cart.shopper_id,
        channel=delivery.channel,
        closed_at__isnull=True,
    ).first()
    return {"merchant": delivery.merchant, "subscribed": consent is not None and consent.status == "subscribed"}


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")
