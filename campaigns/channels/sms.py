"""Texts: over the gateway that SMS_URL names, without one into the built-in catcher."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from uuid import UUID

import phonenumbers
from django.conf import settings

from campaigns.channels.base import Channel, Envelope, Outcome, Reachable
from campaigns.channels.gateways.base import Gateway, Text
from campaigns.channels.gateways.caught import CaughtGateway
from campaigns.channels.gateways.http_json import HttpGateway
from campaigns.channels.gateways.twilio import TwilioGateway
from campaigns.rendering import MessageLinks, Rendered
from campaigns.templating.compiling import Compiled, Source
from campaigns.templating.texting import compile_text
from campaigns.texts.shortlinks import ShortLinks

# A gateway takes one text a call; so many calls are under way at once. Three rounds of a group, each as long as a gateway may be silent,
# end within the minute that quiet hours leave free.
AT_ONCE = 8
LEAST_VALID, MOST_VALID = 60, 3600


class SmsChannel(Channel):
    slug = "sms"
    label = "SMS"
    icon = "sms"
    group_size = 24

    def address_of(self, shopper: Reachable) -> str:
        return shopper.phone or ""

    def read_address(self, text: str) -> str:
        """E.164 (ITU-T). Raises `ValueError`."""
        wrong = "This is no phone number. Write it with its country code, such as +1 612 555 0188."
        try:
            number = phonenumbers.parse(text[:64], None)
        except phonenumbers.NumberParseException as error:
            raise ValueError(wrong) from error
        if not phonenumbers.is_possible_number(number):
            raise ValueError(wrong)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def compile(self, source: Source) -> Compiled:
        return compile_text(source)

    def compose(self, rendered: Rendered, envelope: Envelope) -> Text:
        words, valid = rendered.text.strip(), _valid_seconds(envelope)
        return Text(envelope.delivery_code, envelope.to, envelope.sender, words, envelope.callback_url, valid)

    def links(self, base: str, delivery: UUID) -> MessageLinks:
        return ShortLinks(base, delivery)

    def send_many(self, messages: Sequence[Text]) -> list[Outcome]:
        """Hand texts over; one outcome per text, in order."""
        line = gateway()
        if len(messages) < 2:
            return [line.send(message) for message in messages]
        with ThreadPoolExecutor(min(AT_ONCE, len(messages))) as pool:
            return list(pool.map(line.send, messages))


def _valid_seconds(envelope: Envelope) -> int:
    """Until it is no longer allowed; the last minute of the hours is free for what is under way (`quiet_hours.GRACE`)."""
    left = (envelope.expires_at - envelope.date).total_seconds() if envelope.expires_at else MOST_VALID
    return int(max(LEAST_VALID, min(MOST_VALID, left)))


def gateway() -> Gateway:
    """The gateway of the settings (`aiq.environment.sms`)."""
    return _gateway(json.dumps(settings.SMS_GATEWAY, sort_keys=True))


@lru_cache(maxsize=4)
def _gateway(given: str) -> Gateway:
    parts = json.loads(given)
    kind = parts.pop("kind", "")
    if kind == "twilio":
        return TwilioGateway(**parts)
    return HttpGateway(**parts) if kind == "http" else CaughtGateway()
