"""`manage.py catcher`: catches every mail while EMAIL_URL is not set; its inbox is at /inbox/."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from aiq.addresses import read_address, write_address
from aiq.catcher import serve
from aiq.runner import free_port


class Command(BaseCommand):
    help = "Catch all mail on loopback and show it at /inbox/."

    def handle(self, *args: Any, **options: Any) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        host = "127.0.0.1"
        port = read_address(settings.DATA_DIR, "catcher").get("EMAIL_PORT") or free_port()
        write_address(settings.DATA_DIR, "catcher", {"EMAIL_HOST": host, "EMAIL_PORT": port})
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        try:
            serve(settings.CATCHER_DIR, host, port, stop=stop, loop=loop)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error
