"""Codes made by a pattern: which patterns are safe, and the codes themselves. Pure, but for the system's randomness.

Each # becomes one of 31 letters and digits; 0, O, 1, I and L are left out, since people read codes aloud.
"""

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LEAST_POSSIBLE = 10**9
GUESSES_PER_CODE = 1_000
MAX_CHARS = 64
_SHAPE = re.compile(r"[A-Za-z0-9#_-]+")


def refusal(pattern: str, number: int = 1) -> str:
    """Why `number` codes in all of this pattern would not be safe, as a sentence; empty if they are.

    A guess must hardly ever hit: a thousand possible codes for each one there is, and never fewer than a thousand million.
    """
    if len(pattern) > MAX_CHARS or not _SHAPE.fullmatch(pattern):
        return f"Letters, digits, - and _, and # for each character that differs; {MAX_CHARS} at most."
    possible = len(ALPHABET) ** pattern.count("#")
    needed = max(LEAST_POSSIBLE, GUESSES_PER_CODE * number)
    if possible >= needed:
        return ""
    return (
        f"“{pattern}” could be guessed: it has {possible:,} possible codes. Use at least {_characters(needed)} times #."
    )


def codes(pattern: str, number: int) -> list[str]:
    """So many codes; a few may be the same."""
    return [_code(pattern) for _ in range(number)]


def token() -> str:
    """The end of a short link: ten characters, some 800 million million of them."""
    return _code("#" * 10)


def _code(pattern: str) -> str:
    return "".join(secrets.choice(ALPHABET) if character == "#" else character for character in pattern)


def _characters(possible: int) -> int:
    count = 1
    while len(ALPHABET) ** count < possible:
        count += 1
    return count
