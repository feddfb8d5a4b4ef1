"""The sources a merchant keeps: added, changed, taken away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Merchant, Store, User
from products.imports import asking
from products.models import FeedFormat, FeedImport, ImportRun

PACES = {15: "every 15 minutes", 60: "every hour", 360: "every 6 hours", 1440: "every day"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants read. Without `url` it is a file given by hand; `every_minutes` None: only when asked for."""

    name: str
    store: Store
    url: str = ""
    every_minutes: int | None = None
    format: str = FeedFormat.AUTO


def add(merchant: Merchant, wish: Wish, user: User | None, chunks: Iterable[bytes] | None = None) -> ImportRun:
    """A new source, and its first run at once."""
    feed = FeedImport.objects.create(
        merchant=merchant,
        store=wish.store,
        name=wish.name,
        format=wish.format,
        url=wish.url,
        every_minutes=wish.every_minutes if wish.url else None,
    )
    run, _ = asking.ask(feed, user, chunks)
    _pace(feed, wish)
    return run


@transaction.atomic
def change(feed: FeedImport, wish: Wish) -> None:
    """Another name, address, pace or format. Another address or format is read anew, whatever the old one answered."""
    afresh = {"etag": "", "last_modified": ""} if (feed.url, feed.format) != (wish.url, wish.format) else {}
    FeedImport.objects.filter(pk=feed.pk).update(name=wish.name, url=wish.url, format=wish.format, **afresh)
    if feed.every_minutes != wish.every_minutes:
        _pace(feed, wish)


def remove(feed: FeedImport) -> None:
    """The source and its history go; products stay, and their stock stands as it was last told."""
    feed.stock.update(valid_until=None)
    feed.delete()


def _pace(feed: FeedImport, wish: Wish) -> None:
    """Due again one pace from now; never, where there is none."""
    paced = bool(wish.url and wish.every_minutes)
    following = timezone.now() + timedelta(minutes=wish.every_minutes or 0) if paced else None
    FeedImport.objects.filter(pk=feed.pk).update(
        every_minutes=wish.every_minutes if paced else None, next_run_at=following
    )
