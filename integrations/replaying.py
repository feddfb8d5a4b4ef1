"""An event taken up again from the form it was kept in: after a correction of ours, or of the store's settings."""

from django.db import transaction
from django.db.models import Q

from aiq.lib.doorbell import ring
from campaigns.story.finding import as_code
from integrations.ingest import JOB
from integrations.models import EventKey, EventState


class CannotReplayError(Exception):
    """Nothing was changed, and the text says why."""


def find_event(asked: str) -> EventKey:
    """The event with that code, or with that id where only one store sent it. Raises `CannotReplayError`."""
    code = as_code(asked)
    named = Q(code=code) | Q(event_id=asked) if code else Q(event_id=asked)
    found = list(EventKey.objects.filter(named).select_related("event", "connection__merchant")[:2])
    if not found:
        raise CannotReplayError(f"There is no event {asked!r}.")
    if len(found) > 1:
        raise CannotReplayError(f"Several stores sent an event {asked!r}; name it by its code, which `why` shows.")
    return found[0]


@transaction.atomic
def replay(key: EventKey) -> None:
    """Let a worker translate the event again. Harmless: facts are snapshots with their time, so a repetition ends in the
    same rows. Raises `CannotReplayError`."""
    if not key.event.body:
        raise CannotReplayError("Its body is no longer kept.")
    settled = EventKey.objects.filter(pk=key.pk).exclude(state=EventState.RECEIVED)
    if not settled.update(state=EventState.RECEIVED, reason=""):
        raise CannotReplayError("It waits to be processed already.")
    transaction.on_commit(lambda: ring("events", JOB), robust=True)
    key.refresh_from_db()
