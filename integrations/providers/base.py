"""What a provider is to us: how its calls are proven, told apart and translated. Pure: no models, no queue, no network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from campaigns.facts import CartFact, ContactFact, OrderFact, PrivacyFact
from products.facts import ProductFact, StockFact

Fact: TypeAlias = CartFact | OrderFact | ContactFact | PrivacyFact | ProductFact | StockFact
Headers: TypeAlias = Mapping[str, str]


class BadPayloadError(ValueError):
    """This event cannot be translated: it is quarantined. `reason` is one of `integrations.reasons`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".rstrip())
        self.reason = reason
        self.detail = detail


class IgnoredEventError(ValueError):
    """This event is none of ours: it is kept and ignored, visibly. `reason` is one of `integrations.reasons`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".rstrip())
        self.reason = reason
        self.detail = detail


class Provider(ABC):
    """One kind of shop software, in one file of this package.

    `trigger`: what its carts allow ("none": none, or known with the first event). `timer`: who says that a cart is
    abandoned: `theirs`, or `ours` after the connection's quiet period, or `editable`: theirs, unless a connection has one.
    """

    slug: str
    label: str
    trigger: ClassVar[Literal["none", "simple", "dynamic"]]
    timer: ClassVar[Literal["theirs", "ours", "editable"]]
    makes_secret: ClassVar[bool] = False  # the provider gives the webhook secret, we do not
    discount_link: ClassVar[str] = ""  # how its shops take a discount's code (`accounts.Store.discount_link`)
    privacy_topics: ClassVar[frozenset[str]] = frozenset()  # heard for a while after the shop has left
    max_body: ClassVar[int] = 2 * 1024 * 1024

    @abstractmethod
    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str]) -> bool:
        """Whether one of the live secrets signed these very bytes. Compares in constant time; never raises."""

    @abstractmethod
    def topic(self, headers: Headers) -> str:
        """What the call says it is about. May be unsigned: `parse` checks it against the body."""

    @abstractmethod
    def event_id(self, headers: Headers) -> str:
        """The provider's id of this event, the same on a retry; "" where it gives none."""

    @abstractmethod
    def parse(self, topic: str, payload: Any, received_at: datetime) -> list[Fact]:
        """The facts in a document. Raises `BadPayloadError` or `IgnoredEventError`."""

    @abstractmethod
    def allow_listed(self, topic: str, payload: Any) -> Any:
        """What may be kept of a translated document; `parse` gives the same facts for it."""
