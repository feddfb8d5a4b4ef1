"""A shop that calls our API in tests: a connection, its key, and short ways to call."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts.models import Store
from integrations import keys, views
from integrations.jobs import process_batch
from integrations.models import Connection, EventKey
from integrations.signatures import set_secrets
from tests import factories


@dataclass(slots=True)
class Shop:
    connection: Connection
    key: str
    client: Client

    def call(self, method: str, path: str, document: Any = None, **extra: Any) -> Any:
        """The answer to a call; a document that is no bytes goes out as JSON."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        options = {"content_type": "application/json", "headers": {"X-APIKEY": self.key}} | extra
        return self.client.generic(method, f"/v2/{path}", body, **options)

    def post_cart(self, **fields: Any) -> Any:
        return self.call("POST", "cart", {"customer": {"email": "avery@example.com"}} | fields)

    def event(self, event_id: str) -> EventKey:
        return EventKey.objects.select_related("event").get(connection=self.connection, event_id=event_id)


def shop(store: Store | None = None, **fields: Any) -> Shop:
    """A connected shop with one store that has shown no carts yet."""
    keys.forget_callers()
    store = store or factories.store(factories.merchant(), cart_trigger="none")
    connection = factories.connection(store.merchant, [store], **fields)
    return Shop(connection, keys.create_key(connection), Client())


def shopify(secret: str, **fields: Any) -> Shop:
    views.forget_hooks()
    made = shop(provider="shopify", quiet_period_minutes=60, **fields)
    set_secrets(made.connection, [secret])
    return made


def settle_all() -> int:
    """Run the job's work until nothing waits; how many events that were."""
    total = 0
    while count := process_batch():
        total += count
    return total
