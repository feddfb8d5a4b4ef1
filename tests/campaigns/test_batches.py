"""Many mails in one call, against a stand-in that answers in each provider's form: the right text to the right person alone."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from campaigns.channels.base import ChannelError, OutcomeUnknown, Receipt
from campaigns.channels.email import EmailChannel
from campaigns.rendering import Message
from tests.campaigns.test_mime import MESSAGE

NAMES = ["anna", "ben", "carl"]


def of_postmark(body: Any) -> list[tuple[str, str, str]]:
    return [(one["To"], one["TextBody"], one["Metadata"]["delivery"]) for one in body]


def of_mailjet(body: Any) -> list[tuple[str, str, str]]:
    return [
        (one["To"][0]["Email"], one["TextPart"], json.loads(one["EventPayload"])["delivery"])
        for one in body["Messages"]
        if len(one["To"]) == 1
    ]


def of_mailtrap(body: Any) -> list[tuple[str, str, str]]:
    return [
        (one["to"][0]["email"], one["text"], one["custom_variables"]["delivery"])
        for one in body["requests"]
        if len(one["to"]) == 1
    ]


def of_brevo(body: Any) -> list[tuple[str, str, str]]:
    return [
        (one["to"][0]["email"], one["textContent"], json.loads(one["headers"]["X-Mailin-custom"])["delivery"])
        for one in body["messageVersions"]
        if len(one["to"]) == 1
    ]


def postmark(names: list[str]) -> Any:
    bad = {"ErrorCode": 406, "Message": "inactive"}
    return [bad if n == "bad" else {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{n}"} for n in names]


def mailjet(names: list[str]) -> Any:
    bad = {"Status": "error", "Errors": [{"StatusCode": 400, "ErrorMessage": "invalid"}]}
    return {"Messages": [bad if n == "bad" else {"Status": "success", "To": [{"MessageID": f"id-{n}"}]} for n in names]}


def mailtrap(names: list[str]) -> Any:
    bad = {"success": False, "errors": ["invalid"]}
    each = [bad if n == "bad" else {"success": True, "message_ids": [f"id-{n}"]} for n in names]
    return {"success": True, "responses": each}


def brevo(names: list[str]) -> Any:
    return {"messageIds": [f"id-{name}" for name in names]}


SPEAK = {
    "postmark": (of_postmark, postmark, {"SERVER_TOKEN": "k"}, "/email/batch"),
    "mailjet": (of_mailjet, mailjet, {"API_KEY": "k", "SECRET_KEY": "s"}, "/send"),
    "mailtrap": (of_mailtrap, mailtrap, {"API_TOKEN": "k"}, "/batch"),
    "brevo": (of_brevo, brevo, {"API_KEY": "k"}, "/smtp/email"),
}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.calls.append((self.path, body))
        if server.slow:
            time.sleep(server.slow)
        status, answer = server.answer(body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError):  # whoever called a slow one has hung up
            self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def provider() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.calls, server.slow = [], 0.0  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=SPEAK)
def name(request: Any, provider: Any, settings: Any) -> str:
    chosen: str = request.param
    use(chosen, provider, settings)
    return chosen


def use(chosen: str, provider: Any, settings: Any) -> None:
    read, write, keys, _ = SPEAK[chosen]
    settings.EMAIL_BACKEND = f"anymail.backends.{chosen}.EmailBackend"
    base = {"API_URL": f"http://127.0.0.1:{provider.server_port}/"}
    settings.ANYMAIL = {f"{chosen.upper()}_{key}": value for key, value in (keys | base).items()}
    provider.answer = lambda body: (200, write([named(to) for to, _, _ in read(body)]))


def named(to: str) -> str:
    return to.rpartition("<")[2].partition("@")[0]


def mail_to(name: str, **fields: Any) -> Message:
    made = {"to_email": f"{name}@example.com", "to_name": "", "text": f"for {name}", "delivery_code": f"code-{name}"}
    return replace(MESSAGE, headers=(), reply_to="", **made | fields)


def send(*names: str) -> list[Any]:
    return EmailChannel().send_many([mail_to(name) for name in names])


def test_one_call_carries_to_each_their_own_text_and_nobody_elses_address(provider: Any, name: str) -> None:
    assert send(*NAMES) == [Receipt(f"id-{one}") for one in NAMES]
    [(path, body)] = provider.calls
    read, *_, expected = SPEAK[name]
    assert path == expected
    found = [(named(to), text.strip(), code) for to, text, code in read(body)]
    assert found == [(one, f"for {one}", f"code-{one}") for one in NAMES]


@pytest.mark.parametrize("chosen", ["postmark", "mailjet", "mailtrap"])
def test_what_is_refused_of_a_batch_leaves_its_neighbours(provider: Any, settings: Any, chosen: str) -> None:
    use(chosen, provider, settings)
    first, bad, last = send("anna", "bad", "carl")
    assert (first, last) == (Receipt("id-anna"), Receipt("id-carl"))
    assert isinstance(bad, ChannelError)
    assert bad.permanent
    assert len(provider.calls) == 1


def test_a_batch_without_an_answer_in_time_is_unknown_as_a_whole(provider: Any, name: str, settings: Any) -> None:
    provider.slow = 0.6
    settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.2}
    outcomes = send(*NAMES)
    assert [isinstance(one, OutcomeUnknown) and not one.retriable for one in outcomes] == [True] * 3
    assert len(provider.calls) == 1


@pytest.mark.parametrize(("status", "kind", "permanent"), [(429, ChannelError, False), (500, OutcomeUnknown, None)])
def test_an_answer_for_the_whole_call_holds_for_each(
    provider: Any, name: str, status: int, kind: type, permanent: bool | None
) -> None:
    provider.answer = lambda body: (status, {"message": "no"})
    outcomes = send(*NAMES)
    assert [(type(one), getattr(one, "permanent", None)) for one in outcomes] == [(kind, permanent)] * 3
    assert len(provider.calls) == 1


def test_a_batch_refused_as_a_whole_is_tried_one_by_one(provider: Any, settings: Any) -> None:
    use("brevo", provider, settings)
    provider.answer = lambda body: (400, {"code": "no"}) if "messageVersions" in body else (201, {"messageId": "one"})
    assert send(*NAMES) == [Receipt("one")] * 3
    assert len(provider.calls) == 4


def test_an_answer_nobody_can_read_is_unknown(provider: Any, name: str) -> None:
    provider.answer = lambda body: (200, {"what": "?"})
    assert [type(one) for one in send(*NAMES)] == [OutcomeUnknown] * 3


def test_a_mail_that_cannot_be_written_is_refused_and_its_neighbours_go_together(provider: Any, name: str) -> None:
    messages = [mail_to("anna"), mail_to("ben", to_email="x"), mail_to("carl")]
    first, bad, last = EmailChannel().send_many(messages)
    assert (first, last) == (Receipt("id-anna"), Receipt("id-carl"))
    assert isinstance(bad, ChannelError)
    assert bad.permanent
    assert len(provider.calls) == 1


def test_mails_of_two_senders_are_two_calls(provider: Any, name: str) -> None:
    other = {"from_email": "hi@other.example", "from_name": "Other"}
    messages = [mail_to("anna"), mail_to("ben", **other), mail_to("carl"), mail_to("dora", **other)]
    assert [one.provider_id for one in EmailChannel().send_many(messages)] == [
        "id-anna",
        "id-ben",
        "id-carl",
        "id-dora",
    ]
    assert len(provider.calls) == 2
