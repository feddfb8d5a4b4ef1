"""What an SMS is made of: the letters phones take for seven bits, and how many segments a text is charged as.

3GPP TS 23.038: the default alphabet and its extension, whose letters count twice. Any other letter turns the whole text
into UCS-2, of which a segment holds less than half.
"""

from campaigns.links import PlainLinks
from campaigns.rendering import shown_data
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.liquid import parse

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """How many messages a phone company charges for."""
    if not set(text) <= _BASIC | _TWICE:
        units = len(text.encode("utf-16-be")) // 2
        return 1 if units <= 70 else -(-units // 67)
    units = sum(2 if letter in _TWICE else 1 for letter in text)
    return 1 if units <= 160 else -(-units // 153)


def sample_of(text: str) -> str:
    """A text with macros as a sample shopper would read it."""
    links = PlainLinks()
    return " ".join(parse(text, html=False).render_with(shown_data(SAMPLE_CONTEXT, links), links).split())
