"""One call for many, filled in by the provider: each person's mail equals the one that a call of its own makes, letter for letter."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from campaigns.channels.base import ChannelError, OutcomeUnknown, Receipt
from campaigns.channels.email import EmailChannel
from campaigns.rendering import Message
from tests.campaigns.test_mime import MESSAGE

SIGNS = ["%recipient.text%", "{{text}} {{{html}}} {{ if x }}", "*|SUBJECT|*", "-text- %text%"]


def mailgun(data: str) -> list[dict[str, Any]]:
    """As documented: `%recipient.name%` anywhere, only where there are variables; else all see all."""
    form = {name: values if name == "to" else values[0] for name, values in parse_qs(data).items()}
    variables = json.loads(form.pop("recipient-variables", "{}"))
    assert variables or len(form["to"]) == 1

    def mail(to: str) -> dict[str, Any]:
        own = variables.get(bare(to), {})
        fill = lambda text: re.sub(r"%recipient\.([\w:-]+)%", lambda m: own.get(m[1], ""), text)  # noqa: E731
        parts = {name: fill(value) if own else value for name, value in form.items() if name != "to"}
        parts.pop("h:Message-Id", "")  # Mailgun's own, one for the call
        return parts | {"to": to}

    return [mail(to) for to in form["to"]]


def sparkpost(data: str) -> list[dict[str, Any]]:
    """As documented: two braces escape in html, three never; an option turns it off."""
    body = json.loads(data)
    content, off = body["content"], body.get("options", {}).get("perform_substitutions") is False

    def fill(text: str, own: dict[str, str], html: bool = False) -> str:
        once = re.sub(r"\{\{\{(\w+)\}\}\}", lambda m: f"\0{m[1]}\0", text)
        once = re.sub(r"\{\{(.*?)\}\}", lambda m: (escape if html else str)(own.get(m[1], "")), once)
        return re.sub("\0(\\w+)\0", lambda m: own[m[1]], once)

    def mail(one: dict[str, Any]) -> dict[str, Any]:
        own = one.get("substitution_data", {})
        flat = {name: content[name] for name in ("subject", "text", "html", "from")} | content["headers"]
        parts = flat if off else {name: fill(value, own, name == "html") for name, value in flat.items()}
        return parts | {"to": one["address"]["header_to"], "metadata": one.get("metadata") or body.get("metadata")}

    return [mail(one) for one in body["recipients"]]


def bare(to: str) -> str:
    return to.rpartition("<")[2].rstrip(">")


def taken(count: int, rejected: int = 0) -> dict[str, Any]:
    counts = {"total_accepted_recipients": count - rejected, "total_rejected_recipients": rejected}
    return {"id": "m-1", "message": "Queued. Thank you.", "results": counts | {"id": "m-1"}}


READ = {"mailgun": mailgun, "sparkpost": sparkpost}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        mails = server.read(self.rfile.read(int(self.headers["Content-Length"])).decode())
        server.calls.append(mails)
        time.sleep(server.slow)
        status, answer = server.answer(mails)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(params=READ)
def provider(request: Any, settings: Any) -> Iterator[Any]:
    name = request.param
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        made: Any = server
        made.calls, made.slow, made.read = [], 0.0, READ[name]
        made.answer = lambda mails: (200, taken(len(mails)))
        settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
        keys = {"API_KEY": "k", "API_URL": f"http://127.0.0.1:{server.server_port}/"}
        settings.ANYMAIL = {f"{name.upper()}_{key}": value for key, value in keys.items()}
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()


def mail_to(name: str, **fields: Any) -> Message:
    own = {
        "subject": f"Für {name} & co",
        "html": f"<p class=\"a\">{name} &amp; 'co' 100%</p>\n",
        "text": f"for {name} <3\n",
    }
    address = {"to_email": f"{name}@example.com", "to_name": "", "delivery_code": f"code-{name}"}
    return replace(MESSAGE, **own | address | {"unsubscribe_url": f"https://m.example/u/{name}?a=1&b=2"} | fields)


def test_a_hundred_mails_are_one_call_and_each_equals_the_mail_of_its_own_call(provider: Any) -> None:
    messages = [mail_to(f"person{number}") for number in range(100)]
    assert EmailChannel().send_many(messages) == [Receipt("m-1")] * 100
    [together] = provider.calls
    provider.calls.clear()
    for message in messages[:3]:
        EmailChannel().send_many([message])
    alone = [mail for call in provider.calls for mail in call]
    assert together[:3] == alone
    assert [bare(mail["to"]) for mail in together] == [message.to_email for message in messages]
    for mail, message in zip(together, messages, strict=True):
        everything = json.dumps(mail)
        assert message.unsubscribe_url in everything
        assert "List-Unsubscribe=One-Click" in everything
        assert f'"{message.delivery_code}"' in everything
        assert (mail["subject"], mail["text"], mail["html"]) == (message.subject, message.text, message.html)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_merchants_own_signs_come_out_as_written_and_neighbours_share_a_call(provider: Any, sign: str) -> None:
    hostile = mail_to("ben", subject=sign, text=sign, html=f"<p>{sign}</p>")
    messages = [mail_to("anna"), hostile, mail_to("carl")]
    assert EmailChannel().send_many(messages) == [Receipt("m-1")] * 3
    mails = {bare(mail["to"]): mail for call in provider.calls for mail in call}
    assert len(provider.calls) <= 2
    for message in messages:
        mail = mails[message.to_email]
        assert (mail["subject"], mail["text"], mail["html"]) == (message.subject, message.text, message.html)


@pytest.mark.parametrize("fields", [{"from_name": "Other"}, {"reply_to": "b@shop.example"}, {"unsubscribe_url": ""}])
def test_what_a_call_says_once_is_shared_by_nobody_else(provider: Any, fields: dict[str, str]) -> None:
    messages = [mail_to("anna"), mail_to("ben", **fields), mail_to("carl"), mail_to("dora", **fields)]
    assert EmailChannel().send_many(messages) == [Receipt("m-1")] * 4
    assert [[bare(mail["to"])[0] for mail in call] for call in provider.calls] == [["a", "c"], ["b", "d"]]


def test_two_mails_to_one_address_never_share_a_call(provider: Any) -> None:
    again = mail_to("anna", to_email="anna@example.com", text="another", delivery_code="code-2")
    assert EmailChannel().send_many([mail_to("anna"), mail_to("ben"), again]) == [Receipt("m-1")] * 3
    assert [[mail["text"] for mail in call] for call in provider.calls] == [
        ["for anna <3\n", "for ben <3\n"],
        ["another"],
    ]


def test_a_call_refused_as_a_whole_is_tried_one_by_one_so_that_one_refusal_stays_one(provider: Any) -> None:
    provider.answer = lambda m: (400, {"message": "no"}) if "bad" in json.dumps(m) else (200, taken(len(m)))
    first, bad, last = EmailChannel().send_many([mail_to("anna"), mail_to("bad"), mail_to("carl")])
    assert (first, last) == (Receipt("m-1"), Receipt("m-1"))
    assert isinstance(bad, ChannelError)
    assert bad.permanent
    assert len(provider.calls) == 4


@pytest.mark.parametrize(("status", "kind", "permanent"), [(429, ChannelError, False), (500, OutcomeUnknown, None)])
def test_an_answer_for_the_whole_call_holds_for_each(provider: Any, status: int, kind: type, permanent: Any) -> None:
    provider.answer = lambda mails: (status, {"message": "no"})
    outcomes = EmailChannel().send_many([mail_to("anna"), mail_to("ben")])
    assert [(type(one), getattr(one, "permanent", None)) for one in outcomes] == [(kind, permanent)] * 2
    assert len(provider.calls) == 1


def test_without_an_answer_in_time_all_are_unknown_and_nothing_is_sent_again(provider: Any, settings: Any) -> None:
    provider.slow = 0.4
    settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.1}
    outcomes = EmailChannel().send_many([mail_to("anna"), mail_to("ben")])
    assert [isinstance(one, OutcomeUnknown) and not one.retriable for one in outcomes] == [True] * 2
    assert len(provider.calls) == 1


@pytest.mark.parametrize("provider", ["sparkpost"], indirect=True)
def test_an_answer_that_counts_without_saying_whose_leaves_all_unknown(provider: Any) -> None:
    provider.answer = lambda mails: (200, taken(len(mails), rejected=1))
    outcomes = EmailChannel().send_many([mail_to("anna"), mail_to("ben")])
    assert [type(one) for one in outcomes] == [OutcomeUnknown] * 2
    assert len(provider.calls) == 1
