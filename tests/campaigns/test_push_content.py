"""Writing a notification in the wizard: its counters, what phones cut, what it shows, and what must not go out."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns.channels.push_payload import Notification
from campaigns.drafting import review
from campaigns.models import MessageTemplate
from campaigns.notifications.checks import PushFacts, push_checks
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = {
    "subject": "Your cart waits", "body": "At {{ store.name }}.", "picture": "{{ items.first.image }}",
    "button": "Back to it", "link": "", "stop": "",
}  # fmt: skip


@pytest.fixture
def campaign():
    merchant = factories.merchant(name="Fernwood")
    return factories.campaign(merchant, step={"channel": "push", "subject": "", "body": ""})


@pytest.fixture
def client(campaign):
    made = Client()
    made.force_login(factories.user(Role.OWNER, campaign.merchant))
    return made


def address(campaign, end: str = "") -> str:
    return f"/admin/campaigns/{campaign.code}/content/{campaign.steps.get().code}/{end}"


def levels(title: str = "t", body: str = "b", button: str = "", **facts: Any) -> dict[str, str]:
    shown = Notification(title, body, facts.pop("url", "https://a.example/"), "tag")
    found = push_checks(PushFacts(shown, facts.pop("names", ()), **facts), button)
    return {check.field: check.level for check in found if check.level != "ok"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"title": "t" * 50, "body": "b" * 120, "button": "x" * 20}, {}),
        ({"title": "t" * 51}, {"subject": "warning"}),
        ({"body": "b" * 121}, {"body": "warning"}),
        ({"button": "x" * 21}, {"button": "warning"}),
        ({"names": ("items.first.name",)}, {}),
        ({"names": ("items.first.name",), "regulated": True}, {"picture": "error"}),
        ({"url": ""}, {"link": "warning"}),
        ({"url": "https://a.example/" + "u" * 5000}, {"link": "error"}),
    ],
)
def test_what_is_said_about_a_notification(facts: dict, expected: dict[str, str]) -> None:
    assert levels(**facts) == expected


def test_a_new_notification_begins_with_a_starter_that_passes(client, campaign) -> None:
    form = client.get(address(campaign)).context["form"]
    begun = {name: form[name].value() or "" for name in GOOD}
    assert begun["picture"] == "{{ items.first.image }}"
    assert client.post(address(campaign), begun | {"go": "next"}).status_code == 302
    step = campaign.steps.get()
    assert (step.subject, step.extras["button"], step.feed) == ("Your cart is waiting", "Return to your cart", True)
    assert not [check for check in review.checks(campaign, timezone.now()) if check.stops]


def test_the_preview_shows_it_on_a_phone_and_a_computer_with_its_counters(client, campaign) -> None:
    picture = "https://cdn.example/tea.png"
    cart = factories.abandoned_cart(campaign.merchant, lines=[factories.line(image=picture)]).cart
    page = client.post(address(campaign, "preview/"), GOOD | {"cart": str(cart.code)}).content.decode()
    assert page.count("Your cart waits") == 2
    assert f'src="{picture}"' in page
    assert "Stop reminders" in page
    assert ">15 of 50<" in page
    long = client.post(address(campaign, "preview/"), GOOD | {"subject": "t" * 51}).content.decode()
    assert "The title will be cut." in long


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"body": ""},
        {"body": "{{ nobody.name }}"},
        {"button": "{{ nobody.name }}"},
        {"picture": "own", "picture_address": "javascript:alert(1)"},
        {"picture": "{{ nobody.name }}"},
        {"link": "https://evil.example"},
    ],
)
def test_what_must_not_go_out_is_not_saved(client, campaign, wrong: dict[str, str]) -> None:
    assert client.post(address(campaign), GOOD | wrong | {"go": "next"}).status_code == 422
    assert (campaign.steps.get().body, campaign.steps.get().extras) == ("", {})


def test_a_merchant_of_regulated_goods_shows_no_product_on_a_locked_screen(client, campaign) -> None:
    campaign.merchant.regulated_goods = True
    campaign.merchant.save()
    assert client.get(address(campaign)).context["form"]["picture"].value() == ""
    assert client.post(address(campaign), GOOD | {"go": "next"}).status_code == 422


def test_a_picture_of_ones_own_comes_back_to_the_form(client, campaign) -> None:
    own = {"picture": "own", "picture_address": "https://cdn.example/own.png"}
    client.post(address(campaign), GOOD | own | {"go": "save"})
    assert campaign.steps.get().extras["picture"] == own["picture_address"]
    form = client.get(address(campaign)).context["form"]
    assert (form["picture"].value(), form["picture_address"].value()) == ("own", own["picture_address"])


def test_a_notification_is_kept_as_a_template_with_picture_and_button(client, campaign) -> None:
    client.post(address(campaign, "save-template/"), GOOD | {"keep_as": "Ours"})
    kept = MessageTemplate.objects.get(name="Ours")
    assert (kept.channel, kept.extras["button"]) == ("push", "Back to it")
    client.post(address(campaign, "template/"), {"template": "push-last-call"})
    assert campaign.steps.get().extras["button"] == "Finish your order"
    client.post(address(campaign, "template/"), {"template": str(kept.code)})
    assert campaign.steps.get().extras["button"] == "Back to it"


def test_a_test_is_caught_and_where_notifications_really_leave_there_is_none(
    client, campaign, settings, tmp_path
) -> None:
    settings.CATCHER_DIR = tmp_path / "inbox"
    client.post(address(campaign, "test/"), GOOD | {"address": "ana@example.com"})
    (caught,) = [json.loads(path.read_text()) for path in settings.CATCHER_DIR.glob("*.json")]
    assert (caught["recipient"], caught["title"]) == ("ana@example.com", "[Test] Your cart waits")
    settings.PUSH_CONTACT = "mailto:ops@shop.example"
    assert (
        "asked for them at the store"
        in client.post(address(campaign, "test/"), GOOD | {"address": "ana@example.com"}).content.decode()
    )
    assert len(list(settings.CATCHER_DIR.glob("*.json"))) == 1
