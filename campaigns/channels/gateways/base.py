"""What a gateway of texts is: it takes one text, and understands the reports and the answers that come back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown

TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Text:
    """What leaves. `to` is E.164, `sender` empty where the gateway knows its own; `callback_url` empty: no reports.

    `valid_seconds`: how long it may be kept for a phone that is off: one that waits longer would come in somebody's quiet hours.
    """

    delivery_code: str
    to: str
    sender: str
    text: str
    callback_url: str = ""
    valid_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Call:
    """A callback as it came: `url` is its public address with query, `form` its fields where it is a form."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a text, in Anymail's words and `sent`. `hard`: the number is dead; `opted_out`: its owner said stop."""

    delivery_code: str
    kind: str
    event_id: str
    hard: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text somebody sent us. `answered`: the gateway itself already said what it does with it."""

    provider_id: str
    sender: str
    text: str
    answered: bool = False


class NotGenuine(Exception):  # noqa: N818
    """The callback was not signed by the gateway, or cannot be read."""


class Gateway(ABC):
    @abstractmethod
    def send(self, text: Text) -> Outcome:
        """Hand one text over. Raises nothing."""

    @abstractmethod
    def report(self, call: Call) -> Report | None:
        """What a delivery report says; None: nothing that matters. Raises `NotGenuine`."""

    @abstractmethod
    def inbound(self, call: Call) -> Inbound:
        """Raises `NotGenuine`."""

    @abstractmethod
    def reply(self, text: str) -> tuple[str, str]:
        """The body that answers an inbound text with `text` (empty: with silence), and its content type."""


def failure(error: requests.RequestException) -> Outcome:
    """A call that brought no answer: certain only where no connection was made."""
    words = f"{type(error).__name__}: {error}"[:300]
    return ChannelError(words, permanent=False) if _never_connected(error) else OutcomeUnknown(words)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def refusal(status: int, words: str, *, means: Literal["", "opted_out", "dead_number"] = "") -> Outcome:
    """An HTTP answer that is no success: keys and limits are nobody's fault for ever, other 4xx are the text's."""
    if status in (401, 402, 403, 408, 429, 503) and not means:
        return ChannelError(words[:300], permanent=False)
    if 300 <= status < 500:
        return ChannelError(words[:300], permanent=True, means=means)
    return OutcomeUnknown(words[:300])
