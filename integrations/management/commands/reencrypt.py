"""`reencrypt`: store every secret under the present DATA_KEY, so that the old one can be taken out of DATA_KEY_FALLBACKS."""

from typing import Any

from aiq.lib.commands import Refused, SupportCommand
from aiq.lib.crypto import CannotDecryptError
from integrations.models import Connection
from integrations.signatures import live_secrets, set_secrets


class Command(SupportCommand):
    help = "Store all secrets under the present DATA_KEY."

    def run(self, **options: Any) -> None:
        lost, done = [], 0
        for connection in Connection.objects.exclude(secrets_encrypted="").order_by("pk"):
            try:
                set_secrets(connection, live_secrets(connection))
                done += 1
            except CannotDecryptError:
                lost.append(str(connection.code))
        if lost:
            names = ", ".join(lost)
            raise Refused(
                f"{done} stored anew. Written under a key that is neither DATA_KEY nor one of DATA_KEY_FALLBACKS: {names}."
                " Bring that key back, or give these connections their secret anew."
            )
        self.done({"connections": done}, f"{done} connections are stored under the present DATA_KEY.")
