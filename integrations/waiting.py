"""Which events are next: claimed fairly between connections, each claimed row locked until its batch is settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.facts import Origin

# Connections with waiting events are found by hopping through the partial index (one probe each), so that the cost
# follows what waits, not how many connections or events there are.
_FAIR = """
WITH RECURSIVE hop AS (
    (SELECT connection_id FROM integrations_eventkey WHERE state = 'received' ORDER BY connection_id LIMIT 1)
    UNION ALL
    SELECT (SELECT connection_id FROM integrations_eventkey
            WHERE state = 'received' AND connection_id > hop.connection_id ORDER BY connection_id LIMIT 1)
    FROM hop WHERE hop.connection_id IS NOT NULL
), share AS (
    SELECT connection_id, greatest(1, %(limit)s / count(*) OVER ()) AS size
    FROM hop WHERE connection_id IS NOT NULL ORDER BY random() LIMIT %(limit)s
)
SELECT key.id FROM share CROSS JOIN LATERAL (
    SELECT id FROM integrations_eventkey
    WHERE state = 'received' AND connection_id = share.connection_id
    ORDER BY id LIMIT share.size FOR UPDATE SKIP LOCKED
) key
"""
_THESE = """
SELECT id FROM integrations_eventkey WHERE id = ANY(%(ids)s::bigint[]) AND state = 'received'
ORDER BY id FOR UPDATE SKIP LOCKED
"""
_ROWS = """
SELECT key.id, key.event_id, key.received_at, event.topic, event.body, door.id, door.code, door.merchant_id,
       door.provider, door.carts_enabled, door.quiet_period_minutes,
       (SELECT min(store_id) FROM integrations_connection_stores WHERE connection_id = door.id), now()
FROM integrations_eventkey key
JOIN integrations_inboundevent event ON event.key_id = key.id
JOIN integrations_connection door ON door.id = key.connection_id
WHERE key.id = ANY(%(ids)s::bigint[]) ORDER BY key.id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed event and what its connection says. `now` is the database's clock at the claim."""

    key_id: int
    event_id: str
    received_at: datetime
    topic: str
    body: str
    connection_id: int
    source: UUID
    merchant_id: int
    provider: str
    carts_enabled: bool
    quiet_period_minutes: int | None
    default_store_id: int | None
    now: datetime

    @property
    def origin(self) -> Origin:
        return Origin(self.merchant_id, self.source, self.default_store_id, self.quiet_period_minutes)


def claim(limit: int) -> list[Waiting]:
    """Up to `limit` events, an equal share for each connection that has some waiting. Call it in a transaction."""
    return _rows(_all(_FAIR, limit=limit))


def claim_these(ids: Sequence[int]) -> list[Waiting]:
    """Those of these events that still wait and nobody else holds."""
    return _rows(_all(_THESE, ids=list(ids)))


def _rows(claimed: Sequence[tuple[Any, ...]]) -> list[Waiting]:
    return [Waiting(*row) for row in _all(_ROWS, ids=[pk for (pk,) in claimed])] if claimed else []


def _all(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
