"""What a shopper allowed and refused, as it was said, one after the other: consents of every topic, requests to confirm, what stops an address."""

from collections.abc import Iterator

from campaigns.consent import suppressions
from campaigns.models import Consent, OptInRequest, Shopper, Suppression
from campaigns.story.sentences import Ear
from campaigns.story.telling import Moment, consent_told, request_told


def allowed(shopper: Shopper, ear: Ear) -> Iterator[Moment]:
    """The history in no particular order; four queries at most."""
    for consent in Consent.objects.filter(shopper=shopper).order_by("at"):
        yield consent_told(consent, ear)
    for request in OptInRequest.objects.filter(shopper=shopper).order_by("asked_at"):
        yield request_told(request, ear)
    digests = [suppressions.digest(address) for address in (shopper.email, shopper.phone) if address]
    for row in Suppression.objects.filter(merchant=shopper.merchant_id, digest__in=digests):
        title = f"{ear.who} gets nothing more by {row.channel}: the address is suppressed"
        yield Moment(at=row.created_at, kind="stop", title=title, detail=row.get_reason_display())
