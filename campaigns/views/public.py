"""What shoppers call from their messages: clicks, opens, notifications shown, discounts. No log-in, no cookie. Preferences: `campaigns.views.preferences`.

Tokens are signed for one purpose and one delivery (`campaigns.links`); that of a discount is a random one in its row.
"""

import logging
from base64 import b64decode
from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from aiq.lib.signing import BadToken
from campaigns import links, tracking
from campaigns.incentives import following
from campaigns.models import TrackingKind
from campaigns.texts import following as shortfollowing
from campaigns.texts.shortlinks import CART

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'"

View = Callable[..., HttpResponse]
logger = logging.getLogger(__name__)


def public(view: View) -> View:
    """A strict policy, nothing cached or indexed, and a plain 404 page for a token we did not make."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except BadToken:
            response = HttpResponseNotFound(render(request, "public/unknown.html").content)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return wrapped


@require_GET
@public
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Note the click and go on, also where it cannot be noted: the shopper is on the way to the shop. The address is part of the signed
    token: never an open redirect."""
    code, url = links.read_click(token)
    try:
        tracking.clicked(code, url, _agent(request), timezone.now())
    except (OperationalError, InterfaceError) as error:
        logger.warning("a click goes on unnoted, the database is away: %s", str(error).strip())
    response = HttpResponse(status=302)
    response.headers["Location"] = url
    return response


@require_GET
@public
def short(request: HttpRequest, token: str) -> HttpResponse:
    """The short link of a text: to the cart, counted as a click, or to the preferences. Never an open redirect."""
    purpose, delivery = shortfollowing.found(token)
    address = shortfollowing.address_of(purpose, delivery)
    if purpose == CART:
        tracking.clicked(delivery.code, address, _agent(request), timezone.now())
    response = HttpResponse(status=302)
    response.headers["Location"] = address
    return response


@require_GET
@public
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """The short link of a given discount: to the cart as it is now, with the code while it is good. Both are ours: never an open redirect."""
    address = following.address_of(token, timezone.now())
    if not address:
        raise BadToken("no such discount, or nowhere to go")
    response = HttpResponse(status=302)
    response.headers["Location"] = address
    return response


@require_GET
@public
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    tracking.opened(links.read_open(token), _agent(request), timezone.now())
    return HttpResponse(PIXEL, content_type="image/gif")


@csrf_exempt
@require_POST
@public
def shown(request: HttpRequest, token: str) -> HttpResponse:
    """A browser has shown the notification: the push service brought it. However many browsers say so, and however often, it counts once."""
    tracking.reported(links.read_shown(token), TrackingKind.DELIVERED, timezone.now(), event_id="shown")
    return HttpResponse(status=204)


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")
