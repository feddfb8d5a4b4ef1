"""Composing a message of blocks through the pages of the wizard: drafts, refusals beside the blocks, going live, the source."""

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from campaigns.composer.reading import read_blocks
from campaigns.models import Campaign, CampaignStatus, Discount, MessageTemplate
from tests import factories
from tests.campaigns.test_wizard import client_of, url

pytestmark = pytest.mark.django_db

HEADING = {"id": "one", "type": "heading", "text": "Hello {{ shopper.first_name | default: 'you' }}"}
FOOTER = {"id": "end", "type": "footer"}
UNFINISHED = {"id": "two", "type": "picture"}


def blocks(*given: dict[str, Any]) -> str:
    return json.dumps({"blocks": [*given, FOOTER]})


def posted(*given: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"subject": "Your cart waits", "blocks": blocks(*given), "go": "next"} | fields


def composed(merchant: Any) -> Campaign:
    campaign = factories.campaign(merchant)
    client_of(merchant).post(url(campaign, "pick_template"), {"template": "blocks"})
    return campaign


def test_a_message_of_blocks_is_saved_compiled_and_set_live() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    client = client_of(merchant, Role.OWNER)
    assert "data-composer" in client.get(url(campaign, "content")).content.decode()
    answer = client.post(url(campaign, "content"), posted(HEADING, {"type": "feed"}))
    assert answer["Location"] == url(campaign, "review")
    step = campaign.steps.get()
    assert [block["id"] for block in step.blocks["blocks"]] == ["one", "b2", "end"]
    assert step.feed is True
    client.post(url(campaign, "review"), {"go": "next"})
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.LIVE
    assert "Hello {{ shopper.first_name" in campaign.version.contents.get().html


def test_a_draft_keeps_what_is_not_finished_and_review_names_it() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    client = client_of(merchant, Role.OWNER)
    answer = client.post(url(campaign, "content"), posted(HEADING, UNFINISHED, subject="", go="save"), follow=True)
    assert "Saved, but not finished yet. Picture, address of the picture: Give the address" in answer.content.decode()
    assert [block["id"] for block in campaign.steps.get().blocks["blocks"]] == ["one", "two", "end"]
    client.post(url(campaign, "content"), posted(HEADING, UNFINISHED, go="save"))
    client.post(url(campaign, "review"), {"go": "next"})
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.DRAFT
    assert "The message is not finished. Picture" in client.get(url(campaign, "review")).content.decode()


@pytest.mark.parametrize(
    "given",
    [
        posted(HEADING, UNFINISHED),
        posted(HEADING, blocks=json.dumps({"blocks": [HEADING]})),
        posted(HEADING, blocks="{"),
        posted(HEADING, blocks=""),
        posted(HEADING, blocks='{"blocks": [{"type": "script"}]}'),
        posted(*[{"type": "divider"}] * 200),
        posted(HEADING, blocks='{"blocks": [{"type": "script"}]}', go="save"),
    ],
)
def test_what_is_not_finished_or_no_blocks_goes_no_further_and_changes_nothing(given: dict[str, Any]) -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    before = campaign.steps.get().blocks
    answer = client_of(merchant).post(url(campaign, "content"), given)
    assert answer.status_code == 422
    assert "data-composer" in answer.content.decode()
    assert campaign.steps.get().blocks == before


def test_scripts_and_foreign_markup_are_gone_once_it_is_saved() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    evil = {"type": "text", "html": "<p>a<script>alert(1)</script><img src=x onerror=alert(2)><b style='x'>b</b></p>"}
    client_of(merchant).post(url(campaign, "content"), posted(evil))
    step = campaign.steps.get()
    assert step.blocks["blocks"][0]["html"] == "<p>a<strong>b</strong></p>"
    assert "alert" not in step.body


def test_the_preview_leaves_out_what_is_not_finished_and_says_where() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    data = posted(HEADING, UNFINISHED, {"id": "three", "type": "button", "href": "javascript:alert(1)"})
    html = client_of(merchant).post(url(campaign, "live_preview"), data).content.decode()
    assert "Hello Anna" in html
    assert 'data-block="two" data-at="src"' in html
    assert 'data-block="three" data-at="href"' in html
    for wrong in ("{", "", "[]"):
        assert client_of(merchant).post(url(campaign, "live_preview"), posted(blocks=wrong)).status_code == 200


def test_the_source_can_be_edited_instead_and_the_blocks_stay_until_it_is_saved() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    client = client_of(merchant)
    answer = client.post(url(campaign, "content"), posted(HEADING, go="source"))
    page = client.get(answer["Location"]).content.decode()
    assert "Message source" in page
    step = campaign.steps.get()
    assert step.blocks is not None
    client.post(url(campaign, "content"), {"subject": "By hand", "body": step.body, "feed": "False", "go": "save"})
    step.refresh_from_db()
    assert (step.blocks, step.subject) == (None, "By hand")


def test_blocks_are_kept_as_a_template_and_begin_the_next_message() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    client = client_of(merchant)
    assert "Saved." in client.post(url(campaign, "save_template"), posted(HEADING, keep_as="House")).content.decode()
    template = MessageTemplate.objects.get()
    other = factories.campaign(merchant)
    client.post(url(other, "pick_template"), {"template": str(template.code)})
    assert other.steps.get().blocks == read_blocks(json.loads(blocks(HEADING))).document.as_json()


def test_only_the_merchants_own_offered_discounts_can_be_chosen() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    own, foreign, ended = (
        Discount.objects.create(merchant=owner, name=f"Tea {len(fields)}", value=15, code_shared="TEA", **fields)
        for owner, fields in ((merchant, {}), (factories.merchant(), {}), (merchant, {"archived_at": timezone.now()}))
    )
    client = client_of(merchant)
    for refused in (foreign, ended):
        assert client.post(url(campaign, "content"), posted(HEADING, discount=refused.code)).status_code == 422
    client.post(url(campaign, "content"), posted(HEADING, discount=own.code, no_code="hold", sold_out="drop"))
    step = campaign.steps.get()
    assert (step.discount, step.no_code, step.sold_out, step.price_rose) == (own, "hold", "drop", "show")


def test_a_live_message_is_shown_and_not_changed() -> None:
    merchant = factories.merchant()
    campaign = composed(merchant)
    client = client_of(merchant, Role.OWNER)
    client.post(url(campaign, "content"), posted(HEADING))
    client.post(url(campaign, "review"), {"go": "next"})
    page = client.get(url(campaign, "content")).content.decode()
    assert '"locked": true' in page
    client.post(url(campaign, "content"), posted({"type": "divider"}))
    assert len(campaign.steps.get().blocks["blocks"]) == 2
    assert client.get(reverse("campaigns:draft_preview", args=[campaign.code])).status_code == 200


def template_of(merchant: Any, **fields: Any) -> MessageTemplate:
    document = read_blocks(json.loads(blocks(HEADING))).document.as_json()
    given = {"name": "House", "subject": "Your cart", "body": factories.BODY, "blocks": document} | fields
    return MessageTemplate.objects.create(merchant=merchant, **given)


def test_a_template_of_blocks_is_composed_and_what_it_said_is_kept() -> None:
    merchant = factories.merchant()
    client, template = client_of(merchant), template_of(merchant)
    address = reverse("campaigns:compose_template", args=[template.code])
    assert "data-composer" in client.get(address).content.decode()
    assert client.post(address, posted(HEADING, UNFINISHED)).status_code == 422
    assert client.post(address, posted({"id": "new", "type": "divider"}, subject="Anew")).status_code == 302
    template.refresh_from_db()
    assert [block["id"] for block in template.blocks["blocks"]] == ["new", "end"]
    assert (template.subject, template.number, template.versions.get().subject) == ("Anew", 2, "Your cart")
    assert "mj-divider" in template.body
    shown = client.post(reverse("campaigns:draw_template", args=[template.code]), posted(HEADING)).content.decode()
    assert "Hello Anna" in shown


def test_a_template_written_by_hand_is_edited_as_its_source() -> None:
    merchant = factories.merchant()
    template = template_of(merchant, blocks=None)
    answer = client_of(merchant).get(reverse("campaigns:compose_template", args=[template.code]))
    assert answer["Location"] == reverse("admin:campaigns_messagetemplate_change", args=[template.code])


@pytest.mark.parametrize("name", ["compose_template", "draw_template"])
def test_another_merchants_template_cannot_be_composed(name: str) -> None:
    template = template_of(factories.merchant())
    client = client_of(factories.merchant(), Role.OWNER)
    assert client.post(reverse(f"campaigns:{name}", args=[template.code]), posted(HEADING)).status_code == 404
