"""Email: over our own SMTP connection where Django is set to SMTP, over a mail provider (`campaigns.channels.provider`) everywhere else."""

import os
from collections.abc import Sequence
from functools import lru_cache
from threading import local

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaigns.channels import provider
from campaigns.channels.base import Channel, ChannelError, Envelope, Outcome, Reachable
from campaigns.channels.lanes import Lanes
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

    @property
    def sends_once(self) -> bool:
        return provider.honours_keys(settings.EMAIL_BACKEND)

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
        return _over_smtp(messages) if settings.EMAIL_BACKEND == SMTP_BACKEND else provider.send_many(messages)


def _over_smtp(messages: Sequence[Message]) -> list[Outcome]:
    relay = _relay()
    try:
        session = relay.session()
    except Lost as lost:
        return [ChannelError(f"the mail server is not there: {lost}", permanent=False)] * len(messages)
    made = [_envelope(message, session) for message in messages]
    sent = iter(_lanes(relay.server).send_many([one for one in made if isinstance(one, Mail)]))
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


@lru_cache(maxsize=2)
def _lanes(server: Server) -> Lanes:
    """How this server is best sent to is learned once per process."""
    return Lanes(_relay)


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
