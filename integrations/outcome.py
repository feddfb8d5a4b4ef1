"""What became of an event, for the store that sent it (`GET /v2/events/{eventID}`)."""

from datetime import datetime
from typing import Any

from campaigns import ledger
from integrations.models import EventKey, InboundEvent


def outcome_of(connection_id: int, event_id: str, now: datetime) -> dict[str, Any] | None:
    """State, reason, cart and decisions of one event of this connection; None where it has none of that id."""
    if "\0" in event_id:  # no text of PostgreSQL's, so no event's
        return None
    key = EventKey.objects.filter(connection_id=connection_id, event_id=event_id).first()
    if key is None:
        return None
    event = InboundEvent.objects.filter(key=key).first()  # the key outlives the event itself
    cart, decisions = ledger.of_event(event.cart_id, now) if event and event.cart_id else (None, [])
    return {
        "eventID": key.event_id,
        "state": key.state,
        "reason": key.reason or None,
        "note": (event and event.note) or None,
        "cart": cart,
        "decisions": decisions,
    }
