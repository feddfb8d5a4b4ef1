"""Events of stores that could not be read or recorded, for support: what is wrong with each, and what may be done."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Merchant
from integrations.models import EventKey, EventState
from integrations.reasons import EVENT_REASONS
from integrations.retention import QUARANTINED_BODIES

UNREADABLE = "not_json"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event in quarantine, what is wrong with it, and the next step."""

    key: EventKey
    problem: str
    next_step: str


def quarantined(now: datetime, merchant: Merchant | None = None, limit: int = 50) -> list[Quarantined]:
    """The newest that can still be replayed, newest first: once its body is gone, an event waits for nobody."""
    since = now - QUARANTINED_BODIES
    keys = EventKey.objects.filter(state=EventState.QUARANTINED, received_at__gte=since, event__isnull=False)
    if merchant:
        keys = keys.filter(connection__merchant=merchant)
    rows = keys.select_related("event", "connection__merchant").defer("event__body")
    return [_quarantined(key) for key in rows.order_by("-received_at", "-pk")[:limit]]


def _quarantined(key: EventKey) -> Quarantined:
    problem = " ".join(filter(None, [EVENT_REASONS.get(key.reason, key.reason), key.event.note]))
    if key.reason.startswith(UNREADABLE):
        return Quarantined(key, problem, "the store has to send it again, mended: a replay reads the same")
    return Quarantined(key, problem, f"mend the cause, then replay_webhook {key.code}")
