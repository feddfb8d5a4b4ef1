"""How long events are kept: 90 days in their allow-listed form, and the raw body of a quarantined one for 30.

What an event became (carts, orders, decisions) stays. Its key goes with it: an event that comes again after 90 days is a new one.
"""

from datetime import datetime, timedelta

from aiq.lib import forgetting
from integrations.models import EventKey, EventState, InboundEvent

EVENTS = timedelta(days=90)
QUARANTINED_BODIES = timedelta(days=30)


def forget(now: datetime) -> int:
    """Delete what has been kept long enough; how many events were deleted."""
    old = EventKey.objects.filter(state=EventState.QUARANTINED, received_at__lt=now - QUARANTINED_BODIES)
    InboundEvent.objects.filter(key__in=old).exclude(body="").update(body="")
    return forgetting.forget(EventKey, "received_at", now - EVENTS, first=InboundEvent)
