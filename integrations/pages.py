"""The pages of Integrations: see how stores do, connect one, watch its first event arrive, change it, let it go."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import select_template
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from aiq.lib.crypto import CannotDecryptError, decrypt, encrypt
from campaigns.models import Campaign
from campaigns.views.scope import page, signed_in, tell
from integrations import connecting, push_guide
from integrations.cards import card, cards, last_event, what_came
from integrations.connecting import CannotConnectError
from integrations.forms import ConnectForm, SecretForm, SettingsForm
from integrations.models import Connection
from integrations.providers import PROVIDERS

ONCE = "shown_once"
View = Callable[..., HttpResponseBase]


def on_connection(view: View) -> View:
    """Hands the view its connection instead of a code. 404 alike for unknown and not yours."""

    @wraps(view)
    def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponseBase:
        mine = access.merchants(request.user, access.MANAGE_SETTINGS)
        connection = get_object_or_404(Connection.objects.select_related("merchant"), code=code, merchant__in=mine)
        access.enter(request, connection.merchant)
        return view(request, connection, **kwargs)

    return signed_in(scoped)


@signed_in
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """A card per connection."""
    merchant = access.current_merchant_or_404(request, access.MANAGE_SETTINGS)
    return page(request, "integrations/list.html", title="Integrations", cards=cards(merchant, timezone.now()))


@signed_in
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of shop."""
    access.current_merchant_or_404(request, access.MANAGE_SETTINGS)
    return page(request, "integrations/choose.html", title="Connect a store", providers=list(PROVIDERS))


@signed_in
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a provider; then to the connection's page, which shows the key once."""
    merchant = access.current_merchant_or_404(request, access.MANAGE_SETTINGS)
    if slug not in PROVIDERS:
        raise Http404("No such provider.")
    provider = PROVIDERS.get(slug)
    form = ConnectForm(merchant, provider, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = connecting.connect(merchant, provider, form.wish())
        except CannotConnectError as error:
            form.add_error(error.field, str(error))
        else:
            _keep_once(request, made.connection, made.api_key)
            return redirect("integrations:connection", made.connection.code)
    return page(request, "integrations/connect.html", title=f"Connect {provider.label}", form=form, provider=provider)


@on_connection
def connection(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Everything about one connection. A key that was just made is shown here, this one time."""
    provider = connecting.provider_of(connection)
    form = SettingsForm(connection, provider, request.POST or None)
    if request.method == "POST" and form.is_valid() and not connection.disconnected_at:
        data = form.cleaned_data
        try:
            connecting.change(
                connection,
                name=data["name"],
                carts_enabled=data["carts_enabled"],
                quiet_period=data.get("quiet_period"),
            )
        except CannotConnectError as error:
            form.add_error(error.field, str(error))
        else:
            tell(request, "Saved.")
            return redirect("integrations:connection", connection.code)
    return page(request, "integrations/connection.html", **_about(request, connection), form=form)


@on_connection
@require_GET
def first_event(request: HttpRequest, connection: Connection) -> HttpResponse:
    """A piece of the page that asks again until an event has come."""
    key = last_event(connection)
    sentence = what_came(key, connection.stores.first()) if key else ""
    return render(
        request, "integrations/first_event.html", {"connection": connection, "key": key, "sentence": sentence}
    )


@on_connection
@require_POST
def rotate(request: HttpRequest, connection: Connection) -> HttpResponse:
    """A new key; the old one goes on for a day."""
    if not connection.disconnected_at:
        _keep_once(request, connection, connecting.rotate(connection, connecting.OVERLAP, timezone.now()))
    return redirect("integrations:connection", connection.code)


@on_connection
@require_POST
def secret(request: HttpRequest, connection: Connection) -> HttpResponse:
    """The provider's signing secret, written and never shown again."""
    form = SecretForm(request.POST)
    if form.is_valid() and not connection.disconnected_at:
        connecting.replace_secret(connection, form.cleaned_data["secret"])
        tell(request, "The secret is set. Calls signed with it are accepted within 30 seconds.")
    return redirect("integrations:connection", connection.code)


@on_connection
def disconnect(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Asks first, and names what will happen."""
    if request.method == "POST":
        connecting.disconnect(connection, timezone.now())
        tell(request, f"{connection.name} is disconnected.")
        return redirect("integrations:list")
    live = Campaign.objects.filter(merchant=connection.merchant, status="live").count()
    return page(
        request,
        "integrations/disconnect.html",
        title=f"Disconnect {connection.name}",
        connection=connection,
        stores=connection.stores.all(),
        live_campaigns=live,
    )


def _about(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    provider = connecting.provider_of(connection)
    once = _take_once(request, connection)
    now = timezone.now()
    keys = connection.api_keys.filter(revoked_at__isnull=True).order_by("-created_at")
    return {
        "title": connection.name,
        "connection": connection,
        "card": card(connection, now),
        "provider": provider,
        "api_key": once,
        "keys": [key for key in keys if key.expires_at is None or key.expires_at > now],
        "secret_form": SecretForm(),
        "webhook_url": connecting.webhook_url(connection),
        "api_url": urljoin(settings.PUBLIC_URL, "/v2/"),
        "sample": _sample(request, once),
        "push": push_guide.guide(connection),
        "guide": select_template([f"integrations/guide/{provider.slug}.html", "integrations/guide/api.html"]),
    }


def _sample(request: HttpRequest, key: str) -> str:
    """A command to paste into a terminal: a cart that the person at the screen has left."""
    product = {"id": "sample-1", "name": "Sample tea", "price": "12.50", "quantity": 1}
    document = {
        "status": "abandoned",
        "cartID": "sample-cart",
        "customer": {"email": request.user.email if request.user.is_authenticated else ""},
        "currency": "USD",
        "products": [product],
    }
    return (
        f"curl -X POST {urljoin(settings.PUBLIC_URL, '/v2/cart')} \\\n"
        f"  -H 'X-APIKEY: {key or 'YOUR_API_KEY'}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(document)}'"
    )


def _keep_once(request: HttpRequest, connection: Connection, key: str) -> None:
    """Keep a new key until the next page, encrypted: sessions are rows in the database."""
    request.session[ONCE] = {"connection": str(connection.code), "key": encrypt(key)}


def _take_once(request: HttpRequest, connection: Connection) -> str:
    kept = request.session.get(ONCE)
    if not kept or kept["connection"] != str(connection.code) or request.method != "GET":
        return ""
    del request.session[ONCE]
    try:
        return decrypt(kept["key"])
    except CannotDecryptError:
        return ""
