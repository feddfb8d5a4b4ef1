"""What travels to a browser: a notification as JSON, made to fit. Pure.

A push service takes 4096 bytes (RFC 8030, section 7.2); of these the encryption needs 86 for its header and 17 for
padding and tag (RFC 8188, section 2; RFC 8291, section 4). What does not fit loses its picture, then the end of its text.
"""

from dataclasses import asdict, dataclass, replace

import msgspec

MAX_BYTES = 4096 - 86 - 17
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Action:
    """A button: its words and where it leads."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as the store's service worker shows it.

    `tag`: a repeat replaces what has the same; `shown`: where the worker says that it has shown it.
    """

    title: str
    body: str
    url: str
    tag: str
    icon: str = ""
    image: str = ""
    actions: tuple[Action, ...] = ()
    shown: str = ""


def encoded(notification: Notification) -> bytes:
    """At most `MAX_BYTES` of JSON. Raises `ValueError` where even the shortest form is longer: its links are."""
    for one in (notification, replace(notification, image=""), replace(notification, image="", icon="")):
        if len(data := _json(one)) <= MAX_BYTES:
            return data
    text = one.body
    while text and len(data) > MAX_BYTES:
        text = text[: len(text) * 3 // 4]
        data = _json(replace(one, body=text.rstrip() + ELLIPSIS))
    if len(data) > MAX_BYTES:
        raise ValueError("The links of this notification are too long for a push service.")
    return data


def decoded(data: bytes) -> Notification:
    """What `encoded` made. Raises `msgspec.DecodeError`."""
    return msgspec.json.decode(data, type=Notification)


def _json(notification: Notification) -> bytes:
    return msgspec.json.encode({name: value for name, value in asdict(notification).items() if value})
