"""Web push against a service that checks signatures and decrypts: what leaves, and what each answer comes to."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings

from campaigns.channels import push_address, push_payload, webpush
from campaigns.channels.base import CHANNELS, ChannelError, Envelope, Outcome, OutcomeUnknown, Receipt
from campaigns.channels.push_address import Browser
from campaigns.channels.push_payload import Action, Notification
from campaigns.links import PlainLinks, shown_url
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import Source, TemplateProblems
from tests import pushservice
from tests.pushservice import Client, Service

NOW = datetime(2026, 3, 9, 18, 0, tzinfo=UTC)
CODE = str(uuid.UUID(int=7))
CHANNEL = CHANNELS.get("push")


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    settings.OUTBOUND_LOOPBACK, settings.PUSH_CONTACT = True, "mailto:ops@shop.example"
    with pushservice.serving() as made:
        yield made


def source(**extras: str) -> Source:
    starter = starters("push")["push-reminder"]
    given = {"picture": starter.picture, "button": starter.button, "link": ""}
    return Source(starter.subject, "", starter.body, extras=given | extras)


def message(*clients: Client, left: timedelta = timedelta(hours=24), **extras: str) -> Any:
    browsers = [
        Browser(f"code-{number}", one.endpoint, one.keys["p256dh"], one.keys["auth"])
        for number, one in enumerate(clients)
    ]
    to = push_address.written("ana@example.com", browsers)
    rendered = render(CHANNEL.compile(source(**extras)), SAMPLE_CONTEXT, PlainLinks())
    return CHANNEL.compose(
        rendered, Envelope(CODE, to, "", "North Loop", NOW, "https://cart.example/u/x", "", NOW + left)
    )


def sent(*clients: Client, **fields: Any) -> Outcome:
    [outcome] = CHANNEL.send_many([message(*clients, **fields)])
    return outcome


def test_the_service_reads_the_example_of_the_standard() -> None:
    """RFC 8291, section 5 and appendix A."""
    number = int.from_bytes(pushservice._bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
    key = ec.derive_private_key(number, ec.SECP256R1())
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    text = pushservice.opened(pushservice._bytes(body), key, pushservice._bytes("BTBZMqHH6r4Tts7J_aSIgg"))
    assert text == b"When I grow up, I want to be a watermelon"


def test_a_notification_arrives_signed_encrypted_and_whole(service: Service) -> None:
    client = service.client()
    assert sent(client) == Receipt("/message/one")
    [(_, headers, body)] = service.taken
    claims = pushservice.claims_of(headers["Authorization"], f"http://127.0.0.1:{service.port}")
    assert (claims["sub"], claims["key"]) == ("mailto:ops@shop.example", webpush.public_key())
    kept = {name: headers[name] for name in ("Content-Encoding", "TTL", "Topic", "Urgency")}
    assert kept == {"Content-Encoding": "aes128gcm", "TTL": "86400", "Topic": uuid.UUID(CODE).hex, "Urgency": "normal"}
    cart = "https://shop.example.com/cart/5512"
    assert client.decrypt(body) == {
        "shown": shown_url(django_settings.PUBLIC_URL, uuid.UUID(CODE)),
        "title": "Your cart is waiting",
        "body": "What you chose at North Loop Tea is still there.",
        "url": cart,
        "tag": CODE,
        "actions": [
            {"title": "Return to your cart", "url": cart},
            {"title": "Stop reminders", "url": "https://cart.example/u/x"},
        ],
    }


def test_what_is_soon_of_no_use_is_urgent_and_not_kept_long(service: Service) -> None:
    sent(service.client(), left=timedelta(minutes=30))
    assert (service.taken[0][1]["TTL"], service.taken[0][1]["Urgency"]) == ("1800", "high")


@pytest.mark.parametrize(
    ("status", "permanent", "gone"),
    [
        (400, True, False),
        (401, False, False),
        (404, True, True),
        (410, True, True),
        (413, True, False),
        (429, False, False),
        (500, False, False),
        (503, False, False),
        (302, True, False),
    ],
)
def test_each_refusal_is_final_or_not(service: Service, status: int, permanent: bool, gone: bool) -> None:
    service.says["/one"] = status
    outcome = sent(service.client())
    assert isinstance(outcome, ChannelError)
    assert (outcome.permanent, outcome.gone) == (permanent, ("code-0",) if gone else ())


def test_silence_after_the_message_left_is_unknown(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webpush, "LIMITS", replace(webpush.LIMITS, seconds=0.3))
    service.says["/one"] = None
    assert isinstance(sent(service.client()), OutcomeUnknown)


def test_a_service_that_is_not_there_is_tried_again(service: Service) -> None:
    outcome = sent(Client("http://127.0.0.1:9/one"))
    assert isinstance(outcome, ChannelError)
    assert not outcome.permanent


def test_one_browser_that_takes_it_is_enough_and_the_gone_are_named(service: Service) -> None:
    service.says = {"/gone": 410, "/busy": 503}
    outcome = sent(service.client("/gone"), service.client("/two"), service.client("/busy"))
    assert outcome == Receipt("/message/two", ("code-0",))


def test_a_browser_whose_keys_are_none_is_gone_and_nothing_leaves(service: Service) -> None:
    broken = Browser("code-0", service.client().endpoint, "AAAA", "AAAA")
    made = replace(message(), to=push_address.Address("ana", (broken,)))
    [outcome] = CHANNEL.send_many([made])
    assert outcome == ChannelError("the keys of this browser cannot be used", permanent=True, gone=("code-0",))
    assert service.taken == []


@pytest.mark.parametrize("endpoint", ["http://push.example/x", "https://127.0.0.1/x", "https://169.254.169.254/x"])
def test_nothing_is_posted_to_a_private_address(service: Service, settings: Any, endpoint: str) -> None:
    settings.OUTBOUND_LOOPBACK = False
    outcome = sent(Client(endpoint))
    assert isinstance(outcome, ChannelError)
    assert outcome.permanent


def test_what_is_caught_is_a_file_for_the_inbox(settings: Any, tmp_path: Path) -> None:
    settings.CATCHER_DIR = tmp_path
    outcome = sent(Client("https://push.example/never-called"))
    assert isinstance(outcome, Receipt)
    [path] = tmp_path.glob("*.json")
    assert path.stem == outcome.provider_id
    note = json.loads(path.read_text())
    assert (note["kind"], note["delivery"], note["recipient"]) == ("push", CODE, "ana@example.com")
    assert (note["title"], note["browsers"]) == ("Your cart is waiting", 1)


BIG = Notification("Title", "x" * 5000, "https://a.example/c", CODE, "", "https://a.example/" + "p" * 500)


@pytest.mark.parametrize("body", ["short", "x" * 5000, "ü€😀" * 1500])
def test_a_notification_fits_whatever_it_holds(body: str) -> None:
    data = push_payload.encoded(replace(BIG, body=body))
    assert len(data) <= push_payload.MAX_BYTES
    assert bool(push_payload.decoded(data).image) == (body == "short")


def test_links_that_are_too_long_are_refused_not_cut() -> None:
    too_long = replace(BIG, actions=(Action("Go", "https://a.example/" + "l" * 5000),))
    with pytest.raises(ValueError, match="too long"):
        push_payload.encoded(too_long)


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("", "https://shop.example.com/cart/5512"),
        ("{{ store.url }}", "https://shop.example.com"),
        ("https://shop.example.com/sale", "https://shop.example.com/sale"),
        ("javascript:alert(1)", "https://shop.example.com/cart/5512"),
    ],
)
def test_a_notification_leads_where_its_link_says_else_to_the_cart(link: str, leads: str) -> None:
    assert message(link=link).notification.url == leads


def test_a_picture_nobody_has_keeps_nothing_back() -> None:
    assert message(picture="{{ items.first.image }}").notification.image == ""


@pytest.mark.parametrize("field", ["picture", "button", "link", "stop"])
def test_a_name_that_does_not_exist_is_refused_in_every_field(field: str) -> None:
    with pytest.raises(TemplateProblems) as caught:
        CHANNEL.compile(source(**{field: "{{ shopper.shoe_size }}"}))
    assert caught.value.problems[0].field == field
