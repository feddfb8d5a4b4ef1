"""What a channel is: it knows an address of a shopper and hands messages over. It touches no models, retries nothing,
logs no outcomes: the caller does, once (architecture, section 5)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from aiq.lib.registry import Registry
from campaigns.channels.push_address import Browser
from campaigns.links import LinkMaker
from campaigns.rendering import MessageLinks, Rendered
from campaigns.templating.compiling import Compiled, Source


class Reachable(Protocol):
    """Whoever has addresses: a shopper."""

    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def browsers(self) -> Sequence[Browser]: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message. `provider_id` is its name for it, possibly empty. `gone`, of every outcome: codes of browsers that
    take nothing any more."""

    provider_id: str = ""
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelError:
    """The message definitely did not leave. `permanent`: trying again is pointless. An outcome, not an exception.

    `means` says what the refusal tells of the address itself (`campaigns.consent.refusals`).
    """

    text: str
    permanent: bool
    means: Literal["", "opted_out", "dead_number"] = ""
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The message may or may not have left. `retriable`: its provider sends it once however often it is handed over (idempotency key);
    else it must not be sent again by itself."""

    text: str
    gone: tuple[str, ...] = ()
    retriable: bool = False


Outcome = Receipt | ChannelError | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a message carries besides its content: `to` and `sender` are addresses of the channel, `date` has a zone.

    `callback_url`: where its provider reports, for channels that say so with each message. After `expires_at` it is of no use,
    or no longer allowed: who keeps it for a phone that is off is told so.
    """

    delivery_code: str
    to: str
    sender: str
    sender_name: str
    date: datetime
    unsubscribe_url: str
    callback_url: str = ""
    expires_at: datetime | None = None


class Channel(ABC):
    """One way to reach a shopper: a file in this package. `quiet_hours`: always kept; else where the merchant wants it."""

    slug: str
    label: str
    icon: str
    group_size: int = 25
    quiet_hours: bool = True

    @property
    def sends_once(self) -> bool:
        """Whether its provider sends a message once however often it is handed over: each carries its delivery's code as a key."""
        return False

    @abstractmethod
    def address_of(self, shopper: Reachable) -> str:
        """Where the shopper is reached on this channel; empty if nowhere."""

    def shown(self, address: str) -> str:
        """An address as staff may see it."""
        return address

    def read_address(self, text: str) -> str:
        """An address as a person types it, in the form `address_of` gives. Raises `ValueError` with what is wrong."""
        return text.strip()

    @abstractmethod
    def compile(self, source: Source) -> Compiled:
        """What is stored of a message as written. Raises `TemplateProblems`."""

    @abstractmethod
    def compose(self, rendered: Rendered, envelope: Envelope) -> Any:
        """The message that `send_many` takes."""

    def links(self, base: str, delivery: UUID) -> MessageLinks:
        """The links of one message; `base` is the public address without a slash at its end."""
        return LinkMaker(base, delivery)

    @abstractmethod
    def send_many(self, messages: Sequence[Any]) -> list[Outcome]:
        """Hand messages over; one outcome per message, in order. Raises nothing for a single message's sake."""


CHANNELS: Registry[Any] = Registry("campaigns.channels", Channel)
