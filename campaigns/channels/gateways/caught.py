"""No gateway: texts are kept on this machine and shown at `/inbox/` as on a phone. What one answers there comes in here."""

from django.conf import settings

from aiq.lib.catching import catch
from campaigns.channels.base import Outcome, Receipt
from campaigns.channels.gateways.base import Call, Gateway, Inbound, NotGenuine, Report, Text
from campaigns.channels.segments import measure


class CaughtGateway(Gateway):
    def send(self, text: Text) -> Outcome:
        found = measure(text.text)
        fields = {
            "sender": text.sender,
            "recipient": text.to,
            "text": text.text,
            "delivery": text.delivery_code,
            "segments": found.segments,
            "alphabet": found.alphabet,
        }
        return Receipt(catch(settings.CATCHER_DIR, "sms", fields))

    def report(self, call: Call) -> Report | None:
        raise NotGenuine("nobody reports what was caught here")

    def inbound(self, call: Call) -> Inbound:
        raise NotGenuine("no gateway is connected")

    def reply(self, text: str) -> tuple[str, str]:
        return text, "text/plain"
