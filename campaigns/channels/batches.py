"""Many mails in one call, for providers that take a list of whole mails: each mail as Anymail writes it for this provider, joined.

Every mail keeps its own recipient, text, headers and metadata, so nobody sees another's address and nothing is filled in by
the provider. Not here: Mailgun and SparkPost, which fill in one mail for each (`campaigns.channels.fillings`), and whoever gets mails one
by one (docs/decisions/0029).
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from anymail.exceptions import AnymailError
from django.core.mail import EmailMultiAlternatives

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt

WORDS = 300
ALL_REFUSED = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Batch:
    """How a provider takes and answers many: the address of a single call to that of a batch, the bodies of single calls to
    one body, the answer to one item per mail, an item to an outcome. Mails of a batch have one sender."""

    most: int
    url: Callable[[str], str]
    join: Callable[[list[Any]], Any]
    items: Callable[[Any], Any]
    outcome: Callable[[Any], Outcome]


def batch_of(connection: Any) -> Batch | None:
    """How the connection's provider takes many; None: one by one."""
    return None if getattr(connection, "use_bulk_api", False) else BATCHES.get(getattr(connection, "esp_name", ""))


def send_batch(connection: Any, batch: Batch, mails: Mapping[int, EmailMultiAlternatives]) -> dict[int, Outcome]:
    """One call for all, over Anymail's open connection. What has no outcome did not leave: it could not be written, stands alone,
    or the call was refused as a whole, so that trying each by itself tells which is wrong."""
    calls = _calls(connection, mails)
    if len(calls) < 2:
        return {}
    first = next(iter(calls.values()))
    body = json.dumps(batch.join([json.loads(call["data"]) for call in calls.values()]))
    whole = {"timeout": connection.timeout} | first | {"url": batch.url(first["url"]), "data": body}
    try:
        response = connection.session.request(**whole)
    except requests.ConnectTimeout as error:
        return dict.fromkeys(calls, ChannelError(_short(error), permanent=False))
    except requests.RequestException as error:
        return dict.fromkeys(calls, OutcomeUnknown(_short(error)))
    return dict(zip(calls, _outcomes(batch, response, len(calls)), strict=False))


def _calls(connection: Any, mails: Mapping[int, EmailMultiAlternatives]) -> dict[int, dict[str, Any]]:
    """Each mail's own call as Anymail would make it, without those that it cannot write."""
    calls = {}
    for at, mail in mails.items():
        with suppress(AnymailError, ValueError):
            payload = connection.build_message_payload(mail, connection.send_defaults)
            calls[at] = payload.get_request_params(connection.api_url)
    return calls


def _outcomes(batch: Batch, response: requests.Response, count: int) -> list[Outcome]:
    """None at all: refused as a whole."""
    status, text = response.status_code, f"{response.status_code} {response.text}"[:WORDS]
    try:
        items = list(batch.items(response.json()))
    except (ValueError, KeyError, TypeError):
        items = []
    if len(items) == count and (status < 300 or 400 <= status < 500):
        return [_of(batch, item) for item in items]
    if status in ALL_REFUSED:
        return []
    return [by_status(status, text)] * count


def _of(batch: Batch, item: Any) -> Outcome:
    try:
        return batch.outcome(item)
    except (KeyError, IndexError, TypeError, ValueError):
        return OutcomeUnknown(f"the provider answered {item}"[:WORDS])


def by_status(status: int, text: str, *, keyed: bool = False) -> Outcome:
    """A provider's HTTP answer: keys and limits are nobody's fault for ever, other 4xx are the message's."""
    if status in (401, 402, 403, 408, 429, 503):
        return ChannelError(text, permanent=False)
    if 400 <= status < 500:
        return ChannelError(text, permanent=True)
    return OutcomeUnknown(text, retriable=keyed)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:WORDS]


# Postmark: https://postmarkapp.com/developer/api/email-api#send-batch-emails. 300: invalid, 406: inactive recipient.
def _postmark(item: dict[str, Any]) -> Outcome:
    code = item.get("ErrorCode", 0)
    return (
        Receipt(item["MessageID"]) if not code else ChannelError(item["Message"][:WORDS], permanent=code in (300, 406))
    )


# Mailjet: https://dev.mailjet.com/email/guides/send-api-v31/. Ids are those of the recipient.
def _mailjet(item: dict[str, Any]) -> Outcome:
    if item["Status"] == "success":
        return Receipt(str(item["To"][0]["MessageID"]))
    error = item["Errors"][0]
    return by_status(error["StatusCode"], error["ErrorMessage"][:WORDS])


# Mailtrap: https://docs.mailtrap.io/developers/email-sending (batch).
def _mailtrap(item: dict[str, Any]) -> Outcome:
    if item["success"]:
        return Receipt(item["message_ids"][0])
    return ChannelError(" ".join(item["errors"])[:WORDS], permanent=True)


# Brevo: https://developers.brevo.com/docs/batch-send-transactional-emails. Versions may differ in all but the sender.
def _brevo(bodies: list[Any]) -> Any:
    own = ("to", "subject", "htmlContent", "textContent", "headers", "replyTo")
    versions = [{name: body[name] for name in own if name in body} for body in bodies]
    first = {name: bodies[0][name] for name in ("sender", "subject", "htmlContent")}
    return first | {"messageVersions": versions}


BATCHES = {
    "Postmark": Batch(500, lambda url: f"{url}/batch", list, list, _postmark),
    "Mailjet": Batch(
        50,
        lambda url: url,
        lambda bodies: {"Messages": [body["Globals"] | body["Messages"][0] for body in bodies]},
        lambda answer: answer["Messages"],
        _mailjet,
    ),
    "Mailtrap": Batch(
        500,
        lambda url: re.sub(r"/send(?=(/\d+)?$)", "/batch", url),
        lambda bodies: {"requests": bodies},
        lambda answer: answer["responses"],
        _mailtrap,
    ),
    "Brevo": Batch(1000, lambda url: url, _brevo, lambda answer: answer["messageIds"], Receipt),
}
