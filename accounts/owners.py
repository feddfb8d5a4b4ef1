"""Whose rows are: merchant and store of many rows, each loaded once. A join would make them anew for every row."""

from collections.abc import Iterable
from typing import Protocol

from accounts.models import Merchant, Store


class Owned(Protocol):
    merchant_id: int
    merchant: Merchant
    store_id: int | None
    store: Store | None


def attach(rows: Iterable[Owned]) -> None:
    """Give each row its merchant and its store, in two queries."""
    rows = list(rows)
    merchants = Merchant.objects.in_bulk({row.merchant_id for row in rows})
    stores = Store.objects.in_bulk({row.store_id for row in rows if row.store_id})
    for row in rows:
        row.merchant = merchants[row.merchant_id]
        row.store = stores[row.store_id] if row.store_id else None
