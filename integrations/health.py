"""How a merchant's stores are doing: when each last spoke, and what of it could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min, QuerySet

from accounts import access
from accounts.models import Merchant, Store
from campaigns.insight.attention import Notice, counted
from campaigns.models import Episode, Order
from integrations.models import Connection, EventKey, EventState

WINDOW = timedelta(days=7)
SILENT_AFTER = timedelta(days=1)
INTEGRATIONS = "/admin/integrations/"
QUARANTINED = "/admin/integrations/eventkey/?state__exact=quarantined"


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """`state` is well, silent (nothing for a day), waiting (never anything) or off (no connection)."""

    name: str
    trigger: str
    state: str
    last_cart_at: datetime | None
    last_order_at: datetime | None
    store_id: int

    @property
    def words(self) -> str:
        return {
            "well": "Carts are coming in",
            "silent": "Silent for more than a day",
            "waiting": "Waiting for the first cart",
            "off": "Not connected",
        }[self.state]


def stores_health(merchant: Merchant, now: datetime) -> list[StoreHealth]:
    """Each store of the merchant, in four queries; carts and orders older than a week count as none."""
    since = now - WINDOW
    carts = _latest(
        Episode.objects.filter(merchant=merchant, abandoned_at__gte=since, abandoned_at__lte=now), "abandoned_at"
    )
    orders = _latest(Order.objects.filter(merchant=merchant, placed_at__gte=since, placed_at__lte=now), "placed_at")
    feeding = Connection.objects.connected().filter(merchant=merchant, carts_enabled=True)
    fed_since = dict(feeding.order_by().values_list("stores").annotate(Min("created_at")))
    return [
        _health(store, carts.get(store.pk), orders.get(store.pk), fed_since.get(store.pk), now)
        for store in merchant.stores.all()
    ]


def notices(merchant: Merchant, stores: Sequence[StoreHealth], now: datetime) -> list[Notice]:
    """Events that could not be read, and stores that fell silent."""
    unread = EventKey.objects.filter(
        connection__merchant=merchant, state=EventState.QUARANTINED, received_at__gte=now - WINDOW
    )
    text = counted(unread, "One event of a store could not be read", "events of stores could not be read")
    found = [Notice(text, QUARANTINED, "See why", access.MANAGE_SETTINGS)] if text else []
    silent = (f"{store.name} has been silent for more than a day" for store in stores if store.state == "silent")
    return found + [Notice(text, INTEGRATIONS, "Check it", access.MANAGE_SETTINGS, grave=True) for text in silent]


def _latest(rows: QuerySet, field: str) -> dict[int, datetime]:
    return dict(rows.order_by().values_list("store").annotate(Max(field)))


def _health(
    store: Store, cart: datetime | None, order: datetime | None, fed_since: datetime | None, now: datetime
) -> StoreHealth:
    """Silent is only who has had a day to speak."""
    last = max((at for at in (cart, order) if at), default=None)
    day_ago = now - SILENT_AFTER
    if not fed_since:
        state = "off"
    elif last and last >= day_ago:
        state = "well"
    else:
        should_speak = store.cart_trigger != "none" and max(store.created_at, fed_since) < day_ago
        state = "silent" if should_speak else "waiting"
    return StoreHealth(store.name, store.get_cart_trigger_display(), state, cart, order, store.pk)
