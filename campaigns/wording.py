"""What pages say about a campaign in words: its delay, and the sentence that sums it up."""

from collections.abc import Sequence
from typing import Protocol

from campaigns.drafts import Sketch
from campaigns.forecast import Forecast
from campaigns.models import CampaignKind


class Placed(Protocol):
    """A step, or the content made of it."""

    @property
    def position(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def variant(self) -> str: ...


_UNITS = ((1440, "day"), (60, "hour"))
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def delay_in_words(minutes: int) -> str:
    """A delay as it is said: "one hour", "90 minutes", "at once"."""
    if minutes == 0:
        return "at once"
    size, unit = next(((size, unit) for size, unit in _UNITS if minutes % size == 0), (1, "minute"))
    count = minutes // size
    number = _SMALL[count] if count < len(_SMALL) else f"{count:,}"
    return f"{number} {unit}{'' if count == 1 else 's'}"


CHANNELS = {"email": "email", "sms": "text", "push": "notification"}


def channel_in_words(slug: str) -> str:
    """One message of a channel, as a person calls it."""
    return CHANNELS.get(slug, slug)


def place_in_words(step: Placed, kind: str) -> str:
    """Where a message stands in its campaign: "Step 2, text", and in a test "Step 1, variant B"."""
    what = f"variant {step.variant.upper()}" if kind == CampaignKind.AB else channel_in_words(step.channel)
    return f"Step {step.position}, {what}"


def what_it_does(sketch: Sketch) -> str:
    """The campaign in a sentence, with what is not chosen yet left out."""
    if not sketch.typed:
        return "Sends an email to shoppers who left a cart, once the campaign type is chosen."
    whom = f"shoppers in “{sketch.audience_name}”" if sketch.audience_name else "all subscribed users"
    where = f" of {_listed(sketch.store_names)}" if sketch.store_names else ""
    if sketch.delay_minutes == 0:
        return f"Sends an email to {whom}{where} as soon as they leave a cart."
    return f"Sends an email to {whom}{where}, {delay_in_words(sketch.delay_minutes)} after they leave a cart."


def forecast_in_words(forecast: Forecast) -> str:
    """How many carts it would have met lately, and how many of these shoppers it could have reached."""
    if not forecast.carts:
        return f"In the last {forecast.days} days no carts were abandoned."
    carts = f"{forecast.carts:,} cart{'' if forecast.carts == 1 else 's'}"
    return f"In the last {forecast.days} days this would have met {carts}; {_reached(forecast)}."


def _reached(forecast: Forecast) -> str:
    if forecast.reachable == 0:
        return "none of these shoppers can be reached by email today"
    return f"{forecast.reachable:,} of them left by shoppers who can be reached by email today"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
