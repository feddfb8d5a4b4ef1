"""`rotate_key CONNECTION`: a new API key beside the old one, which stops after the overlap."""

import argparse
import re
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from aiq.lib.commands import Refused, SupportCommand
from integrations.connecting import OVERLAP, rotate
from integrations.management.finding import connection_or_refuse

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """30m, 24h, 7d, or 0."""
    found = re.fullmatch(r"(\d{1,4})([mhd])|0", text)
    if not found:
        raise argparse.ArgumentTypeError("a number with m, h or d, like 24h")
    return timedelta(**{UNITS[found[2]]: int(found[1])}) if found[1] else timedelta()


def _end(overlap: timedelta) -> str:
    """“at once”, or “in 24 hours”."""
    minutes = overlap // timedelta(minutes=1)
    count, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return f"in {count} {unit}{'' if count == 1 else 's'}" if minutes else "at once"


class Command(SupportCommand):
    help = "Make a new API key; the old one goes on until the overlap has passed."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("connection", help="code of the connection")
        parser.add_argument("--overlap", type=span, default=OVERLAP, help="how long the old key goes on (24h)")

    def run(self, **options: Any) -> None:
        connection = connection_or_refuse(options["connection"])
        if connection.disconnected_at:
            raise Refused(f"{connection.name} is disconnected.")
        overlap: timedelta = options["overlap"]
        self.confirm(f"The keys of {connection.name} ({connection.merchant.name}) stop {_end(overlap)}.")
        key = rotate(connection, overlap, timezone.now())
        data = {"connection": str(connection.code), "api_key": key, "old_keys_stop_in": str(overlap)}
        self.done(data, data)
