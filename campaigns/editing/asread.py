"""The words of a message as a shopper reads them, for lists and cards: placeholders are filled with a sample cart's data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from liquid.exceptions import LiquidError

from accounts.models import Merchant
from campaigns.channels.base import CHANNELS
from campaigns.editing import preview_data
from campaigns.links import PlainLinks
from campaigns.models import Content, Discount, Step
from campaigns.rendering import MessageLinks, MissingData, RenderFailed, shown_data
from campaigns.templating.liquid import parse

_PLACEHOLDER = re.compile(r"\{\{\s*(?:\w+\.)*(\w+).*?\}\}", re.S)
_CONDITION = re.compile(r"\{%.*?%\}", re.S)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads any number of a merchant's messages; the sample is made once for each discount."""

    merchant: Merchant
    _samples: dict[int | None, Mapping[str, Any]] = field(default_factory=dict)

    def title(self, said: Step | Content) -> str:
        """The subject, or the first line of a text; empty where nothing is written."""
        return self.read(said, said.subject) or self.text(said).partition("\n")[0]

    def text(self, said: Step | Content) -> str:
        """What a text or a notification says; empty for a mail, which is a picture."""
        body = said.body if isinstance(said, Step) else said.text
        return "" if said.channel == "email" else self.read(said, body)

    def read(self, said: Step | Content, written: str) -> str:
        """One part of the message. Where it cannot be rendered, its placeholders stand by their names."""
        links = _links(said.channel)
        try:
            return parse(written, html=False).render_with(shown_data(self._sample(said.discount), links), links).strip()
        except (LiquidError, MissingData, RenderFailed):
            named = _PLACEHOLDER.sub(lambda found: f"[{found[1].replace('_', ' ')}]", _CONDITION.sub("", written))
            return named.strip()

    def _sample(self, discount: Discount | None) -> Mapping[str, Any]:
        key = discount.pk if discount else None
        if key not in self._samples:
            self._samples[key] = preview_data.preview_context(self.merchant, None, feed=True, discount=discount)
        return self._samples[key]


def _links(channel: str) -> MessageLinks:
    """A text shows its links; of everything else only words are read."""
    return CHANNELS.get(channel).links(settings.PUBLIC_URL, UUID(int=0)) if channel == "sms" else PlainLinks()
