"""Writing a text in the wizard: its segments and price while typing, and what it must say."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns.drafting import review
from campaigns.models import ChannelSettings, MessageTemplate
from campaigns.texts.checks import TextFacts, meter, text_checks
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = "{{ store.name }}: your cart waits. {{ cart.url }} Reply STOP to opt out"


@pytest.fixture
def campaign():
    merchant = factories.merchant(name="Fernwood")
    return factories.campaign(merchant, step={"channel": "sms", "subject": "", "body": ""})


@pytest.fixture
def client(campaign):
    made = Client()
    made.force_login(factories.user(Role.OWNER, campaign.merchant))
    return made


def address(campaign, end: str = "") -> str:
    return f"/admin/campaigns/{campaign.code}/content/{campaign.steps.get().code}/{end}"


def red(text: str, **facts: Any) -> set[str]:
    found = text_checks(TextFacts(text, facts.pop("names", ("cart.url",)), ("Fernwood",), **facts))
    return {check.code for check in found if check.level == "error"}


@pytest.mark.parametrize(
    ("text", "facts", "codes"),
    [
        ("Fernwood: hi. Reply STOP to opt out", {}, set()),
        ("Fernwood: hi", {}, {"opt_out"}),
        ("Fernwood: hi https://x/i/1", {"by_name": True, "names": ("unsubscribe_url",)}, set()),
        ("Fernwood: hi. Reply STOP", {"by_name": True}, {"opt_out"}),
        ("Fernwood: tea. Reply STOP", {"names": ("items.name",), "regulated": True}, {"products"}),
        ("Fernwood: tea. Reply STOP", {"names": ("items.name",)}, set()),
        ("Reply STOP " + "a" * 908, {}, {"segments"}),
        ("Reply STOP " + "a" * 907, {}, set()),
    ],
)
def test_what_stops_a_text(text: str, facts: dict, codes: set[str]) -> None:
    assert red(text, **facts) == codes


def test_the_meter_says_what_a_text_costs() -> None:
    shown = meter("a" * 161, Decimal("0.0079"), "USD")
    assert (shown.measure.segments, shown.cost, shown.level) == (2, "$15.80 per 1,000 sent", "ok")
    assert meter("a" * 310, None, "USD").level == "warning"


def test_a_new_text_begins_with_a_starter_that_passes(client, campaign) -> None:
    page = client.get(address(campaign))
    body = page.context["form"]["body"].value()
    answer = client.post(address(campaign), {"body": body, "go": "next"})
    assert answer.status_code == 302
    assert campaign.steps.get().body == body


def test_the_preview_shows_bubble_segments_and_price(client, campaign) -> None:
    ChannelSettings.objects.create(
        merchant=campaign.merchant, channel="sms", sender="+16125550100", price=Decimal("0.01")
    )
    page = client.post(address(campaign, "preview/"), {"body": GOOD}).content.decode()
    assert "/i/" in page
    assert "1 segment<" in page
    assert "$10.00 per 1,000 sent" in page
    curly = client.post(address(campaign, "preview/"), {"body": GOOD + " “now”"}).content.decode()
    assert "“, ” are not in the SMS alphabet: 70 characters per segment instead of 160." in curly


@pytest.mark.parametrize("body", ["", "{{ nobody.name }}", "Fernwood: hi {{ cart.url }}", "{{ cart.url"])
def test_what_must_not_go_out_is_not_saved_but_a_draft_may_be_anything_that_compiles(client, campaign, body) -> None:
    assert client.post(address(campaign), {"body": body, "go": "next"}).status_code == 422
    assert campaign.steps.get().body == ""


def test_a_starter_takes_the_place_of_the_text(client, campaign) -> None:
    client.post(address(campaign, "template/"), {"template": "sms-last-call"})
    assert "last reminder" in campaign.steps.get().body
    assert client.post(address(campaign, "template/"), {"template": "gentle-reminder"}, follow=True).status_code == 200
    assert "last reminder" in campaign.steps.get().body


def test_a_text_is_kept_as_a_template_of_its_channel(client, campaign) -> None:
    client.post(address(campaign, "save-template/"), {"body": GOOD, "keep_as": "Ours"})
    assert MessageTemplate.objects.get(name="Ours").channel == "sms"
    assert "Ours" in client.get(address(campaign)).content.decode()


def test_a_test_goes_to_a_phone_number(client, campaign, settings, tmp_path) -> None:
    settings.CATCHER_DIR = tmp_path / "inbox"
    answer = client.post(
        address(campaign, "test/"), {"body": GOOD, "address": "+1 612 555 0188, nonsense"}
    ).content.decode()
    (caught,) = [json.loads(path.read_text()) for path in settings.CATCHER_DIR.glob("*.json")]
    assert caught["recipient"] == "+16125550188"
    assert "no phone number" in answer


def test_review_stops_a_text_that_names_no_way_out(campaign) -> None:
    campaign.steps.update(body="{{ store.name }}: {{ cart.url }}")
    found = {check.code: check.level for check in review.checks(campaign, timezone.now())}
    assert found["opt_out"] == "stop"
    campaign.steps.update(body=GOOD)
    assert not [check for check in review.checks(campaign, timezone.now()) if check.stops]
