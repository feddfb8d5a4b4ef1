"""The links of one message: click, open and unsubscribe, each signed for its purpose and its delivery.

The tokens carry what they need, so a link works without a look-up and cannot be turned into an open redirect.
"""

from dataclasses import dataclass, field
from uuid import UUID

from aiq.lib.signing import BadToken, sign, unsign

CLICK, OPEN, UNSUBSCRIBE, CONFIRM, SHOWN = "c", "o", "u", "y", "n"
OF_A_TEST = "test"


@dataclass(frozen=True, slots=True)
class LinkMaker:
    """Links for one delivery. `base` is the public address without a slash at its end."""

    base: str
    delivery: UUID
    open_url: str = field(init=False, repr=False)
    unsubscribe_url: str = field(init=False, repr=False)
    _prefix: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Signed once: a message asks for each of them several times."""
        own = self.delivery.bytes
        object.__setattr__(self, "open_url", f"{self.base}/o/{sign(OPEN, own)}.gif")
        object.__setattr__(self, "unsubscribe_url", f"{self.base}/u/{sign(UNSUBSCRIBE, own)}")
        object.__setattr__(self, "_prefix", f"{self.base}/c/")

    def track(self, url: str) -> str:
        return self._prefix + sign(CLICK, self.delivery.bytes + url.encode())

    def cart(self, url: str) -> str:
        return url

    @property
    def preferences_url(self) -> str:
        return self.unsubscribe_url


@dataclass(frozen=True, slots=True)
class PlainLinks:
    """Links for a preview or a test: addresses stay as they are, nothing is counted."""

    unsubscribe_url: str = "#unsubscribe"
    preferences_url: str = "#preferences"
    open_url: str = ""

    def track(self, url: str) -> str:
        return url

    def cart(self, url: str) -> str:
        return url


@dataclass(frozen=True, slots=True)
class MeasuredLinks(PlainLinks):
    """Plain links that remember which addresses a delivery would replace by its own."""

    tracked: list[str] = field(default_factory=list)

    def track(self, url: str) -> str:
        self.tracked.append(url)
        return url


def links_of_a_test(base: str) -> PlainLinks:
    """Links for a test that is sent: they work and nothing is counted; the way out leads to a page that says so."""
    way_out = f"{base}/u/{OF_A_TEST}"
    return PlainLinks(unsubscribe_url=way_out, preferences_url=way_out)


def confirm_url(base: str, request: UUID) -> str:
    """Where a shopper confirms what an opt-in request asked."""
    return f"{base}/u/confirm/{sign(CONFIRM, request.bytes)}"


def shown_url(base: str, delivery: UUID) -> str:
    """Where a store's service worker says that it has shown the notification of a delivery."""
    return f"{base}/n/{sign(SHOWN, delivery.bytes)}"


def read_shown(token: str) -> UUID:
    """The delivery of `/n/{token}`. Raises `BadToken`."""
    return _delivery(unsign(SHOWN, token))


def read_confirm(token: str) -> UUID:
    """The opt-in request of `/u/confirm/{token}`. Raises `BadToken`."""
    return _delivery(unsign(CONFIRM, token))


def read_click(token: str) -> tuple[UUID, str]:
    """The delivery and the address of `/c/{token}`. Raises `BadToken`."""
    payload = unsign(CLICK, token)
    try:
        return UUID(bytes=payload[:16]), payload[16:].decode()
    except (ValueError, UnicodeDecodeError) as error:
        raise BadToken("not a click") from error


def read_open(token: str) -> UUID:
    """The delivery of `/o/{token}.gif`. Raises `BadToken`."""
    return _delivery(unsign(OPEN, token))


def read_unsubscribe(token: str) -> UUID:
    """The delivery of `/u/{token}`. Raises `BadToken`."""
    return _delivery(unsign(UNSUBSCRIBE, token))


def _delivery(payload: bytes) -> UUID:
    try:
        return UUID(bytes=payload)
    except ValueError as error:
        raise BadToken("not a delivery") from error
