"""What pages say about a campaign in words: its delay, and the sentence that sums it up."""

from typing import Protocol

from django.utils.text import get_text_list

from campaigns.drafting.drafts import Send, Sketch
from campaigns.drafting.forecast import Forecast
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
    return place_of(step.position, step.channel, step.variant, kind)


def place_of(position: int, channel: str, variant: str, kind: str) -> str:
    return f"Step {position}, {_message(channel, variant, kind)}"


def message_in_words(step: Placed, kind: str) -> str:
    """One message of a step: "text", and in a test "variant B"."""
    return _message(step.channel, step.variant, kind)


def _message(channel: str, variant: str, kind: str) -> str:
    return f"variant {variant.upper()}" if kind == CampaignKind.AB else channel_in_words(channel)


def what_it_does(sketch: Sketch) -> str:
    """The campaign in a sentence, with what is not chosen yet left out."""
    sends = sketch.sends or (Send(sketch.delay_minutes, ("email",)),)
    what, how = _first(sketch.kind, sends[0])
    if not sketch.typed:
        return f"Sends {what} to shoppers who left a cart{how}, once the campaign type is chosen."
    whom = f"shoppers in “{sketch.audience_name}”" if sketch.audience_name else "all subscribed users"
    where = f" of {get_text_list(list(sketch.store_names), 'and')}" if sketch.store_names else ""
    first = f"Sends {what} to {whom}{where}{_after(sends[0].delay_minutes)}"
    more = [_following(sketch.kind, send) for send in sends[1:]]
    stops = " It stops when they buy." if more else ""
    return f"{get_text_list([first, *more], 'and')}{how}.{stops}"


def _after(minutes: int) -> str:
    return " as soon as they leave a cart" if minutes == 0 else f", {delay_in_words(minutes)} after they leave a cart"


def _first(kind: str, send: Send) -> tuple[str, str]:
    """What is sent, and for a waterfall over which channel."""
    if kind == CampaignKind.WATERFALL and len(send.channels) > 1:
        return "one message", f": by {', else by '.join(map(channel_in_words, send.channels))}"
    if send.variants > 1:
        return f"one of {_SMALL[send.variants]} variants of {_article(channel_in_words(send.channels[0]))}", ""
    return get_text_list([_article(channel_in_words(channel)) for channel in send.channels], "and"), ""


def _following(kind: str, send: Send) -> str:
    what = "another" if kind == CampaignKind.WATERFALL else _first(kind, send)[0]
    return f"{what} after {delay_in_words(send.delay_minutes)}"


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def forecast_in_words(forecast: Forecast) -> str:
    """How many carts it would have met lately, and how many of these shoppers it could have reached."""
    if not forecast.carts:
        return f"In the last {forecast.days} days no carts were abandoned."
    carts = f"{forecast.carts:,} cart{'' if forecast.carts == 1 else 's'}"
    return f"In the last {forecast.days} days this would have met {carts}; {_reached(forecast)}."


def _reached(forecast: Forecast) -> str:
    by = " or ".join(map(channel_in_words, forecast.channels))
    if forecast.reachable == 0:
        return f"none of these shoppers can be reached by {by} today"
    about = "about " if forecast.estimated else ""
    return f"{about}{forecast.reachable:,} of them left by shoppers who can be reached by {by} today"
