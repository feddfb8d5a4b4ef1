"""`simulate_shop MERCHANT`: the sample shop, over real HTTP, with a key of its own."""

import argparse
import math
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from integrations import demo, simulator_catalog
from integrations.keys import rotate_key
from integrations.simulator import Simulation
from integrations.simulator_client import Client
from integrations.simulator_mailbox import Mailbox
from integrations.simulator_shop import Shop

N = TypeVar("N", int, float)


def _above_nought(kind: type[N]) -> Callable[[str], N]:
    """A type for argparse: a number of that kind, more than nought and not endless."""

    def read(text: str) -> N:
        number = kind(text)
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError("a number above 0")
        return number

    read.__name__ = kind.__name__  # argparse names it where the text is no number
    return read


class Command(SupportCommand):
    help = "Play shoppers who fill carts, leave, and sometimes buy. Without --shoppers and --minutes: until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("--shoppers", type=_above_nought(int), metavar="N", help="end after so many shoppers")
        parser.add_argument("--minutes", type=_above_nought(float), metavar="M", help="end after so much time")
        parser.add_argument("--seed", type=int, metavar="S", help="the same seed plays the same shoppers")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        seed = options["seed"] if options["seed"] is not None else random.randrange(10**6)  # noqa: S311
        simulation = self._simulation(merchant, seed)
        minutes = options["minutes"]
        with _ended_by_signals(simulation):
            tally = simulation.run(options["shoppers"], minutes * 60 if minutes is not None else None)
        simulation.shop.client.close()
        self.done({"merchant": merchant.slug, "seed": seed, **tally.plain()}, tally.plain())

    def _simulation(self, merchant: Merchant, seed: int) -> Simulation:
        connection = demo.sample_shop(merchant)
        # Keys of earlier runs end by themselves; one that is still running has an hour.
        key = rotate_key(connection, overlap=timedelta(hours=1), now=timezone.now())
        shop = Shop(
            client=Client(settings.PUBLIC_URL, key),
            products=simulator_catalog.products(),
            stores=[store.slug for store in connection.stores.order_by("pk")],
            run=f"{time.time_ns() // 1_000_000:x}",
            pictures=demo.pictures_address(),
            pages=demo.pages_address(),
        )
        return Simulation(shop, Mailbox(settings.CATCHER_DIR), seed, self._say)

    def _say(self, text: str) -> None:
        """One line per happening; with --json they go to standard error."""
        stream = self.stderr if self.json_wanted else self.stdout
        stream.write(f"{timezone.now():%H:%M:%S} {text}", style_func=str)
        stream.flush()


@contextmanager
def _ended_by_signals(simulation: Simulation) -> Iterator[None]:
    """Ctrl-C and SIGTERM close the shop, so that its tally is still told."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: setattr(simulation, "stopped", True)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
