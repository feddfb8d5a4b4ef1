"""How long it is kept what became of a message, and what it was made of: 13 months. Deliveries and decisions hold no
address and stay, and so do the daily figures."""

from datetime import datetime, timedelta

from accounts import joining
from aiq.lib import forgetting
from campaigns.consent.suppressions import WITHIN
from campaigns.models import OptInRequest, PushSubscription, SentMessage, SoftBounce, TrackingEvent

KEPT = timedelta(days=396)
ASKED = timedelta(days=90)
GONE = timedelta(days=30)


def forget(now: datetime) -> int:
    """Delete opens, clicks and providers' reports, the data of messages, browsers that are gone, and invitations without an answer,
    once old enough; how many rows."""
    asked = forgetting.forget(OptInRequest, "asked_at", now - ASKED)
    gone, _ = PushSubscription.objects.filter(gone_at__lt=now - GONE).delete()
    bounces, _ = SoftBounce.objects.filter(at__lt=now - WITHIN).delete()
    return (
        asked
        + joining.forget(now)
        + gone
        + bounces
        + sum(forgetting.forget(model, "at", now - KEPT) for model in (TrackingEvent, SentMessage))
    )
