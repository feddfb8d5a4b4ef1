"""When a text that asks for a yes may leave: at once while the shopper is still at it, else within quiet hours.

Who signed up a moment ago invited the question, and it sells nothing: it is no telephone solicitation (47 CFR 64.1200(f), which leaves out
what was invited), and the rules of states and operators are on selling too. A question that comes later, or is asked once more, waits
as any other text does. The answers to a shopper's own text are never held: one confirmation within minutes is what 47 CFR
64.1200(a)(12) and FCC 12-143 (SoundBite) ask for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from campaigns import quiet_hours
from campaigns.channels.base import CHANNELS
from campaigns.models import OptInRequest

STILL_AT_IT = timedelta(minutes=10)


def later(requests: Sequence[OptInRequest], now: datetime) -> dict[int, datetime]:
    """Those that may not leave yet, by primary key, with the moment from which they may; where there is none, with their end."""
    kept = [one for one in requests if CHANNELS.get(one.channel).quiet_hours and not _just_asked_for(one, now)]
    looked = [(one, quiet_hours.look(_place(one), now)) for one in kept]
    return {one.pk: found.opens or one.expires_at for one, found in looked if found.not_after is None}


def _just_asked_for(request: OptInRequest, now: datetime) -> bool:
    return request.times == 1 and request.stated_at is not None and request.stated_at > now - STILL_AT_IT


def _place(request: OptInRequest) -> quiet_hours.Place:
    return quiet_hours.place_of(request.shopper, "", request.shopper.merchant.timezone)
