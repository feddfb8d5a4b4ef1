"""The catcher keeps mail, the inbox shows it: to whom, and what a mail may not do there."""

import asyncio
import re
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Role
from aiq import mailbox
from aiq.catcher import Catcher, serve
from aiq.lib import catching
from aiq.lib.catching import catch
from aiq.runner import free_port
from tests import factories

HERE = {"SERVER_NAME": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"}
HTML = "<html><head><title>x</title></head><body><script>steal()</script><a href='http://x.test'>Buy</a></body></html>"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.CATCHER_DIR = tmp_path / "inbox"
    settings.DEMO = True
    return settings.CATCHER_DIR


@pytest.fixture
def smtp(folder: Path) -> Iterator[int]:
    loop, stop, port = asyncio.new_event_loop(), asyncio.Event(), free_port()
    thread = threading.Thread(target=serve, args=(folder, "127.0.0.1", port), kwargs={"stop": stop, "loop": loop})
    thread.start()
    yield port
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


def mail(to: str = "ana@example.com", subject: str = "Your cart", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("In words.")
    message.add_alternative(HTML, subtype="html")
    return message


def keep(folder: Path, *messages: EmailMessage) -> list[str]:
    catcher = Catcher(folder)
    return [catcher.keep(number, message.as_bytes()).stem for number, message in enumerate(messages)]


def recipients(client: Client, query: str = "", **where: str) -> list[str]:
    content = client.get("/inbox/", {"q": query}, **(HERE | where)).content.decode()
    return re.findall(r"<b>(.*?)</b>", content)


def test_a_mail_over_smtp_stands_in_the_inbox(client: Client, folder: Path, smtp: int) -> None:
    for _ in range(50):
        try:
            with smtplib.SMTP("127.0.0.1", smtp) as connection:
                connection.send_message(mail(to="Ana Pérez <ana@example.com>", subject="Grüße"))
            break
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    assert recipients(client) == ["Ana Pérez &lt;ana@example.com&gt;"]
    assert [path.suffix for path in folder.iterdir()] == [".eml"]


def test_the_newest_mail_stands_first_and_search_finds_by_address(client: Client, folder: Path) -> None:
    keep(folder, mail("ana@example.com"), mail("bo@example.com"), mail("cy@example.com"))
    assert recipients(client) == ["cy@example.com", "bo@example.com", "ana@example.com"]
    assert recipients(client, "BO@") == ["bo@example.com"]
    assert "No mail for “nobody@”" in client.get("/inbox/?q=nobody@", **HERE).content.decode()


def test_an_empty_inbox_says_what_will_appear(client: Client, folder: Path) -> None:
    assert "No mail yet" in client.get("/inbox/", **HERE).content.decode()


def test_only_the_newest_mails_are_kept(folder: Path) -> None:
    names = keep(folder, *(mail(f"{number}@example.com") for number in range(5)))
    Catcher(folder, kept=3).tidy()
    assert sorted(path.stem for path in folder.glob("*.eml")) == names[2:]


def test_the_frame_lets_a_mail_run_nothing(client: Client, folder: Path) -> None:
    (name,) = keep(folder, mail())
    page = client.get(f"/inbox/{name}/", **HERE)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    body = client.get(f"/inbox/{name}/body", **HERE)
    assert body.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script-src" not in body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]
    assert '<head><base target="_blank"' in body.content.decode()


@pytest.mark.parametrize(
    ("part", "expected"), [("text", "In words."), ("headers", "shop@example.com"), ("nonsense", "<iframe")]
)
def test_the_other_parts_are_one_click_away(client: Client, folder: Path, part: str, expected: str) -> None:
    (name,) = keep(folder, mail())
    assert expected in client.get(f"/inbox/{name}/?part={part}", **HERE).content.decode()


def test_a_reminder_links_to_its_decision_and_other_mail_does_not(client: Client, folder: Path) -> None:
    code = str(uuid4())
    reminder, other = keep(folder, mail(X_AIQ_Delivery=code), mail())
    assert f"/admin/why/?q={code}" in client.get(f"/inbox/{reminder}/", **HERE).content.decode()
    assert "/admin/why/" not in client.get(f"/inbox/{other}/", **HERE).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "leads"), [(Role.ANALYST, True), (Role.STAFF, False)])
def test_who_may_not_ask_why_is_not_led_there(client: Client, folder: Path, role: str, leads: bool) -> None:
    (reminder,) = keep(folder, mail(X_AIQ_Delivery=str(uuid4())))
    client.force_login(factories.user(role, factories.merchant()))
    assert ("/admin/why/" in client.get(f"/inbox/{reminder}/", **HERE).content.decode()) is leads


@pytest.mark.parametrize("name", ["nothing", "..", "00000000000000000000-1-000000", "%2e%2e%2fsecret"])
def test_no_other_file_can_be_asked_for(client: Client, folder: Path, name: str) -> None:
    (folder.parent / "secret.eml").write_text("x")
    assert client.get(f"/inbox/{name}/", **HERE).status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"To: =?utf-8?q?=FF?=\nContent-Type: text/html; charset=nonsense\n\n\xff",
        b"To: \xff\xfe<\nFrom:\n\n",
    ],
)
def test_a_broken_mail_is_still_shown(client: Client, folder: Path, content: bytes) -> None:
    name = Catcher(folder).keep(0, content).stem
    assert client.get("/inbox/", **HERE).status_code == 200
    assert client.get(f"/inbox/{name}/?part=headers", **HERE).status_code == 200
    assert client.get(f"/inbox/{name}/body", **HERE).status_code == 200


@pytest.mark.parametrize(
    "where",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"SERVER_NAME": "testserver"},
    ],
)
def test_from_elsewhere_a_log_in_is_asked_for(client: Client, folder: Path, where: dict[str, str]) -> None:
    (name,) = keep(folder, mail())
    for path in ("/inbox/", f"/inbox/{name}/", f"/inbox/{name}/body"):
        response = client.get(path, **(HERE | where))
        assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_outside_the_demo_a_log_in_is_asked_for_even_here(client: Client, folder: Path, settings: Any) -> None:
    settings.DEMO = False
    assert client.get("/inbox/", **HERE).status_code == 302


@pytest.mark.django_db
def test_who_is_signed_in_sees_the_mail_of_their_merchants_and_their_own(
    client: Client, folder: Path, settings: Any
) -> None:
    settings.DEMO = False
    ours, theirs = (delivery_code() for _ in range(2))
    user = factories.user(Role.MARKETING, ours[0], email="mia@example.com")
    keep(folder, mail("a@x.test", X_AIQ_Delivery=ours[1]), mail("b@x.test", X_AIQ_Delivery=theirs[1]))
    names = keep(folder, mail("mia@example.com"), mail("boss@example.com"), mail("c@x.test", X_AIQ_Delivery="nonsense"))
    client.force_login(user)
    assert recipients(client) == ["mia@example.com", "a@x.test"]
    assert client.get(f"/inbox/{names[1]}/", **HERE).status_code == 404
    client.force_login(factories.superuser())
    assert len(recipients(client)) == 5


def delivery_code() -> tuple[Any, str]:
    merchant = factories.merchant()
    delivery = factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant))
    return merchant, str(delivery.code)


def test_a_mail_tidied_away_meanwhile_is_no_error(folder: Path) -> None:
    assert mailbox.summary(folder / "00000000000000000001-1-000000.eml") is None


def test_a_notification_is_shown_as_on_a_phone_with_its_picture_and_buttons(client: Client, folder: Path) -> None:
    actions = [{"title": "Return to your cart", "url": "https://cart.example/c/x"}]
    shown = {"title": "Your cart is waiting", "body": "Still there.", "image": "https://cdn.example/tea.png"}
    fields = {"recipient": "ana@example.com", "sender": "Fernwood", "url": "https://cart.example/c/x", "icon": ""}
    name = catching.catch(folder, "push", shown | fields | {"actions": actions, "browsers": 2, "bytes": 430})
    assert recipients(client) == ["ana@example.com"]
    page = client.get(f"/inbox/{name}/", **HERE).content.decode()
    assert "To 2 browsers, 430 of 3,993 bytes." in page
    assert 'src="https://cdn.example/tea.png"' in page
    assert '<a href="https://cart.example/c/x" target="_blank" rel="noopener">Return to your cart</a>' in page


def text(folder: Path, words: str = "Your cart waits", **fields: Any) -> str:
    given = {"sender": "+16125550100", "recipient": "+16125550188", "text": words, "delivery": "", "segments": 1}
    return catch(folder, "sms", given | {"alphabet": "GSM-7"} | fields)


def test_a_text_is_shown_as_on_a_phone_with_its_links(client: Client, folder: Path) -> None:
    name = text(folder, "Fernwood: http://127.0.0.1:8000/i/0123456789 <b>Reply STOP</b>")
    page = client.get(f"/inbox/{name}/", **HERE).content.decode()
    assert '<a href="http://127.0.0.1:8000/i/0123456789"' in page
    assert "&lt;b&gt;Reply STOP" in page
    assert "1 segment, GSM-7" in page
    assert client.get(f"/inbox/{name}/body", **HERE).status_code == 404


@pytest.mark.django_db
def test_a_text_is_answered_as_its_shopper_would(client: Client, folder: Path) -> None:
    merchant = factories.merchant(name="Fernwood")
    shopper = factories.shopper(merchant, subscribed=False, phone="+16125550188")
    factories.consent(shopper, channel="sms")
    campaign = factories.live_campaign(merchant, step={"channel": "sms"})
    delivery = factories.delivery(campaign, factories.abandoned_cart(merchant, shopper), status="sent")
    name = text(folder, delivery=str(delivery.code))
    assert "Answer as the shopper" in client.get(f"/inbox/{name}/", **HERE).content.decode()
    page = client.post(f"/inbox/{name}/answer", {"text": "Stop"}, follow=True, **HERE).content.decode()
    assert "Fernwood: you are unsubscribed" in page
    assert recipients(client) == ["+16125550188"] * 2
    assert shopper.consents.get(closed_at=None, topic="cart").status == "unsubscribed"


@pytest.mark.django_db
def test_nobody_answers_a_text_that_is_not_theirs(client: Client, folder: Path, settings: Any) -> None:
    settings.DEMO = False
    delivery = factories.delivery(
        factories.live_campaign(factories.merchant(), step={"channel": "sms"}),
        factories.abandoned_cart(factories.merchant()),
    )
    name = text(folder, delivery=str(delivery.code))
    client.force_login(factories.user(Role.OWNER, factories.merchant()))
    assert client.post(f"/inbox/{name}/answer", {"text": "STOP"}, **HERE).status_code == 404
    assert len(list(folder.glob("*.json"))) == 1
