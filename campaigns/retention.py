"""How long it is kept what became of a message, and what it was made of: 13 months. Deliveries and decisions hold no
address and stay, and so do the daily figures."""

from datetime import datetime, timedelta

from aiq.lib import forgetting
from campaigns.models import SentMessage, TrackingEvent

KEPT = timedelta(days=396)


def forget(now: datetime) -> int:
    """Delete opens, clicks and providers' reports, and the data of messages, that are old enough; how many rows."""
    return sum(forgetting.forget(model, "at", now - KEPT) for model in (TrackingEvent, SentMessage))
