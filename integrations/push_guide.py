"""What a store's programmer copies to ask shoppers for notifications, with the addresses of this installation in it."""

import json
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Store
from integrations.models import Connection
from integrations.push_pages import origin_of

WORKER_PATH = "/aiq-push-worker.js"
MOST_STORES = 20


@dataclass(frozen=True, slots=True)
class Guide:
    """`worker`: the one line of the file at the store's root; `token`: the call for one; `pages`: what goes on each store's pages."""

    worker: str
    worker_path: str
    token: str
    pages: tuple[tuple[Store, str, str], ...]


def guide(connection: Connection) -> Guide | None:
    """None where this installation sends no notifications, having no key. Of each store its origin, empty where it has no address."""
    if not settings.VAPID_PRIVATE_KEY:
        return None
    body = json.dumps({"customer": {"srcID": "c-9001"}})
    token = (
        f'curl -X POST {settings.PUBLIC_URL}/v2/push/tokens -H "X-APIKEY: YOUR_API_KEY"'
        f" -H \"Content-Type: application/json\" -d '{body}'"
    )
    stores = connection.stores.all()[:MOST_STORES]
    pages = tuple((store, origin_of(store.url), _snippet(store)) for store in stores)
    return Guide(f'importScripts("{settings.PUBLIC_URL}/push/sw.js");', WORKER_PATH, token, pages)


def _snippet(store: Store) -> str:
    return (
        f'<script src="{settings.PUBLIC_URL}/push/{store.code}/aiq-push.js" data-worker="{WORKER_PATH}"'
        ' data-shopper="TOKEN" defer></script>\n'
        "<button data-aiq-push hidden>Remind me of my cart</button>\n"
        "<button data-aiq-push-off hidden>No more reminders</button>"
    )
