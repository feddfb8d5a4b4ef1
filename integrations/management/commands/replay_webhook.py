"""`replay_webhook EVENT`: translate an event again, as if it had just come in."""

from typing import Any

from django.core.management.base import CommandParser

from aiq.lib.commands import Refused, SupportCommand
from integrations.replaying import CannotReplayError, find_event, replay


class Command(SupportCommand):
    help = "Process an event again. Nothing counts twice: the same event ends in the same rows."
    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("event", help="code of the event, or its id where one store only sent it")

    def run(self, **options: Any) -> None:
        try:
            key = find_event(options["event"])
            self.confirm(
                f"Event {key.event_id} of {key.connection.merchant.name} ({key.connection.name}, {key.state}) is"
                " processed again. Campaigns may decide anew; what was sent is not sent again."
            )
            replay(key)
        except CannotReplayError as error:
            raise Refused(str(error)) from None
        data = {"event": str(key.code), "eventID": key.event_id, "state": key.state}
        self.done(data, f"Event {key.event_id} waits to be processed again.")
