"""How long events are kept: 90 days in their allow-listed form, and the raw body of a quarantined one for 30. And what proves the privacy
wishes of a shop that has left: 90 days.

What an event became (carts, orders, decisions) stays. Its key goes with it: an event that comes again after 90 days is a new one.
"""

from datetime import datetime, timedelta

from aiq.lib import forgetting
from integrations.models import Connection, EventKey, EventState, InboundEvent

EVENTS = timedelta(days=90)
QUARANTINED_BODIES = timedelta(days=30)
PROOFS = timedelta(days=90)


def forget(now: datetime) -> int:
    """Delete what has been kept long enough; how many events were deleted."""
    old = EventKey.objects.filter(state=EventState.QUARANTINED, received_at__lt=now - QUARANTINED_BODIES)
    InboundEvent.objects.filter(key__in=old).exclude(body="").update(body="")
    left = Connection.objects.filter(disconnected_at__lt=now - PROOFS).exclude(secrets_encrypted="")
    left.update(secrets_encrypted="")
    return forgetting.forget(EventKey, "received_at", now - EVENTS, first=InboundEvent)
