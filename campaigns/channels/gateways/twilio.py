"""Texts over Twilio, with its own SDK: one API call a text, reports and answers signed with the account's auth token.

Error codes: twilio.com/docs/api/errors. Fields of callbacks: twilio.com/docs/messaging/guides/track-outbound-message-status
and twilio.com/docs/messaging/guides/webhook-request. The SDK is imported where it is first used: it takes some tens of
megabytes that a house without Twilio need not spend.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import requests

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt
from campaigns.channels.gateways.base import (
    TIMEOUT_SECONDS,
    Call,
    Gateway,
    Inbound,
    NotGenuine,
    Report,
    Text,
    failure,
    refusal,
)

API = "https://api.twilio.com"
# 21610: the recipient replied STOP to this sender.
OPTED_OUT = frozenset({21610})
# 21211 and 21614: no number, or none that takes texts. 30004 blocked by its carrier, 30005 unknown, 30006 a landline.
# 30003 is not among them: a phone that is switched off is not dead.
DEAD = frozenset({21211, 21614, 30004, 30005, 30006})
# 20429 too many requests, 21611 this sender's queue is full, 30001 the queue overflowed.
PASSING = frozenset({20429, 21611, 30001})
KINDS = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "bounced",
    "failed": "rejected",
    "canceled": "rejected",
}


@dataclass(frozen=True)
class TwilioGateway(Gateway):
    """`sender` is used where a merchant has none: a number, a short code, or a messaging service (MG…). `base` is Twilio's address."""

    account: str
    token: str = field(repr=False)
    sender: str = ""
    base: str = API

    @cached_property
    def _client(self) -> Any:
        from twilio.rest import Client

        return Client(self.account, self.token, http_client=_line(self.base))

    def send(self, text: Text) -> Outcome:
        """A refusal by Twilio is certain; an answer that never came, or a 5xx, leaves it open what left."""
        from twilio.base.exceptions import TwilioRestException

        try:
            made = self._client.messages.create(
                to=text.to, body=text.text, validity_period=text.valid_seconds, **self._from(text)
            )
        except TwilioRestException as error:
            return _refused(error.status, int(error.code or 0), str(error.msg))
        except requests.RequestException as error:
            return failure(error)
        except Exception as error:
            return OutcomeUnknown(f"{type(error).__name__}: {error}"[:300])
        return Receipt(str(made.sid or ""))

    def _from(self, text: Text) -> dict[str, str]:
        sender = text.sender or self.sender
        named = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
        if text.callback_url:
            named["status_callback"] = f"{text.callback_url}?delivery={text.delivery_code}"
        return named

    def report(self, call: Call) -> Report | None:
        self._require_signature(call)
        code = next(iter(parse_qs(urlsplit(call.url).query).get("delivery", [])), "")
        status, error = call.form.get("MessageStatus", ""), call.form.get("ErrorCode", "")
        number = int(error) if error.isdigit() else 0
        if status not in KINDS or not code:
            return None
        return Report(
            code,
            KINDS[status],
            f"{call.form.get('MessageSid', '')}:{status}",
            hard=number in DEAD,
            opted_out=number in OPTED_OUT,
        )

    def inbound(self, call: Call) -> Inbound:
        """Twilio's own STOP handling answers by itself where it is switched on, and then says so in OptOutType."""
        self._require_signature(call)
        form = call.form
        return Inbound(
            form.get("MessageSid", ""), form.get("From", ""), form.get("Body", ""), bool(form.get("OptOutType"))
        )

    def reply(self, text: str) -> tuple[str, str]:
        from twilio.twiml.messaging_response import MessagingResponse

        answer = MessagingResponse()
        if text:
            answer.message(text)
        return str(answer), "text/xml"

    def _require_signature(self, call: Call) -> None:
        """Twilio signs the address as it calls it and the fields of the form (twilio.com/docs/usage/security)."""
        from twilio.request_validator import RequestValidator

        given = call.headers.get("X-Twilio-Signature", "")
        if not RequestValidator(self.token).validate(call.url, dict(call.form), given):
            raise NotGenuine("not signed by Twilio")


def _line(base: str) -> Any:
    from twilio.http.http_client import TwilioHttpClient

    class Line(TwilioHttpClient):
        """Twilio's client, never repeating a call, to another address where one is given (a stand-in, a compatible service)."""

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            return super().request(method, url.replace(API, base, 1), *args, **kwargs)

    return Line(timeout=TIMEOUT_SECONDS)


def _refused(status: int, code: int, words: str) -> Outcome:
    text = f"{code}: {words}" if code else words
    if code in PASSING:
        return ChannelError(text[:300], permanent=False)
    return refusal(status, text, means=meaning(code))


def meaning(code: int) -> Literal["", "opted_out", "dead_number"]:
    """What an error says of the number itself."""
    if code in OPTED_OUT:
        return "opted_out"
    return "dead_number" if code in DEAD else ""
