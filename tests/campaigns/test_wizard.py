"""The wizard through HTTP: a draft row, one page per step, nothing that does not compile, nobody else's rows."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CartTrigger, Merchant, Plan, Role
from campaigns import lifecycle
from campaigns.models import Campaign, CampaignStatus, MessageTemplate
from campaigns.starters import starters
from tests import factories

pytestmark = pytest.mark.django_db


def client_of(merchant: Merchant, role: str = Role.MARKETING) -> Client:
    client = Client()
    client.force_login(factories.user(role, merchant))
    return client


def url(campaign: Campaign, name: str) -> str:
    return reverse(f"campaigns:{name}", args=[campaign.code])


def recipients(**fields: Any) -> dict[str, Any]:
    return {"name": "Cart", "type": "abandoned_cart", "delay": 2, "unit": "hours", "go": "next"} | fields


def content(**fields: Any) -> dict[str, Any]:
    return {"subject": "Your cart waits", "body": factories.BODY, "feed": "False", "go": "next"} | fields


def test_a_marketer_builds_a_campaign_step_by_step_and_submits_it() -> None:
    merchant = factories.merchant()
    factories.store(merchant)
    client = client_of(merchant)
    client.post(reverse("campaigns:add"), {"go": "next"})
    campaign = Campaign.objects.get()
    answer = client.post(url(campaign, "recipients"), recipients(tags="core, spring"))
    assert answer["Location"] == url(campaign, "content")
    client.post(url(campaign, "pick_template"), {"template": "gentle-reminder"})
    step = campaign.steps.get()
    assert (step.template, step.feed, step.delay_minutes) == ("gentle-reminder", True, 120)
    answer = client.post(url(campaign, "content"), content(body=step.body, feed="True"))
    assert answer["Location"] == url(campaign, "review")
    assert "Submit for approval" in client.get(url(campaign, "review")).content.decode()
    client.post(url(campaign, "review"), {"go": "next"})
    campaign.refresh_from_db()
    assert (campaign.status, campaign.tags) == (CampaignStatus.PENDING_APPROVAL, ["core", "spring"])


def test_an_owner_sets_live_from_review() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    client_of(merchant, Role.OWNER).post(url(campaign, "review"), {"go": "next"})
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.LIVE


def test_marketing_resumes_an_unchanged_campaign_from_review_without_approval() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    lifecycle.pause(campaign, None)
    client_of(merchant).post(url(campaign, "review"), {"go": "next"})
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.LIVE


@pytest.mark.parametrize("role", [Role.OWNER, Role.MARKETING])
def test_review_links_only_to_settings_that_are_the_persons_to_change(role: str) -> None:
    merchant = factories.merchant(postal_address="")
    client = client_of(merchant, role)
    page = client.get(url(factories.campaign(merchant), "review")).content.decode()
    setting = reverse("admin:accounts_merchant_change", args=[merchant.pk])
    assert "has no postal address" in page
    assert (setting in page) is (role == Role.OWNER) is ("Ask an owner or operator" not in page)
    assert client.get(setting).status_code == (200 if role == Role.OWNER else 404)


def test_an_address_or_a_form_with_a_null_character_finds_nothing_and_breaks_nothing() -> None:
    merchant = factories.merchant()
    client, campaign = client_of(merchant), factories.campaign(merchant)
    for name in ("status", "channel", "store", "tag"):
        assert client.get(f"/admin/campaigns/?{name}=a%00").status_code == 200
    assert client.get(url(campaign, "decisions") + "?reason=a%00").status_code == 200
    assert client.get("/admin/campaigns/templates/%00/preview/").status_code == 404
    assert client.post(url(campaign, "pick_template"), {"template": "a\0"}).status_code == 302


def test_a_draft_may_be_saved_half_done_at_any_step() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant, type="", step={"body": "", "subject": ""})
    client = client_of(merchant)
    for step, data in (("recipients", recipients(type="", go="save")), ("content", content(subject="", go="save"))):
        assert client.post(url(campaign, step), data)["Location"] == url(campaign, "overview")
    assert campaign.steps.get().body == factories.BODY


@pytest.mark.parametrize(("go", "to"), [("save", "overview"), ("back", "channels")])
def test_an_emptied_name_or_delay_keeps_nobody_from_leaving_the_step(go: str, to: str) -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant, name="Before", step={"delay_minutes": 45})
    answer = client_of(merchant).post(url(campaign, "recipients"), recipients(name="", delay="", tags="new", go=go))
    assert answer["Location"] == url(campaign, to)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.tags, campaign.steps.get().delay_minutes) == ("Before", ["new"], 45)


def test_a_new_draft_is_dated_where_the_merchant_is(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = factories.merchant(timezone="Pacific/Kiritimati")
    night = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: night)
    client_of(merchant).post(reverse("campaigns:add"), {"go": "next"})
    assert Campaign.objects.get().name == "Cart reminder, 2 March"


def test_the_line_ends_of_browsers_are_no_mistake() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    body = starters()["gentle-reminder"].body
    client_of(merchant).post(url(campaign, "content"), content(body=body.replace("\n", "\r\n")))
    assert campaign.steps.get().body.strip() == body.strip()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"type": ""}, "Choose the campaign type"),
        ({"name": ""}, "Give the campaign a name"),
        ({"delay": "soon"}, "Enter a whole number"),
        ({"delay": 31, "unit": "days"}, "At most 30 days"),
        ({"delay": 999_999, "unit": "minutes"}, "At most 30 days"),
        ({"delay": -1}, "No less than 0"),
        ({"audience": UUID(int=1)}, "Select a valid choice"),
        ({"tags": "x" * 41}, "At most 20 tags"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(fields: dict[str, Any], text: str) -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant, name="Before")
    answer = client_of(merchant).post(url(campaign, "recipients"), recipients(**fields))
    assert answer.status_code == 422
    assert text in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.name == "Before"


@pytest.mark.parametrize("go", ["next", "save"])
def test_a_template_that_does_not_compile_is_refused_with_line_and_reason(go: str) -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    body = factories.BODY.replace("{{ unsubscribe_url }}", "{{ unsubscribe_link }}")
    answer = client_of(merchant).post(url(campaign, "content"), content(body=body, go=go))
    assert answer.status_code == 422
    assert "Line 4: There is no “unsubscribe_link”" in answer.content.decode()
    assert campaign.steps.get().body == factories.BODY


def test_without_the_unsubscribe_macro_nothing_is_saved() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    body = factories.BODY.replace("{{ unsubscribe_url }}", "https://shop.example")
    answer = client_of(merchant).post(url(campaign, "content"), content(body=body))
    assert answer.status_code == 422
    assert "unsubscribe_url" in answer.content.decode()


@pytest.mark.parametrize(
    ("plan", "trigger", "greyed", "reason"),
    [
        (Plan.PRO, CartTrigger.DYNAMIC, 0, ""),
        (Plan.PRO, CartTrigger.SIMPLE, 2, "No connected store sends the products"),
        (Plan.STARTER, CartTrigger.DYNAMIC, 6, "comes with Marketing Pro"),
    ],
)
def test_each_product_feed_is_offered_or_greyed_with_the_reason(
    plan: str, trigger: str, greyed: int, reason: str
) -> None:
    merchant = factories.merchant(plan=plan)
    factories.store(merchant, cart_trigger=trigger)
    campaign = factories.campaign(merchant)
    html = client_of(merchant).get(url(campaign, "content")).content.decode()
    assert "User Abandoned Items" in html
    assert html.count("is-off") == greyed
    assert reason in html


def test_a_feed_that_the_plan_lacks_cannot_be_posted_past_the_page() -> None:
    merchant = factories.merchant(plan=Plan.STARTER)
    campaign = factories.campaign(merchant)
    answer = client_of(merchant).post(url(campaign, "content"), content(feed="True"))
    assert answer.status_code == 422
    assert campaign.steps.get().feed is False


def test_the_preview_is_drawn_from_a_real_cart_and_saves_nothing() -> None:
    merchant = factories.merchant()
    store = factories.store(merchant)
    line = factories.line(name="Sencha & <b>more</b>")
    cart = factories.abandoned_cart(merchant, factories.shopper(merchant, first_name="Blake"), store, lines=[line]).cart
    campaign = factories.campaign(merchant)
    body = factories.BODY.replace("something behind", "{{ items.first.name }}, {{ shopper.first_name }}")
    data = content(body=body, feed="True", cart=str(cart.code))
    html = client_of(merchant).post(url(campaign, "live_preview"), data).content.decode()
    assert "Blake" in html
    assert "default-src &#x27;none&#x27;" in html
    assert "&amp;lt;b&amp;gt;more" in html  # escaped in the message, and once more in the frame's attribute
    assert "&lt;b&gt;more" not in html
    assert campaign.steps.get().body == factories.BODY


def test_the_preview_says_what_does_not_compile_and_what_a_shopper_lacks() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    client = client_of(merchant)
    html = client.post(url(campaign, "live_preview"), content(body="<mjml>")).content.decode()
    assert "does not compile" in html
    endless = factories.BODY.replace(
        "something", "{% for a in (1..50) %}{% for b in (1..50) %}x{% endfor %}{% endfor %}"
    )
    html = client.post(url(campaign, "live_preview"), content(body=endless)).content.decode()
    assert "<b>The message cannot be made.</b>" in html
    assert "Line 1" not in html.split("</ul>")[0]
    cart = factories.abandoned_cart(merchant, factories.shopper(merchant, first_name="")).cart
    body = factories.BODY.replace("something", "{{ shopper.first_name }}")
    html = client.post(url(campaign, "live_preview"), content(body=body, cart=str(cart.code))).content.decode()
    assert "would not get the message" in html


def test_another_merchants_cart_is_not_shown_in_a_preview() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    other = factories.merchant()
    cart = factories.abandoned_cart(other, factories.shopper(other, first_name="Secret")).cart
    body = factories.BODY.replace("something", "{{ shopper.first_name }}")
    html = client_of(merchant).post(url(campaign, "live_preview"), content(body=body, cart=str(cart.code)))
    assert "Secret" not in html.content.decode()


def test_frames_carry_a_policy_and_a_sandbox() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    client = client_of(merchant)
    for address in (
        url(campaign, "draft_preview"),
        reverse("campaigns:template_preview", args=["gentle-reminder"]),
        reverse("campaigns:version_preview", args=[campaign.code, 1]),
    ):
        policy = client.get(address)["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'")
        assert "sandbox" in policy


def test_a_message_is_kept_as_a_template_and_found_in_the_next_campaign() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    client = client_of(merchant)
    data = content(keep_as="House style")
    assert "Saved." in client.post(url(campaign, "save_template"), data).content.decode()
    assert "exists already" in client.post(url(campaign, "save_template"), data).content.decode()
    assert MessageTemplate.objects.get().merchant == merchant
    other = factories.campaign(merchant, step={"body": ""})
    assert "House style" in client.get(url(other, "content")).content.decode()


def test_the_sentence_is_rewritten_from_what_is_chosen_and_nothing_is_saved() -> None:
    merchant = factories.merchant()
    store = factories.store(merchant, "North Loop")
    factories.abandoned_cart(merchant, None, store)
    campaign = factories.campaign(merchant, name="Before")
    data = recipients(stores=[store.code], delay=90, unit="minutes", name="After")
    html = client_of(merchant).post(url(campaign, "sentence"), data).content.decode()
    assert "all subscribed users of North Loop, 90 minutes after they leave a cart" in html
    assert "this would have met 1 cart;" in html
    campaign.refresh_from_db()
    assert campaign.name == "Before"


def test_audience_and_stores_are_chosen_by_code_and_come_back_chosen() -> None:
    merchant = factories.merchant()
    audience, store, left = factories.audience(merchant), factories.store(merchant), factories.store(merchant)
    campaign, client = factories.campaign(merchant), client_of(merchant)
    client.post(url(campaign, "recipients"), recipients(audience=audience.code, stores=[store.code]))
    campaign.refresh_from_db()
    assert (campaign.audience, [*campaign.stores.all()]) == (audience, [store])
    html = client.get(url(campaign, "recipients")).content.decode()
    assert f'<option value="{audience.code}" selected>' in html
    ticks = dict(re.findall(r'name="stores" value="([^"]*)"[^>]*?( checked)?>', html))
    assert ticks == {str(store.code): " checked", str(left.code): ""}


def test_a_live_campaign_is_not_edited_through_the_wizard() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    client = client_of(merchant, Role.OWNER)
    client.post(url(campaign, "recipients"), recipients(name="Changed"))
    client.post(url(campaign, "content"), content(subject="Changed"))
    client.post(url(campaign, "pick_template"), {"template": "plain-letter"})
    campaign.refresh_from_db()
    assert campaign.name != "Changed"
    assert campaign.steps.get().subject == "You left something"


WIZARD = ["channels", "recipients", "content", "review", "draft_preview", "overview", "message", "history", "archive"]
POSTS = ["pick_template", "save_template", "live_preview", "send_test", "sentence", "pause", "resume", "approve"]


@pytest.mark.parametrize("name", WIZARD + POSTS)
def test_another_merchants_campaign_is_not_there(name: str) -> None:
    campaign = factories.campaign(factories.merchant())
    client = client_of(factories.merchant(), Role.OWNER)
    assert client.post(url(campaign, name), {"go": "next"}).status_code == 404
    if name in WIZARD:
        assert client.get(url(campaign, name)).status_code == 404


@pytest.mark.parametrize("role", [Role.ANALYST, Role.MANAGER, Role.STAFF])
@pytest.mark.parametrize("name", ["channels", "recipients", "content", "review", "archive", "pause"])
def test_roles_that_may_not_build_find_no_wizard(role: str, name: str) -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    assert client_of(merchant, role).post(url(campaign, name), {"go": "next"}).status_code == 404


def test_another_merchants_audience_and_store_cannot_be_chosen() -> None:
    merchant, other = factories.merchant(), factories.merchant()
    campaign = factories.campaign(merchant)
    audience, store = factories.audience(other), factories.store(other)
    for fields in ({"audience": audience.code}, {"stores": [store.code]}, {"stores": ["1"]}, {"audience": "1"}):
        answer = client_of(merchant).post(url(campaign, "recipients"), recipients(**fields))
        assert answer.status_code == 422
        assert audience.name not in answer.content.decode()
        assert store.name not in answer.content.decode()


def test_who_is_not_signed_in_is_sent_to_the_door() -> None:
    campaign = factories.campaign(factories.merchant())
    answer = Client().get(url(campaign, "review"))
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_the_check_list_is_drawn_with_the_preview_and_says_where_to_mend() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    page = client_of(merchant).post(url(campaign, "live_preview"), content(preheader="")).content.decode()
    assert "1 to look at" in page
    assert "The preview text is missing." in page
    assert 'data-field="preheader"' in page
    fine = client_of(merchant).post(url(campaign, "live_preview"), content(preheader="It waits")).content.decode()
    assert "All 10 checks pass" in fine
