"""Texts at a gateway: what it is given, and how its answers and silences are told apart."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from aiq import environment, mailbox
from aiq.environment import Env
from campaigns.channels import sms
from campaigns.channels.base import CHANNELS, ChannelError, Envelope, OutcomeUnknown, Receipt
from campaigns.channels.gateways import base as gateways
from campaigns.channels.sms import gateway
from campaigns.quiet_hours import GRACE
from campaigns.rendering import Rendered
from tests.smsgateways import ACCOUNT, SECRET, TOKEN, JsonStandIn, StandIn, TwilioStandIn, serving

CALLBACK = "https://cart.example.com/callbacks/sms/0b6f/"


def text(to: str = "+16125550188", sender: str = "+16125550100") -> Any:
    channel = CHANNELS.get("sms")
    envelope = Envelope("4f1d", to, sender, "Fernwood", datetime.now(UTC), "", CALLBACK)
    return channel.compose(Rendered("", "", "Your cart waits: https://x.example/i/0123456789\n"), envelope)


def send(*texts: Any) -> list[Any]:
    return CHANNELS.get("sms").send_many(list(texts))


@pytest.fixture
def twilio(settings: Any) -> Iterator[StandIn]:
    with serving(TwilioStandIn) as stand_in:
        settings.SMS_GATEWAY = environment.sms(f"twilio://{ACCOUNT}:{TOKEN}@127.0.0.1:{stand_in.port}/", Env())
        yield stand_in


@pytest.fixture
def plain(settings: Any) -> Iterator[StandIn]:
    with serving(JsonStandIn) as stand_in:
        settings.SMS_GATEWAY = environment.sms(f"http+json://:{SECRET}@127.0.0.1:{stand_in.port}/send?from=Own", Env())
        yield stand_in


def test_twilio_gets_what_its_messages_resource_asks_for(twilio: StandIn) -> None:
    first, second = send(text(), text("+16125550199", "MG" + "1" * 32))
    assert {first.provider_id, second.provider_id} == {f"SM{1:032d}", f"SM{2:032d}"}
    by_number = {form["To"]: form for form in twilio.texts}
    assert by_number["+16125550188"] == {
        "To": "+16125550188",
        "From": "+16125550100",
        "Body": "Your cart waits: https://x.example/i/0123456789",
        "StatusCallback": f"{CALLBACK}?delivery=4f1d",
        "ValidityPeriod": "3600",
    }
    assert by_number["+16125550199"]["MessagingServiceSid"] == "MG" + "1" * 32


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 21610, ("ChannelError", True, "opted_out")),
        (400, 21614, ("ChannelError", True, "dead_number")),
        (400, 21211, ("ChannelError", True, "dead_number")),
        (400, 21408, ("ChannelError", True, "")),
        (400, 21612, ("ChannelError", True, "")),
        (429, 20429, ("ChannelError", False, "")),
        (400, 21611, ("ChannelError", False, "")),
        (401, 20003, ("ChannelError", False, "")),
        (503, 20503, ("ChannelError", False, "")),
        (500, 20500, ("OutcomeUnknown",)),
    ],
)
def test_refusals_of_twilio_are_told_apart(twilio: StandIn, status: int, code: int, outcome: tuple) -> None:
    twilio.answer = status, {"code": code, "message": "said so", "status": status}
    (found,) = send(text())
    told = (found.permanent, found.means) if isinstance(found, ChannelError) else ()
    assert (type(found).__name__, *told) == outcome
    assert found.text.startswith(str(code)) or isinstance(found, OutcomeUnknown)


def test_the_plain_gateway_gets_signed_json(plain: StandIn) -> None:
    assert send(text(sender="")) == [Receipt("gw-1")]
    assert plain.texts == [
        {
            "id": "4f1d",
            "to": "+16125550188",
            "from": "Own",
            "text": "Your cart waits: https://x.example/i/0123456789",
            "segments": 1,
            "callback": CALLBACK,
            "validSeconds": 3600,
        }
    ]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"code": "dead_number"}, ChannelError("400", True, "dead_number")),
        (422, {"error": "no", "code": "opted_out"}, ChannelError("422 no", True, "opted_out")),
        (429, {}, ChannelError("429", False)),
        (302, {}, ChannelError("302", True)),
        (502, {}, OutcomeUnknown("502")),
    ],
)
def test_refusals_of_the_plain_gateway_are_told_apart(plain: StandIn, status: int, body: dict, outcome: Any) -> None:
    plain.answer = status, body
    assert send(text()) == [outcome]


@pytest.mark.parametrize("name", ["twilio", "plain"])
def test_silence_after_the_call_leaves_the_outcome_open(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stand_in = request.getfixturevalue(name)
    stand_in.delay = 0.6
    monkeypatch.setattr(
        f"campaigns.channels.gateways.{ {'twilio': 'twilio', 'plain': 'http_json'}[name] }.TIMEOUT_SECONDS", 0.2
    )
    assert [type(one) for one in send(text())] == [OutcomeUnknown]


@pytest.mark.parametrize("url", [f"twilio://{ACCOUNT}:{TOKEN}@127.0.0.1:9/", "http+json://:s@127.0.0.1:9/"])
def test_a_gateway_that_is_not_there_took_nothing(settings: Any, url: str) -> None:
    settings.SMS_GATEWAY = environment.sms(url, Env())
    (found,) = send(text())
    assert isinstance(found, ChannelError)
    assert not found.permanent


@pytest.mark.parametrize(("left", "seconds"), [(7200, 3600), (1800, 1800), (5, 60)])
def test_a_text_is_kept_for_a_phone_that_is_off_until_the_hours_end(left: int, seconds: int) -> None:
    now = datetime.now(UTC)
    envelope = Envelope("4f1d", "+16125550188", "", "Fernwood", now, "", "", now + timedelta(seconds=left))
    assert CHANNELS.get("sms").compose(Rendered("", "", "Tea"), envelope).valid_seconds == seconds


def test_a_group_of_texts_ends_within_the_minute_that_quiet_hours_leave_free() -> None:
    rounds = ceil(CHANNELS.get("sms").group_size / sms.AT_ONCE)
    assert timedelta(seconds=rounds * gateways.TIMEOUT_SECONDS) < GRACE


def test_without_a_gateway_texts_are_caught(settings: Any, tmp_path: Any) -> None:
    settings.SMS_GATEWAY, settings.CATCHER_DIR = {}, tmp_path / "inbox"
    (receipt,) = send(text())
    (caught,) = mailbox.newest(settings.CATCHER_DIR, lambda _: True, 10)
    assert (caught.name, caught.kind, caught.recipient, caught.delivery) == (
        receipt.provider_id,
        "sms",
        "+16125550188",
        "4f1d",
    )
    assert (caught.fields["segments"], caught.fields["alphabet"]) == (1, "GSM-7")


@pytest.mark.parametrize(
    "url",
    [
        "twilio://",
        f"twilio://{ACCOUNT}@/",
        "twilio://SK123:x@/",
        "https+json://host/path",
        "https+json://:s@/",
        "ftp://x",
        "+1 612",
    ],
)
def test_a_wrong_sms_url_is_a_problem_with_a_hint(url: str) -> None:
    env = Env()
    assert environment.sms(url, env) == {}
    assert [(problem.check, bool(problem.hint)) for problem in env.problems] == [("aiq.E010", True)]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("", {}),
        (
            f"twilio://{ACCOUNT}:{TOKEN}@/?from=+16125550100",
            {"account": ACCOUNT, "token": TOKEN, "sender": "+16125550100"},
        ),
        (
            "https+json://:p%40ss@sms.example/v1?from=Own&a=b",
            {"url": "https://sms.example/v1?a=b", "secret": "p@ss", "sender": "Own"},
        ),
    ],
)
def test_an_sms_url_names_the_gateway(url: str, parts: dict) -> None:
    env = Env()
    assert parts.items() <= environment.sms(url, env).items()
    assert env.problems == []


@pytest.mark.parametrize(
    ("typed", "read"), [("+1 (612) 555-0188", "+16125550188"), ("+34 600 123 456", "+34600123456")]
)
def test_a_number_is_read_as_people_type_it(typed: str, read: str) -> None:
    assert CHANNELS.get("sms").read_address(typed) == read


@pytest.mark.parametrize("typed", ["612 555 0188", "hello", ""])
def test_a_number_without_its_country_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="country code"):
        CHANNELS.get("sms").read_address(typed)


def test_secrets_do_not_show_where_a_gateway_is_printed(plain: StandIn) -> None:
    assert SECRET not in repr(gateway())
    assert json.dumps(SECRET) not in repr(gateways.Text("a", "b", "c", "d"))
