"""Which of a step's contents a shopper gets: a variant of an A/B test, the first channel of a waterfall, or the only one. Pure.

The variant follows from campaign and shopper alone, so that nobody sees two of them, whichever sender asks and when; while
nobody knows who the shopper is, from the episode. Shares may be changed: each shopper keeps a point between 0 and 1, and
the shares say which variant holds that point.
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Protocol, TypeVar

POINTS = 2**64


class Variant(Protocol):
    """A content, or the step it is made of."""

    @property
    def rank(self) -> int: ...
    @property
    def variant(self) -> str: ...
    @property
    def share(self) -> int: ...


V = TypeVar("V", bound=Variant)


def point_of(campaign_id: int, shopper_id: int | None, episode_id: int) -> float:
    """Where a shopper stands in a campaign, evenly spread from 0 up to 1."""
    who = f"shopper {shopper_id}" if shopper_id else f"episode {episode_id}"
    digest = blake2b(f"campaign {campaign_id}, {who}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / POINTS


def is_waterfall(contents: Sequence[Variant]) -> bool:
    """Whether these contents of one step are channels to be tried one after the other."""
    return len({content.rank for content in contents}) > 1


def pick(contents: Sequence[V], point: float) -> V:
    """The content of one step that a shopper at this point begins with."""
    first = min(content.rank for content in contents)
    ordered = sorted((one for one in contents if one.rank == first), key=lambda one: one.variant)
    bounds = list(accumulate(one.share for one in ordered))
    at = point * bounds[-1]
    return next((one for one, bound in zip(ordered, bounds, strict=True) if at < bound), ordered[-1])
