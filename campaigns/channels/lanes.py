"""How many connections a sender uses at once: one to a mail server that is near, several to one whose answers take a way.

A message costs a sender half a millisecond and one answer of its server. At a relay 25 ms away a single connection waits
for nearly all of that time, so a group is shared out among several, each with a thread of its own. Nothing else changes: a
message is on one connection only, and says for itself what became of it.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from campaigns.channels.base import Outcome, OutcomeUnknown
from campaigns.channels.smtp import Lost, Mail, Relay

MOST = 8
# An answer that takes no longer than this leaves nothing to gain; slower ones get as many lanes as bring a message to `AIM_SECONDS`.
NEAR_SECONDS = 0.01
AIM_SECONDS = 0.004
# Fewer mails say little of how far away a server is.
TELLING = 5


class Lanes:
    """`relay` gives the calling thread its own relay. One per process and server; not for several threads at once."""

    def __init__(self, relay: Callable[[], Relay], most: int = MOST) -> None:
        self._relay = relay
        self._most = most
        self._each = 0.0
        self._pool: ThreadPoolExecutor | None = None
        self._pid = 0

    def send_many(self, mails: Sequence[Mail]) -> list[Outcome]:
        """One outcome per mail, in order. Never raises for what a server or the network does."""
        count = self._count(len(mails))
        shares = [mails[lane::count] for lane in range(count)]
        began = monotonic()
        others = [self._threads().submit(self._share, share) for share in shares[1:]]
        results = [self._relay().send_many(shares[0]), *[other.result() for other in others]]
        if len(mails) >= TELLING:
            self._learn((monotonic() - began) / len(shares[0]))
        told = [self._again(share) if result is None else result for share, result in zip(shares, results, strict=True)]
        return [told[number % count][number // count] for number in range(len(mails))]

    def _count(self, mails: int) -> int:
        """Not known yet, or near: one."""
        wanted = math.ceil(self._each / AIM_SECONDS) if self._each > NEAR_SECONDS else 1
        return max(1, min(wanted, self._most, mails))

    def _learn(self, seconds_each: float) -> None:
        self._each = (self._each + seconds_each) / 2 if self._each else seconds_each

    def _share(self, mails: Sequence[Mail]) -> list[Outcome] | None:
        """What a further connection came to; None where there is none to be had, and so nothing was tried."""
        relay = self._relay()
        try:
            relay.session()
        except Lost:
            return None
        try:
            return relay.send_many(mails)
        except Exception as error:
            return [OutcomeUnknown(type(error).__name__)] * len(mails)

    def _again(self, mails: Sequence[Mail]) -> list[Outcome]:
        """Servers allow so many connections of one address: fewer from now on, and the first one takes what was left."""
        self._most = max(1, self._most - 1)
        return self._relay().send_many(mails)

    def _threads(self) -> ThreadPoolExecutor:
        """This process's; a fork has none of its parent's threads."""
        if self._pool is None or self._pid != os.getpid():
            self._pool, self._pid = ThreadPoolExecutor(MOST, thread_name_prefix="lane"), os.getpid()
        return self._pool
