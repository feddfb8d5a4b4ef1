"""How many segments a text takes. Pure.

The alphabet and its extension table: 3GPP TS 23.038, 6.2.1. A text in it has 160 places, any other is sent as UCS-2 and
has 70 (TS 23.040, 9.2.3.24.1); where it takes more than one, each part gives up room for the header that joins them, which
leaves 153 and 67. A character of the extension table takes two places, and neither it nor a surrogate pair is ever split.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

GSM = "GSM-7"
UCS2 = "UCS-2"
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
ALONE = {GSM: 160, UCS2: 70}
JOINED = {GSM: 153, UCS2: 67}
WARN_OVER, REFUSE_OVER = 2, 6


@dataclass(frozen=True, slots=True)
class Measure:
    """`used` places of a text; `odd` are the characters that are not in the SMS alphabet, each once, as they come."""

    alphabet: str
    used: int
    segments: int
    odd: tuple[str, ...]

    @property
    def room(self) -> int:
        """The places of all its segments together."""
        return ALONE[self.alphabet] if self.segments < 2 else JOINED[self.alphabet] * self.segments


def measure(text: str) -> Measure:
    """What a text takes. A lone half of a surrogate pair counts as one place of UCS-2."""
    odd = tuple(dict.fromkeys(sign for sign in text if sign not in BASIC and sign not in EXTENSION))
    alphabet = UCS2 if odd else GSM
    widths = [_width(sign, alphabet) for sign in text]
    used = sum(widths)
    return Measure(alphabet, used, _segments(widths, used, alphabet), odd)


def why_short(found: Measure) -> str:
    """What makes the segments of a text short, in words; empty: nothing does."""
    if not found.odd:
        return ""
    names = ", ".join(_shown(sign) for sign in found.odd[:3])
    are = "is" if len(found.odd) == 1 else "are"
    more = f" and {len(found.odd) - 3} more" if len(found.odd) > 3 else ""
    return f"{names}{more} {are} not in the SMS alphabet: {ALONE[UCS2]} characters per segment instead of {ALONE[GSM]}."


def _width(sign: str, alphabet: str) -> int:
    if alphabet == GSM:
        return 2 if sign in EXTENSION else 1
    return 2 if ord(sign) > 0xFFFF else 1


def _segments(widths: Iterable[int], used: int, alphabet: str) -> int:
    if used <= ALONE[alphabet]:
        return 1 if used else 0
    segments, filled = 1, 0
    for width in widths:
        if filled + width > JOINED[alphabet]:
            segments, filled = segments + 1, 0
        filled += width
    return segments


def _shown(sign: str) -> str:
    """The character, or its name where there is nothing to see."""
    seen = sign.isprintable() and not sign.isspace()
    return sign if seen else f"{unicodedata.name(sign, 'invisible character').lower()}"
