"""Connecting a merchant's store to a provider, and everything that may be changed about it afterwards.

Pages and commands call these functions. A store's `cart_trigger` and `timer` follow from its live connections.
"""

import secrets as random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from accounts.models import CartTrigger, Merchant, Store, Timer
from integrations.keys import create_key, forget_callers, rotate_key
from integrations.models import Connection
from integrations.providers import PROVIDERS
from integrations.providers.base import Provider
from integrations.signatures import set_secrets
from integrations.views import forget_hooks

QUIET_PERIOD = 60
MIN_QUIET_PERIOD, MAX_QUIET_PERIOD = 5, 7 * 24 * 60
OVERLAP = timedelta(hours=24)
_RANK = {CartTrigger.NONE.value: 0, CartTrigger.SIMPLE.value: 1, CartTrigger.DYNAMIC.value: 2}


class CannotConnectError(ValueError):
    """What was asked for does not go with the provider. `field` names the wish that is wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a new connection. `store` is a store's id at their side, created where it is unknown;
    `quiet_period` is in minutes; `secret` is the provider's."""

    name: str = ""
    store: str = ""
    secret: str = ""
    quiet_period: int | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """The new connection with what is shown once. `secret` is None where the provider makes it."""

    connection: Connection
    api_key: str
    webhook_url: str
    secret: str | None


@transaction.atomic
def connect(merchant: Merchant, provider: Provider, wish: Wish) -> Connected:
    """Connect a store. Raises `CannotConnectError` with the field that is wrong."""
    name = wish.name.strip() or merchant.name
    connection = Connection.objects.create(
        merchant=merchant,
        provider=provider.slug,
        name=name[:120],
        quiet_period_minutes=_quiet_period(provider, wish.quiet_period),
    )
    connection.stores.add(_store(merchant, wish.store, name))
    connection.stores.filter(discount_link="").update(discount_link=provider.discount_link)
    ours = None if provider.makes_secret else wish.secret or random.token_urlsafe(32)
    set_secrets(connection, [secret for secret in (wish.secret, ours) if secret][:1])
    follow_connections(connection.stores.all())
    return Connected(connection, create_key(connection), webhook_url(connection), ours)


def webhook_url(connection: Connection) -> str:
    """Where the provider's own webhooks go."""
    return urljoin(settings.PUBLIC_URL, f"/webhooks/{connection.code}/")


def provider_of(connection: Connection) -> Provider:
    return PROVIDERS.get(connection.provider)


def rotate(connection: Connection, overlap: timedelta, now: datetime) -> str:
    """A new API key; the keys of before go on for `overlap`."""
    key = rotate_key(connection, overlap=overlap, now=now)
    forget_callers()
    return key


@transaction.atomic
def change(connection: Connection, *, name: str, carts_enabled: bool, quiet_period: int | None) -> None:
    """Rename, switch abandoned carts on or off, set the quiet period. Raises `CannotConnectError`."""
    connection.name = name
    connection.carts_enabled = carts_enabled
    connection.quiet_period_minutes = _quiet_period(provider_of(connection), quiet_period)
    connection.save(update_fields=["name", "carts_enabled", "quiet_period_minutes"])
    follow_connections(connection.stores.all())
    forget_callers()


def replace_secret(connection: Connection, secret: str) -> None:
    """The provider's signing secret; the one of before stops."""
    set_secrets(connection, [secret])
    forget_hooks()


@transaction.atomic
def disconnect(connection: Connection, now: datetime) -> bool:
    """Nothing of this connection is accepted any more, within 30 s; its secrets are forgotten. False: it was before.

    A provider that passes on privacy wishes does so after the shop has left (Shopify's shop/redact, 48 hours later): what proves its
    calls stays for `integrations.retention.PROOFS`, and only those wishes are heard. The keys stay known, so that a shop that goes on calling hears "switched off" rather than "no such key".
    """
    if not Connection.objects.connected().filter(pk=connection.pk).update(disconnected_at=now):
        return False
    connection.refresh_from_db()
    if not provider_of(connection).privacy_topics:
        set_secrets(connection, [])
    follow_connections(connection.stores.all())
    forget_callers()
    forget_hooks()
    return True


def follow_connections(stores: Iterable[Store]) -> None:
    """Make what the wizard knows of stores follow from their live connections. A trigger that was learnt stays."""
    for store in stores:
        live = list(store.connections.connected())
        learnt = [store.cart_trigger, *(provider_of(connection).trigger for connection in live)]
        store.cart_trigger = max(learnt, key=_RANK.__getitem__) if live else CartTrigger.NONE
        ours = any(connection.quiet_period_minutes for connection in live)
        store.timer = Timer.OURS if ours else Timer.THEIRS
        store.save(update_fields=["cart_trigger", "timer"])


def _quiet_period(provider: Provider, wished: int | None) -> int | None:
    if provider.timer == "theirs" and wished:
        raise CannotConnectError("quiet_period", f"{provider.label} decides itself when a cart is abandoned.")
    if wished is not None and not MIN_QUIET_PERIOD <= wished <= MAX_QUIET_PERIOD:
        raise CannotConnectError("quiet_period", "Between 5 minutes and 7 days.")
    return QUIET_PERIOD if wished is None and provider.timer == "ours" else wished


def _store(merchant: Merchant, slug: str, name: str) -> Store:
    key = slug.strip() or slugify(name) or "shop"
    if len(key) > 128:
        raise CannotConnectError("store", "The id of a store has at most 128 characters.")
    made, _ = Store.objects.get_or_create(merchant=merchant, slug=key, defaults={"name": slug.strip() or name})
    return made
