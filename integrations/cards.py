"""What the pages of Integrations say about connections and their stores, in words."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import CartTrigger, Merchant, Store, Timer
from integrations.connecting import provider_of
from integrations.health import SILENT_AFTER, StoreHealth, stores_health
from integrations.models import Connection, EventKey, EventState
from integrations.reasons import in_words

TRIGGERS = {
    CartTrigger.NONE: "No carts yet",
    CartTrigger.SIMPLE: "Simple: tells who left a cart, not what was in it",
    CartTrigger.DYNAMIC: "Dynamic: carts come with their products",
}


@dataclass(frozen=True, slots=True)
class StoreLine:
    """A store of a connection, as its card shows it."""

    store: Store
    health: StoreHealth

    @property
    def trigger(self) -> str:
        return TRIGGERS[CartTrigger(self.store.cart_trigger)]


@dataclass(frozen=True, slots=True)
class Card:
    connection: Connection
    provider: str
    level: str
    words: str
    timer: str
    stores: tuple[StoreLine, ...]


def cards(merchant: Merchant, now: datetime) -> list[Card]:
    """The merchant's connections, live ones first, in a constant number of queries."""
    connections = list(merchant.connections.prefetch_related("stores"))
    health = {one.store_id: one for one in stores_health(merchant, now)}
    made = [_card(connection, health, now) for connection in connections]
    return sorted(made, key=lambda card: (card.level == "off", card.connection.name.lower()))


def card(connection: Connection, now: datetime) -> Card:
    """One connection's."""
    return _card(connection, {one.store_id: one for one in stores_health(connection.merchant, now)}, now)


def timer_in_words(connection: Connection) -> str:
    """Who decides when a cart is abandoned."""
    if minutes := connection.quiet_period_minutes:
        return f"We decide: after {_span(minutes)} without a sign of life"
    return Timer.THEIRS.label


def last_event(connection: Connection) -> EventKey | None:
    """The newest event, with its body's row."""
    return EventKey.objects.filter(connection=connection).select_related("event").order_by("-id").first()


def what_came(key: EventKey, store: Store | None) -> str:
    """The first event in a sentence, for whoever just connected."""
    if key.state == EventState.RECEIVED:
        return "It has arrived and is being read."
    if key.state == EventState.PROCESSED:
        trigger = TRIGGERS[CartTrigger(store.cart_trigger)] if store else ""
        return f"It was read without a problem. {trigger}.".replace("No carts yet.", "").strip()
    return f"It was kept, but not used. {in_words(key.reason)}"


def _card(connection: Connection, health: dict[int, StoreHealth], now: datetime) -> Card:
    stores = tuple(StoreLine(store, health[store.pk]) for store in connection.stores.all() if store.pk in health)
    level, words = _health(connection, stores, now)
    provider = provider_of(connection).label
    return Card(connection, provider, level, words, timer_in_words(connection), stores)


def _health(connection: Connection, stores: tuple[StoreLine, ...], now: datetime) -> tuple[str, str]:
    """The worst that can be said, in a sentence: off, bad, waiting or well."""
    provider = provider_of(connection)
    if connection.disconnected_at:
        return "off", "Disconnected. Nothing is accepted from this shop any more."
    if provider.makes_secret and not connection.secrets_encrypted:
        return "bad", f"The signing secret of {provider.label} is missing, so its calls are refused."
    if not connection.carts_enabled:
        return "waiting", "Abandoned carts are switched off."
    states = {line.health.state for line in stores}
    if "silent" in states and connection.created_at < now - SILENT_AFTER:
        return "bad", "Nothing has been heard for more than a day."
    if "well" in states:
        return "well", "Carts are coming in."
    return "waiting", "Waiting for the first cart."


def _span(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest or not hours:
        return f"{minutes} minutes"
    return "1 hour" if hours == 1 else f"{hours} hours"
