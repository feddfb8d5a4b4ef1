"""What every figure gets: the scene, the line to the sink, and how much to do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from aiq.lib import doorbell
from bench.scene import Scene, arrive
from bench.sink import Control
from campaigns.models import Delivery, DeliveryStatus
from integrations import jobs


@dataclass
class Play:
    """`quick` does less of everything; `size` is the bytes of one mail as ours sends it."""

    scene: Scene
    sink: Control
    port: int
    quick: bool
    size: int = 15_000
    names: Iterator[int] = field(default_factory=count)

    def much(self, usual: int, quick: int) -> int:
        return quick if self.quick else usual

    def name(self) -> str:
        return f"r{next(self.names)}"

    def events(self, number: int) -> None:
        """Let that many events wait."""
        arrive(self.scene, self.name(), number)

    def clear(self) -> None:
        """Nothing waits and nothing is due: what an earlier figure left is of no interest to the next."""
        while jobs.process_batch():
            pass
        Delivery.objects.filter(status=DeliveryStatus.PENDING).update(status=DeliveryStatus.SKIPPED, reason="expired")
        doorbell.connection().flushdb()

    def due(self, number: int) -> None:
        """Let that many deliveries be due, by the way that events take."""
        self.events(number)
        while jobs.process_batch():
            pass
