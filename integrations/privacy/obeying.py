"""What is done when a provider passes on a wish about personal data. Part of the transaction that settles the event; harmless to repeat."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from aiq.lib.doorbell import ring
from campaigns.facts import CustomerFact, PrivacyFact, PrivacyWish
from campaigns.models import Shopper
from integrations.models import Connection, InboundEvent
from integrations.privacy import telling
from integrations.privacy.erasing import erase
from integrations.translating import Translated
from integrations.waiting import Waiting


def obey(translated: Sequence[Translated]) -> None:
    """Do what was wished, after the batch is written, so that its own events are found too. Wishes are rare: one by one."""
    for one in translated:
        for fact in one.facts:
            if isinstance(fact, PrivacyFact):
                note = _obeyed(one.event, fact, one.event.now)
                InboundEvent.objects.filter(key=one.event.key_id).update(note=note)


def _obeyed(event: Waiting, fact: PrivacyFact, now: datetime) -> str:
    if fact.wish == PrivacyWish.FORGET_SHOP:
        Connection.objects.filter(pk=event.connection_id, redact_at__isnull=True).update(redact_at=now)
        transaction.on_commit(partial(ring, "jobs", "integrations.jobs.redact_shops"), robust=True)
        return "Everything that came from this shop is erased, in the background."
    people = _people(event, fact.customer)
    if fact.wish == PrivacyWish.TELL:
        codes = [person.code for person in people]
        transaction.on_commit(partial(telling.tell_of_request, event.merchant_id, codes), robust=True)
        return (
            "Owners were told by mail, with the way to the export."
            if people
            else "Nobody here; owners were told by mail."
        )
    for person in people:
        erase(person, now)
    # The wish itself named the person, also where nothing else here did.
    InboundEvent.objects.filter(key=event.key_id).update(body="")
    return f"Erased: {len(people)}." if people else "Nobody of that name is known."


def _people(event: Waiting, customer: CustomerFact) -> list[Shopper]:
    """Whom the store's own id, the address or the number names; that may be several rows of one person."""
    named = Q(pk__in=[])
    if customer.source_id:
        named |= Q(keys__source=event.source, keys__key=customer.source_id)
    if customer.email:
        named |= Q(email=customer.email)
    if customer.phone:
        named |= Q(phone=customer.phone)
    return list(Shopper.objects.filter(named, merchant=event.merchant_id).distinct().order_by("pk"))
