"""Texts over a plain gateway: JSON by HTTP, both ways signed with a shared secret (docs/operators.md, "Text messages").

It gets `id`, `to`, `from`, `text`, `segments`, `callback`, `validSeconds`, and answers 2xx with its own `id`. What it refuses for good is a
4xx, whose `code` may be `opted_out` or `dead_number`; 429 and 503 are tried again. The signature is
`X-AIQ-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`, on its calls to us too.
"""

import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import requests

from campaigns.channels.base import Outcome, Receipt
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
from campaigns.channels.segments import measure

HEADER = "X-AIQ-Signature"
# Calls older than this are refused: somebody may have recorded them.
TOLERANCE_SECONDS = 300
KINDS = {"sent": "sent", "delivered": "delivered", "undelivered": "bounced", "failed": "rejected"}
MAX_ANSWER = 64 * 1024


@dataclass(frozen=True)
class HttpGateway(Gateway):
    url: str
    secret: str = field(repr=False)
    sender: str = ""

    def send(self, text: Text) -> Outcome:
        body = json.dumps(self._fields(text)).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": text.delivery_code,
            HEADER: sign(self.secret, body, int(time.time())),
        }
        try:
            answer = requests.post(self.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            return failure(error)
        told = _object(answer.content)
        if answer.ok and answer.status_code < 300:
            return Receipt(str(told.get("id") or "")[:200])
        return refusal(
            answer.status_code, f"{answer.status_code} {told.get('error') or ''}".strip(), means=_means(told)
        )

    def _fields(self, text: Text) -> dict[str, Any]:
        return {
            "id": text.delivery_code,
            "to": text.to,
            "from": text.sender or self.sender,
            "text": text.text,
            "segments": measure(text.text).segments,
            "callback": text.callback_url,
            "validSeconds": text.valid_seconds,
        }

    def report(self, call: Call) -> Report | None:
        told = self._told(call)
        status, code = str(told.get("status", "")), str(told.get("id", ""))
        if status not in KINDS or not code:
            return None
        event = str(told.get("event") or f"{code}:{status}")
        means = _means(told)
        return Report(code, KINDS[status], event, hard=means == "dead_number", opted_out=means == "opted_out")

    def inbound(self, call: Call) -> Inbound:
        told = self._told(call)
        return Inbound(str(told.get("id", "")), str(told.get("from", "")), str(told.get("text", "")))

    def reply(self, text: str) -> tuple[str, str]:
        return json.dumps({"reply": text}), "application/json"

    def _told(self, call: Call) -> dict[str, Any]:
        if not is_signed(self.secret, call.body, call.headers.get(HEADER, ""), time.time()):
            raise NotGenuine("not signed with the gateway's secret")
        return _object(call.body)


def sign(secret: str, body: bytes, at: int) -> str:
    """The signature of a body at a time in seconds."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={mac}"


def is_signed(secret: str, body: bytes, given: str, now: float) -> bool:
    """Whether `given` signs the body, and not long ago."""
    at = given.partition(",")[0].removeprefix("t=")
    fresh = at.isascii() and at.isdigit() and len(at) < 12 and abs(now - int(at)) <= TOLERANCE_SECONDS
    return fresh and hmac.compare_digest(sign(secret, body, int(at)).encode(), given.encode(errors="replace"))


def _means(told: dict[str, Any]) -> Literal["", "opted_out", "dead_number"]:
    code = told.get("code")
    if code == "opted_out":
        return "opted_out"
    return "dead_number" if code == "dead_number" else ""


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object, or an empty one."""
    try:
        found = json.loads(body) if len(body) <= MAX_ANSWER else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
