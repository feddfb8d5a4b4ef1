"""A second channel for tests of what happens between channels: notes handed over in memory, to the phone number."""

from collections.abc import Sequence
from typing import Any

from campaigns.channels.base import Channel, ChannelError, Envelope, Outcome, Reachable, Receipt
from campaigns.rendering import Rendered
from campaigns.templating.compiling import Compiled, Source
from campaigns.templating.texting import compile_text


class Paper(Channel):
    slug, label, icon = "paper", "Paper", "note"
    quiet_hours = False

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.refuses = False

    def address_of(self, shopper: Reachable) -> str:
        return shopper.phone or ""

    def compile(self, source: Source) -> Compiled:
        return compile_text(source)

    def compose(self, rendered: Rendered, envelope: Envelope) -> Any:
        return envelope.to, rendered.text

    def send_many(self, messages: Sequence[Any]) -> list[Outcome]:
        if self.refuses:
            return [ChannelError("no such letter box", permanent=True) for _ in messages]
        self.sent += messages
        return [Receipt() for _ in messages]
