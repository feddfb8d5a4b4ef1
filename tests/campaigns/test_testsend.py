"""A test of a message: to several people, each told what became of it, as a delivery would be made, and counted nowhere."""

from email import message_from_bytes, policy
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Merchant, Role
from campaigns.models import Campaign, Consent, Delivery, TrackingEvent
from tests import factories
from tests.campaigns.test_email_channel import Server, server  # noqa: F401  # a mail server that refuses by name

pytestmark = pytest.mark.django_db
BODY = factories.BODY.replace("You left something", "{{ shopper.first_name }}, you left something")


@pytest.fixture
def merchant() -> Merchant:
    return factories.merchant(sender_name="Fernwood", sender_email="hello@fernwood.example")


def send(campaign: Campaign, address: str, client: Client | None = None, **fields: Any) -> str:
    if client is None:
        client = Client()
        client.force_login(factories.user(Role.MARKETING, campaign.merchant))
    data = {"subject": "Your cart waits", "body": BODY, "feed": "False", "address": address} | fields
    return client.post(reverse("campaigns:send_test", args=[campaign.code]), data).content.decode()


def test_each_address_is_told_what_became_of_it(merchant: Merchant, server: Server) -> None:  # noqa: F811
    episode = factories.abandoned_cart(merchant, factories.shopper(merchant, first_name="Blake"))
    campaign = factories.campaign(merchant)
    answer = send(
        campaign, "Ana@example.com, no-such@example.com\nnonsense; ben@example.com", cart=str(episode.cart.code)
    )
    assert "Sent to ana@example.com." in answer
    assert "Sent to ben@example.com." in answer
    assert "no-such@example.com: Not taken: 550" in answer
    assert "nonsense: This is no email address." in answer
    assert [name for name, _ in server.taken] == ["ana", "ben"]
    mail = message_from_bytes(server.taken[0][1], policy=policy.default)
    assert mail["Subject"] == "[Test] Your cart waits"
    assert mail["From"] == "Fernwood <hello@fernwood.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",)).get_content()
    assert "Blake, you left something" in html
    assert f'href="{episode.cart.url}"' in html
    assert (Delivery.objects.count(), TrackingEvent.objects.count()) == (0, 0)
    assert campaign.log.get().note == "2 of 4 sent"


def test_the_way_out_of_a_test_opts_nobody_out_and_says_so(merchant: Merchant, mailoutbox: list[Any]) -> None:
    factories.shopper(merchant, email="ana@example.com")
    send(factories.campaign(merchant), "ana@example.com")
    link = mailoutbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    assert link in mailoutbox[0].body
    for answer in (Client().get(link), Client().post(link, {"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 200
        assert "nobody was unsubscribed" in answer.content.decode()
    assert Consent.objects.get().status == "subscribed"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("", "Give the address"),
        (" ,; ", "Give the address"),
        (",".join(f"{number}@example.com" for number in range(11)), "At most 10 addresses at a time"),
    ],
)
def test_what_cannot_be_sent_to_is_said_and_nothing_is_sent(
    merchant: Merchant, mailoutbox: list[Any], address: str, text: str
) -> None:
    assert text in send(factories.campaign(merchant), address)
    assert mailoutbox == []


def test_an_address_given_twice_gets_one_mail(merchant: Merchant, mailoutbox: list[Any]) -> None:
    send(factories.campaign(merchant), "ana@example.com ana@example.com")
    assert len(mailoutbox) == 1


def test_a_message_that_cannot_be_made_is_not_sent(merchant: Merchant, mailoutbox: list[Any]) -> None:
    episode = factories.abandoned_cart(merchant, factories.shopper(merchant, first_name=""))
    answer = send(factories.campaign(merchant), "ana@example.com", cart=str(episode.cart.code))
    assert "cannot be made" in answer
    assert mailoutbox == []


def test_whoever_sends_tests_without_end_is_asked_to_wait(merchant: Merchant, mailoutbox: list[Any]) -> None:
    campaign, client = factories.campaign(merchant), Client()
    client.force_login(factories.user(Role.MARKETING, merchant))
    answers = [send(campaign, "ana@example.com", client) for _ in range(21)]
    assert ["Wait some minutes" in answer for answer in answers] == [False] * 20 + [True]
    assert len(mailoutbox) == 20
    assert "Sent to" in send(campaign, "ben@example.com")
