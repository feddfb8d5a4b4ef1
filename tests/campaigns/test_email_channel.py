"""The server here is real and speaks SMTP over a socket; what it does to a mail stands in the recipient's name."""

import socketserver
import threading
import time
from dataclasses import replace
from email import message_from_bytes, policy

import anymail.exceptions
import pytest
import requests
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from campaigns.channels import email, lanes, smtp
from campaigns.channels.base import CHANNELS, Channel, OutcomeUnknown, Receipt
from campaigns.channels.email import EmailChannel
from tests.campaigns.test_mime import MESSAGE


class Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.server.connections += 1
        self.server.open += 1
        try:
            self.talk()
        finally:
            self.server.open -= 1

    def talk(self):
        if self.server.open > self.server.most:
            self.say("421 too many connections")
            return
        self.say("220 hello")
        for line in self.rfile:
            command = line.decode().strip()
            self.server.commands.append(command)
            if not self.answer(command):
                return

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def answer(self, command):
        verb = command[:4].upper()
        if verb == "EHLO":
            self.say("\r\n".join(f"250-{one}" for one in ["fake", *self.server.extensions]) + "\r\n250 OK")
        elif verb == "MAIL":
            self.to = ""
            self.say("250 OK")
        elif verb == "RCPT":
            self.to = command.partition("<")[2].partition("@")[0]
            if self.to == "hangup-rcpt":
                return False
            self.say(
                {"no-such": "550 5.1.1 no such user", "full": "452 4.2.2 full", "busy": "421 busy"}.get(
                    self.to, "250 OK"
                )
            )
        elif verb == "DATA":
            return self.content()
        else:
            self.say("221 bye" if verb == "QUIT" else "250 OK")
        return verb != "QUIT"

    def content(self):
        if self.to in ("no-such", "full") and not self.server.eager:
            self.say("503 no recipients")
            return True
        time.sleep(self.server.seconds_away)
        self.say("354 go ahead")
        if self.to == "hangup-middle":
            return False
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:  # the client hung up
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        return self.verdict(b"".join(lines))

    def verdict(self, data):
        if self.to == "hangup-dot":
            return False
        refusals = {
            "spam": "554 5.7.1 spam",
            "grey": "451 4.7.1 later",
            "closing": "421 going down",
            "no-such": "554 none",
        }
        refused = refusals.get(self.to) or ("554 none" if self.to == "full" else "")
        if not refused:
            self.server.taken.append((self.to, data))
        self.say(refused or "250 queued")
        return self.to != "closing"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8"]
        self.eager = False
        self.connections = 0
        self.open = 0
        self.most = 100
        self.seconds_away = 0.0
        self.commands = []
        self.taken = []


@pytest.fixture(params=["pipelining", "eager pipelining", "one by one"])
def server(request, settings):
    with Server() as one:
        if request.param == "one by one":
            one.extensions = ["8BITMIME"]
        one.eager = request.param.startswith("eager")
        threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = one.server_address
        settings.EMAIL_TIMEOUT = 20
        yield one
        one.shutdown()


def send(*names):
    return EmailChannel().send_many([replace(MESSAGE, to_email=f"{name}@example.com") for name in names])


def kinds(outcomes):
    return [
        "sent"
        if isinstance(one, Receipt)
        else "unknown"
        if isinstance(one, OutcomeUnknown)
        else "refused"
        if one.permanent
        else "later"
        for one in outcomes
    ]


@pytest.mark.parametrize(
    ("name", "kind", "connections"),
    [
        ("no-such", "refused", 1),
        ("full", "later", 1),
        ("spam", "refused", 1),
        ("grey", "later", 1),
        ("closing", "later", 2),
        ("hangup-dot", "unknown", 2),
    ],
)
def test_each_mail_of_a_group_has_its_own_outcome(server, name, kind, connections):
    assert kinds(send("anna", name, "ben", name, "carl")) == ["sent", kind, "sent", kind, "sent"]
    assert [to for to, _ in server.taken] == ["anna", "ben", "carl"]
    assert (server.connections == 1) == (connections == 1)


@pytest.mark.parametrize("name", ["hangup-rcpt", "hangup-middle", "busy"])
def test_a_mail_that_breaks_the_connection_before_its_end_is_left_for_later(server, name):
    outcomes = kinds(send("anna", name, "ben"))
    # The network may take the final dot although the server has gone: then nobody knows.
    assert outcomes[1] in (["later", "unknown"] if name == "hangup-middle" else ["later"])
    assert [outcomes[0], outcomes[2]] == ["sent", "sent"]
    assert [to for to, _ in server.taken] == ["anna", "ben"]


def test_a_server_that_keeps_hanging_up_is_left_alone(server):
    assert kinds(send(*["busy"] * 20)) == ["later"] * 20
    assert server.connections == 2


def test_an_interruption_from_outside_leaves_no_answer_for_the_next_mail(server, monkeypatch):
    send("anna")

    def interrupted(session):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(smtp.Session, "_reply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            send("ben")
    assert kinds(send("no-such", "carl")) == ["refused", "sent"]
    assert server.connections == 2


def test_a_server_that_is_not_there_leaves_everything_for_later(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert kinds(send("anna", "ben")) == ["later", "later"]


def test_groups_share_one_connection_until_it_is_full(server, monkeypatch):
    monkeypatch.setattr(smtp, "MESSAGES_PER_CONNECTION", 3)
    assert kinds(send("a", "b") + send("c", "d", "e") + send("f", "g")) == ["sent"] * 7
    assert server.connections == 3


def test_an_idle_connection_is_renewed(server):
    send("a")
    email._relay().session().used_at -= smtp.IDLE_SECONDS
    assert kinds(send("b")) == ["sent"]
    assert server.connections == 2


def test_a_connection_the_server_has_closed_costs_nothing(server):
    assert kinds(send("closing") + send("a")) == ["later", "sent"]


def test_a_server_whose_answers_take_a_way_gets_several_connections_each_mail_once_and_in_its_place(server):
    names = [f"shopper-{number}" if number % 6 else "no-such" for number in range(1, 25)]
    server.seconds_away = 0.03
    for _ in range(3):
        outcomes = send(*names)
        assert kinds(outcomes) == ["refused" if name == "no-such" else "sent" for name in names]
    assert 1 < server.connections <= lanes.MOST
    assert sorted(to for to, _ in server.taken) == sorted(name for name in names * 3 if name != "no-such")


def test_a_server_that_allows_few_connections_gets_no_more(server):
    server.seconds_away, server.most = 0.03, 2
    for _ in range(3):
        assert kinds(send(*[f"shopper-{number}" for number in range(12)])) == ["sent"] * 12
    assert len(server.taken) == 3 * 12


def test_a_server_that_is_near_keeps_one_connection(server, monkeypatch):
    monkeypatch.setattr(lanes, "NEAR_SECONDS", 5.0)  # a busy machine is not far away
    for _ in range(3):
        send(*[f"shopper-{number}" for number in range(10)])
    assert server.connections == 1


def test_dots_and_accents_arrive_as_written(server):
    text = ".\n..two\nEnde é\n.\n"
    EmailChannel().send_many([replace(MESSAGE, text=text)])
    [(_, data)] = server.taken
    part = next(iter(message_from_bytes(data, policy=policy.default).iter_parts()))
    assert part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert any("BODY=8BITMIME" in command for command in server.commands)


def test_a_server_without_8bitmime_gets_ascii(server):
    server.extensions = ["PIPELINING"]
    EmailChannel().send_many([replace(MESSAGE, text="é")])
    assert server.taken[0][1].isascii()
    assert not any("BODY" in command for command in server.commands)


def test_an_address_beyond_ascii_goes_where_the_server_takes_it(server):
    [outcome] = send("jörg")
    if "SMTPUTF8" in server.extensions:
        assert kinds([outcome]) == ["sent"]
        assert any(command.endswith("SMTPUTF8") for command in server.commands)
    else:
        assert kinds([outcome]) == ["refused"]


@pytest.mark.parametrize(
    "bad", [{"to_email": "a\r\nRCPT TO:<x@y.z>@example.com"}, {"subject": "a\nBcc: x@y.z"}, {"to_email": ""}]
)
def test_a_mail_that_cannot_be_written_is_refused_and_its_neighbours_go(server, bad):
    outcomes = EmailChannel().send_many([MESSAGE, replace(MESSAGE, **bad), MESSAGE])
    assert kinds(outcomes) == ["sent", "refused", "sent"]
    assert len(server.taken) == 2


def test_nothing_to_send_opens_no_connection(server):
    assert EmailChannel().send_many([]) == []
    assert server.connections == 0


def test_another_backend_gets_djangos_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    outcomes = EmailChannel().send_many([MESSAGE, replace(MESSAGE, subject="a\nb"), replace(MESSAGE, to_email="x")])
    assert kinds(outcomes) == ["sent", "refused", "refused"]
    [sent] = mail.outbox
    assert sent.to == ["Anna Keller <anna@example.com>"]
    assert sent.metadata == {"delivery": MESSAGE.delivery_code}
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


class FailingBackend(BaseEmailBackend):
    error: Exception

    def send_messages(self, _messages):
        raise self.error


def answered(status):
    response = requests.Response()
    response.status_code = status
    return anymail.exceptions.AnymailRequestsAPIError(response=response)


def broken(kind):
    cls = type("AnymailRequestsAPIError", (anymail.exceptions.AnymailRequestsAPIError, kind), {})
    return cls("Error posting")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (anymail.exceptions.AnymailRecipientsRefused(), "refused"),
        (anymail.exceptions.AnymailInvalidAddress(), "refused"),
        (answered(422), "refused"),
        (answered(401), "later"),
        (answered(429), "later"),
        (answered(503), "later"),
        (answered(500), "unknown"),
        (broken(requests.ConnectTimeout), "later"),
        (broken(requests.ReadTimeout), "unknown"),
        (broken(requests.ConnectionError), "unknown"),
        (RuntimeError("who knows"), "unknown"),
    ],
)
def test_a_providers_failure_says_whether_to_try_again(settings, error, kind):
    settings.EMAIL_BACKEND = f"{__name__}.FailingBackend"
    FailingBackend.error = error
    assert kinds(send("anna")) == [kind]


def test_every_channel_keeps_the_contract():
    assert CHANNELS.get("email").label == "Email"
    for channel in CHANNELS:
        assert isinstance(channel, Channel)
        assert channel.slug.isidentifier()
        assert channel.label
        assert channel.group_size >= 1
        assert channel.send_many([]) == []
    with pytest.raises(LookupError, match="pigeon"):
        CHANNELS.get("pigeon")
