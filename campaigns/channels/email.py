"""Email: over our own SMTP connection where Django is set to SMTP, over `django.core.mail` (Anymail) everywhere else."""

import os
from collections.abc import Sequence
from email.utils import formataddr
from smtplib import SMTPException
from threading import local

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from campaigns.channels.base import Channel, ChannelError, Envelope, Outcome, OutcomeUnknown, Reachable, Receipt
from campaigns.channels.smtp import Lost, Mail, Relay, Server, Session
from campaigns.mime import build, wire_address
from campaigns.rendering import Message, Rendered
from campaigns.templating.compiling import Compiled, Source, compile_source

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_kept = local()


class EmailChannel(Channel):
    slug = "email"
    label = "Email"
    icon = "mail"
    group_size = 25
    quiet_hours = False

    def address_of(self, shopper: Reachable) -> str:
        return shopper.email or ""

    def read_address(self, text: str) -> str:
        """Lower-cased, as shoppers' addresses are. Raises `ValueError`."""
        address = text.strip().lower()
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValueError("This is no email address.") from error
        return address

    def compile(self, source: Source) -> Compiled:
        return compile_source(source)

    def compose(self, rendered: Rendered, envelope: Envelope) -> Message:
        host = envelope.sender.rpartition("@")[2] or settings.PUBLIC_HOST
        return Message(
            delivery_code=envelope.delivery_code,
            to_email=envelope.to,
            from_email=envelope.sender,
            from_name=envelope.sender_name,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            message_id=f"{envelope.delivery_code}@{host}",
            date=envelope.date,
            unsubscribe_url=envelope.unsubscribe_url,
        )

    def send_many(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand mails over; one outcome per message, in order."""
        if not messages:
            return []
        return _over_smtp(messages) if settings.EMAIL_BACKEND == SMTP_BACKEND else _over_django(messages)


def _over_smtp(messages: Sequence[Message]) -> list[Outcome]:
    relay = _relay()
    try:
        session = relay.session()
    except Lost as lost:
        return [ChannelError(f"the mail server is not there: {lost}", permanent=False)] * len(messages)
    made = [_envelope(message, session) for message in messages]
    sent = iter(relay.send_many([one for one in made if isinstance(one, Mail)]))
    return [next(sent) if isinstance(one, Mail) else one for one in made]


def _envelope(message: Message, session: Session) -> Mail | ChannelError:
    try:
        return Mail(
            sender=wire_address(message.from_email, utf8=session.utf8),
            recipient=wire_address(message.to_email, utf8=session.utf8),
            data=build(message, eight_bit=session.eight_bit, utf8=session.utf8),
            provider_id=message.message_id,
        )
    except ValueError as error:
        return ChannelError(str(error), permanent=True)


def _relay() -> Relay:
    """This thread's relay to the server of the settings; a fork never uses its parent's connection."""
    server = Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        tls=settings.EMAIL_USE_TLS,
        ssl=settings.EMAIL_USE_SSL,
        timeout=settings.EMAIL_TIMEOUT or 20.0,
    )
    relay: Relay | None = getattr(_kept, "relay", None)
    if relay is None or relay.server != server or relay.pid != os.getpid():
        if relay is not None and relay.pid == os.getpid():
            relay.close()
        relay = _kept.relay = Relay(server)
    return relay


def _over_django(messages: Sequence[Message]) -> list[Outcome]:
    """One connection for the group; Anymail keeps its HTTP session open on it."""
    connection = get_connection()
    try:
        connection.open()
    except (AnymailError, OSError, SMTPException) as error:
        return [ChannelError(f"the mail backend is not there: {error}"[:300], permanent=False)] * len(messages)
    try:
        return [_hand_over(message, connection) for message in messages]
    finally:
        connection.close()


def _hand_over(message: Message, connection: BaseEmailBackend) -> Outcome:
    try:
        mail = _django_mail(message)
        taken = connection.send_messages([mail])
    except AnymailError as error:
        return _anymail_failure(error)
    except ValueError as error:
        return ChannelError(str(error), permanent=True)
    except Exception as error:
        return OutcomeUnknown(f"{type(error).__name__}: {error}"[:300])
    return _told(mail, message) if taken else ChannelError("the mail backend took nothing", permanent=False)


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


def _anymail_failure(error: AnymailError) -> Outcome:
    text = " ".join(str(error).split())[:300]
    if isinstance(
        error, AnymailRecipientsRefused | AnymailInvalidAddress | AnymailSerializationError | AnymailUnsupportedFeature
    ):
        return ChannelError(text, permanent=True)
    if isinstance(error, requests.ConnectTimeout):
        return ChannelError(text, permanent=False)
    if isinstance(error, requests.RequestException) and error.response is None:
        return OutcomeUnknown(text)
    return _by_status(error.status_code, text) if isinstance(error, AnymailAPIError) else OutcomeUnknown(text)


def _by_status(status: int | None, text: str) -> Outcome:
    """A provider's HTTP answer: keys and limits are nobody's fault for ever, other 4xx are the message's."""
    if status in (401, 402, 403, 408, 429, 503):
        return ChannelError(text, permanent=False)
    if status is not None and 400 <= status < 500:
        return ChannelError(text, permanent=True)
    return OutcomeUnknown(text)
