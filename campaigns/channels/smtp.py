"""One kept-open SMTP connection that says for each message what became of it.

A message is lost or refused for certain until its final dot has been handed to the network; from then until the reply,
nobody can know: `OutcomeUnknown`, never a second try. Where the server offers PIPELINING (RFC 2920), the envelope of the
next message travels behind the dot of this one, so that a message costs one round trip.

No model, no queue, no settings: `Relay` gets a `Server`. Not for several threads at once.
"""

import os
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from time import monotonic

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt

MESSAGES_PER_CONNECTION = 500
IDLE_SECONDS = 25
# Authentication is the installation's trouble, not this message's: try again when it has been put right.
_NOT_THE_MESSAGE = frozenset({530, 534, 535, 538})
_CLOSING = 421
_GO_AHEAD = 354
Reply = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how to connect. `tls`: STARTTLS; `ssl`: TLS from the first byte; `timeout` in seconds per command."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    ssl: bool = False
    timeout: float = 20.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to go: addresses as they go over the wire, bytes with CRLF line ends."""

    sender: str
    recipient: str
    data: bytes
    provider_id: str

    @property
    def parameters(self) -> str:
        eight_bit = "" if self.data.isascii() else " BODY=8BITMIME"
        return eight_bit if (self.sender + self.recipient).isascii() else f"{eight_bit} SMTPUTF8"


class Lost(Exception):  # noqa: N818
    """The connection broke. `maybe_sent`: the final dot of the message under way may have reached the server."""

    def __init__(self, reason: object, *, maybe_sent: bool = False) -> None:
        super().__init__(str(reason) or type(reason).__name__)
        self.maybe_sent = maybe_sent


class Session:
    """One connection, from EHLO to QUIT. After `Lost` it is closed and of no more use."""

    def __init__(self, server: Server) -> None:
        """Connect and log in. Raises `Lost`."""
        self.sent = 0
        self.used_at = monotonic()
        try:
            self.smtp = _connected(server)
            if server.tls:
                self.smtp.starttls(context=_trusted())
            self.smtp.ehlo_or_helo_if_needed()
            if server.user:
                self.smtp.login(server.user, server.password)
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(error) from error
        self.pipelining = self.smtp.has_extn("pipelining")
        self.eight_bit = self.smtp.has_extn("8bitmime")
        self.utf8 = self.smtp.has_extn("smtputf8")

    @property
    def fit(self) -> bool:
        """Whether the connection should take more messages."""
        return self.sent < MESSAGES_PER_CONNECTION and monotonic() - self.used_at < IDLE_SECONDS

    def send(self, envelopes: Sequence[Mail], outcomes: list[Outcome]) -> None:
        """Append one outcome per envelope, in order. Raises `Lost`; then `outcomes` holds all that is certain."""
        ahead = False
        for envelope, following in zip(envelopes, [*envelopes[1:], None], strict=True):
            replies = self._envelope(envelope, already_said=ahead)
            refused = next((reply for reply in replies if reply[0] != _GO_AHEAD and reply[0] >= 300), None)
            ahead = False
            if replies[-1][0] == _GO_AHEAD:
                ahead = self._content(envelope, following, refused, outcomes)
            else:
                outcomes.append(_refusal(refused or replies[-1]))
                self._say(b"RSET\r\n")
            self.sent += 1
            self.used_at = monotonic()

    def close(self, *, politely: bool = True) -> None:
        try:
            if politely:
                self.smtp.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.smtp.close()

    def _envelope(self, envelope: Mail, *, already_said: bool) -> list[Reply]:
        """Say who writes to whom, at once or command by command; the replies, the last being DATA's or a refusal."""
        commands = _commands(envelope)
        if already_said or self.pipelining:
            if not already_said:
                self._push(b"".join(commands))
            return [self._reply() for _ in commands]
        replies = [self._say(commands[0])]
        while replies[-1][0] < 300 and len(replies) < len(commands):
            replies.append(self._say(commands[len(replies)]))
        return replies

    def _content(self, envelope: Mail, following: Mail | None, refused: Reply | None, outcomes: list[Outcome]) -> bool:
        """The message up to its dot, and the next envelope behind it. Returns whether that was said already.

        A server that goes ahead although it refused the only recipient gets an empty message (RFC 2920, section 3.1).
        """
        content = b".\r\n" if refused else _dot_stuffed(envelope.data)
        ahead = b"".join(_commands(following)) if following and self.pipelining else b""
        self._push(content + ahead, dot_at=None if refused else len(content))
        reply = self._reply(maybe_sent=not refused, closing=False)
        outcomes.append(_refusal(refused) if refused else _outcome(reply, envelope))
        if reply[0] == _CLOSING:
            raise Lost(_words(reply))
        return bool(ahead)

    def _say(self, command: bytes) -> Reply:
        self._push(command)
        return self._reply()

    def _push(self, data: bytes, *, dot_at: int | None = None) -> None:
        """Send everything. Raises `Lost`, `maybe_sent` once the dot that ends at `dot_at` may have left."""
        sock = self.smtp.sock
        assert sock is not None
        view, sent = memoryview(data), 0
        try:
            while sent < len(data):
                sent += sock.send(view[sent:])
        except OSError as error:
            counted = not isinstance(sock, ssl.SSLSocket)  # TLS may fail behind a record that is out already
            raise Lost(error, maybe_sent=dot_at is not None and not (counted and sent < dot_at)) from error

    def _reply(self, *, maybe_sent: bool = False, closing: bool = True) -> Reply:
        """The next reply. Raises `Lost`; also for 421, unless `closing` is False."""
        try:
            code, text = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(error, maybe_sent=maybe_sent) from error
        reply = code, text.decode("ascii", "replace")
        if code == _CLOSING and closing:
            raise Lost(_words(reply))
        return reply


class Relay:
    """Sends groups over one session that is kept, renewed when it is stale, full or broken. One per thread."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.pid = os.getpid()
        self._session: Session | None = None

    def session(self) -> Session:
        """A session that takes messages. Raises `Lost`."""
        if self._session and not self._session.fit:
            self.close()
        if not self._session:
            self._session = Session(self.server)
        return self._session

    def send_many(self, envelopes: Sequence[Mail]) -> list[Outcome]:
        """One outcome per envelope, in order. Never raises for what a server or the network does.

        What a kept connection loses for certain goes again over a new one; what a new one loses is left for later, and
        after the second loss so is the rest.
        """
        outcomes: list[Outcome] = []
        losses = 0
        while len(outcomes) < len(envelopes) and losses < 2:
            done = len(outcomes)
            try:
                session = self.session()
            except Lost as lost:
                return outcomes + [_not_now(lost)] * (len(envelopes) - done)
            fresh = session.sent == 0
            try:
                session.send(envelopes[done : done + MESSAGES_PER_CONNECTION - session.sent], outcomes)
            except Lost as lost:
                self.close(politely=False)
                if lost.maybe_sent:
                    outcomes.append(OutcomeUnknown(f"the connection broke before the answer: {lost}"))
                elif fresh and done == len(outcomes):
                    outcomes.append(_not_now(lost))
                    losses += 1
            except BaseException:
                # A job's time limit, say: an answer may be unread, and the next message would take it for its own.
                self.close(politely=False)
                raise
        return outcomes + [ChannelError("the mail server keeps hanging up", permanent=False)] * (
            len(envelopes) - len(outcomes)
        )

    def close(self, *, politely: bool = True) -> None:
        session, self._session = self._session, None
        if session:
            session.close(politely=politely)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts, read once: it takes as long as thirty messages."""
    return ssl.create_default_context()


def _connected(server: Server) -> smtplib.SMTP:
    """Without Nagle's algorithm, which would hold the end of each mail back until the server has said that it got the rest."""
    if server.ssl:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=_trusted())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    assert smtp.sock is not None
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return smtp


def _commands(envelope: Mail) -> list[bytes]:
    mail = f"MAIL FROM:<{envelope.sender}>{envelope.parameters}\r\n"
    return [mail.encode(), f"RCPT TO:<{envelope.recipient}>\r\n".encode(), b"DATA\r\n"]


def _dot_stuffed(data: bytes) -> bytes:
    """RFC 5321, section 4.5.2; the data ends in a line break."""
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"


def _outcome(reply: Reply, envelope: Mail) -> Outcome:
    """What the reply to the final dot says."""
    if 200 <= reply[0] < 300:
        return Receipt(envelope.provider_id)
    return _refusal(reply) if 400 <= reply[0] < 600 else OutcomeUnknown(_words(reply))


def _refusal(reply: Reply) -> ChannelError:
    return ChannelError(_words(reply), permanent=500 <= reply[0] < 600 and reply[0] not in _NOT_THE_MESSAGE)


def _not_now(lost: Lost) -> ChannelError:
    return ChannelError(f"the mail server takes nothing now: {lost}", permanent=False)


def _words(reply: Reply) -> str:
    return f"{reply[0]} {' '.join(reply[1].split())}"[:300]
