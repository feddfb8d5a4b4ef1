"""An event, translated and recorded once more: after what held it in quarantine is mended, or to see that nothing changes."""

from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from aiq.lib.doorbell import ring
from integrations.ingest import JOB
from integrations.models import EventKey, EventState

SETTLED = (EventState.PROCESSED, EventState.IGNORED, EventState.QUARANTINED)


class CannotReplayError(ValueError):
    """There is no such event, more than one, or it waits already."""


def find_event(asked: str) -> EventKey:
    """The event of that code, or of that id where only one store sent it. Raises `CannotReplayError`."""
    named = Q(event_id=asked)
    with suppress(ValueError):
        named |= Q(code=UUID(asked))
    found = list(EventKey.objects.filter(named).select_related("connection__merchant")[:2])
    if not found:
        raise CannotReplayError(f"There is no event {asked}.")
    if len(found) > 1:
        raise CannotReplayError(f"More than one store sent an event {asked}: name it by its code.")
    return found[0]


def replay(key: EventKey) -> None:
    """Let the event wait again and ring. Facts are snapshots, so a repeat is harmless. Raises `CannotReplayError`."""
    moved = EventKey.objects.filter(pk=key.pk, state__in=SETTLED).update(state=EventState.RECEIVED, reason="")
    if not moved:
        raise CannotReplayError(f"Event {key.event_id} waits to be processed already.")
    key.state = EventState.RECEIVED
    ring("events", JOB)
