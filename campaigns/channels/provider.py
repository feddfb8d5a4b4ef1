"""A mail provider: Django's backend, as a rule one of Anymail's, and what its answers mean for a message.

Where a provider honours an idempotency key, each message carries its delivery's code as one: whatever is sent again under it
leaves once, so what nobody knows of may be tried again. Resend keeps keys for a day
(https://resend.com/docs/dashboard/emails/idempotency-keys).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email.utils import formataddr

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt
from campaigns.channels.batches import ALL_REFUSED, batch_of, by_status, send_batch
from campaigns.channels.fillings import Filling, fillable, filled, filling_of, outcome_for
from campaigns.mime import wire_address
from campaigns.rendering import Message

KEYED = {"Resend": "Idempotency-Key"}
# They know no metadata and turn away mail that has some: there our code travels as a tag.
TAGGED = frozenset({"MailerSend", "Postal"})


def send_many(messages: Sequence[Message]) -> list[Outcome]:
    """One connection for the group; Anymail keeps its HTTP session open on it."""
    try:
        connection = get_connection()
        connection.open()
    except Exception as error:  # whatever it is, nothing has left yet
        return [ChannelError(f"the mail backend is not there: {error}"[:300], permanent=False)] * len(messages)
    try:
        return _in_batches(messages, connection)
    finally:
        connection.close()


def _in_batches(messages: Sequence[Message], connection: BaseEmailBackend) -> list[Outcome]:
    """In as few calls as the provider takes; what is alone, or cannot be written, or was refused with others, goes by itself."""
    found: dict[int, Outcome] = {}
    if batch := batch_of(connection):
        for places in _by_envelope(messages, batch.most):
            found |= send_batch(connection, batch, _mails(messages, places))
    elif filling := filling_of(connection):
        for places in _by_envelope(messages, filling.most):
            found |= _send_filled(connection, filling, fillable(filling, _mails(messages, places)))
    return [found.get(at) or _hand_over(message, connection) for at, message in enumerate(messages)]


def _by_envelope(messages: Sequence[Message], most: int) -> Iterator[list[int]]:
    """Places of messages that may share a call: what a call says once is the same for all."""
    places: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, one in enumerate(messages):
        names = tuple(name for name, _ in one.headers)
        places[one.from_email, one.from_name, one.reply_to, names, bool(one.unsubscribe_url)].append(at)
    for same in places.values():
        yield from (same[start : start + most] for start in range(0, len(same), most))


def _send_filled(
    connection: BaseEmailBackend, filling: Filling, mails: Mapping[int, EmailMultiAlternatives]
) -> dict[int, Outcome]:
    """As `send_batch`: no outcome for what did not leave and is worth a call by itself."""
    if len(mails) < 2:
        return {}
    whole = filled(filling, mails.values())
    try:
        connection.send_messages([whole])
    except (AnymailRecipientsRefused, AnymailInvalidAddress, AnymailSerializationError, AnymailUnsupportedFeature):
        return {}
    except AnymailError as error:
        refused = isinstance(error, AnymailAPIError) and error.status_code in ALL_REFUSED
        return {} if refused else dict.fromkeys(mails, _anymail_failure(error, keyed=False))
    except Exception as error:
        return dict.fromkeys(mails, OutcomeUnknown(f"{type(error).__name__}: {error}"[:300]))
    return {at: outcome_for(whole, mail) for at, mail in mails.items()}


def _mails(messages: Sequence[Message], places: Sequence[int]) -> dict[int, EmailMultiAlternatives]:
    mails = {}
    for at in places:
        with suppress(ValueError):
            mails[at] = _django_mail(messages[at])
    return mails


def _hand_over(message: Message, connection: BaseEmailBackend) -> Outcome:
    keyed = _key(connection, message.delivery_code)
    try:
        mail = _django_mail(message)
        if getattr(connection, "esp_name", "") in TAGGED:
            del mail.metadata  # type: ignore[attr-defined]
            mail.tags = [message.delivery_code]  # type: ignore[attr-defined]
        if (filling := filling_of(connection)) and filling.alone:
            mail.esp_extra = filling.alone  # type: ignore[attr-defined]
        taken = connection.send_messages([mail])
    except AnymailError as error:
        return _anymail_failure(error, keyed=keyed)
    except ValueError as error:
        return ChannelError(str(error), permanent=True)
    except Exception as error:
        return OutcomeUnknown(f"{type(error).__name__}: {error}"[:300], retriable=keyed)
    return _told(mail, message) if taken else ChannelError("the mail backend took nothing", permanent=False)


def honours_keys(backend: str) -> bool:
    """Whether a mail backend is that of a provider that does."""
    return getattr(import_string(backend), "esp_name", "") in KEYED


def _key(connection: BaseEmailBackend, code: str) -> bool:
    """Give the next call its key, the same for every attempt. False: this provider honours none."""
    header = KEYED.get(getattr(connection, "esp_name", ""), "")
    session = getattr(connection, "session", None)
    if not header or session is None:
        return False
    session.headers[header] = code
    return True


def _django_mail(message: Message) -> EmailMultiAlternatives:
    """Raises `ValueError` for what no mail may hold, as `build` does."""
    headers = {"Message-ID": f"<{message.message_id}>", "X-AIQ-Delivery": message.delivery_code} | dict(message.headers)
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=formataddr((message.from_name, wire_address(message.from_email))),
        to=[formataddr((message.to_name, wire_address(message.to_email)))],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(message.html, "text/html")
    mail.metadata = {"delivery": message.delivery_code}  # type: ignore[attr-defined]  # Anymail's, back in its reports
    return mail


def _told(mail: EmailMultiAlternatives, message: Message) -> Outcome:
    """What Anymail says of a message it took; other backends say nothing."""
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return Receipt(message.message_id)
    if status.status and "failed" in status.status:
        return ChannelError("the provider reports a failure", permanent=False)
    return Receipt(str(status.message_id or ""))


def _anymail_failure(error: AnymailError, *, keyed: bool) -> Outcome:
    text = " ".join(str(error).split())[:300]
    if isinstance(
        error, AnymailRecipientsRefused | AnymailInvalidAddress | AnymailSerializationError | AnymailUnsupportedFeature
    ):
        return ChannelError(text, permanent=True)
    if isinstance(error, requests.ConnectTimeout):
        return ChannelError(text, permanent=False)
    if type(error.__cause__).__name__ in _NEVER_CALLED:
        return ChannelError(text, permanent=False)
    status = _status_of(error)
    if status is None:
        return OutcomeUnknown(text, retriable=keyed)
    if keyed and status == 409:
        return _taken_before(text)
    return by_status(status, text, keyed=keyed)


# Of Amazon's client, by name: to import it takes as long as starting the rest.
_NEVER_CALLED = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "NoCredentialsError"})


def _status_of(error: AnymailError) -> int | None:
    """The HTTP status of the answer; None: there was none. Amazon's answer is a dict."""
    if not isinstance(error, AnymailAPIError):
        return None
    answer = error.response
    told = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(answer, dict) else None
    return error.status_code if told is None else int(told)


def _taken_before(text: str) -> OutcomeUnknown:
    """The key is in use: the attempt before is still under way, or it was taken with another text, since a price changed meanwhile."""
    return OutcomeUnknown(text, retriable="concurrent" in text)
