"""`manage.py clock`: the loop of ticks. A second one waits until the first is gone."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from aiq import clock


class Command(BaseCommand):
    help = "Run the clock: ring for what is due. A second clock waits for the first one's lock."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        clock.run(stop)
