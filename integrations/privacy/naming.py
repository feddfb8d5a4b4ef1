"""Empties events of stores: those of erased people, and those that only name them, looked through once for many people."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import transaction

from aiq.lib import bulk
from integrations.models import EventKey, EventState, InboundEvent
from integrations.privacy.held import Held
from integrations.privacy.mentions import Mentions
from integrations.privacy.spellings import unnamed

PAGE = 500


def empty(ids: Collection[int], renamed: Mapping[int, str]) -> int:
    """Bodies go; what had not been read yet is not read any more. The rows stay, so that a repetition is known as one: by `renamed`, event
    ids that named somebody, each replaced by one of its own, since an id that was erased may come again."""
    EventKey.objects.filter(pk__in=ids, state=EventState.RECEIVED).update(state=EventState.IGNORED, reason="erased")
    bulk.update(
        EventKey, [{"id": pk, "event_id": unnamed(f"{pk} {said}")} for pk, said in renamed.items()], ["event_id"]
    )
    return InboundEvent.objects.filter(pk__in=ids).update(body="", note="", shopper_id=None)


@transaction.atomic
def forget(mine: Held) -> None:
    """Empty what names these people, in one reading of all events of their merchant."""
    mentions = Mentions({one.pk: (one.email or "", one.phone or "") for one in mine.shoppers}, mine.named)
    found: list[int] = []
    renamed: dict[int, str] = {}
    for pk, event_id, *said in _all(mine):
        if mentions.whose(event_id):
            renamed[pk] = event_id
        if pk in renamed or any(text and mentions.whose(text) for text in said):
            found.append(pk)
    empty(found, renamed)


def _all(mine: Held) -> Iterator[tuple[Any, ...]]:
    """Page by page: a body may be large."""
    rows = InboundEvent.objects.filter(key__connection__merchant=mine.merchant).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", "key__event_id", "body", "note")[:PAGE]):
        yield from page
        last = page[-1][0]
