"""The campaign list and a campaign's page: right figures, right merchant, and as many queries for many rows as for few."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Merchant, Role
from campaigns.insight import rolling
from campaigns.models import Campaign, CampaignStatus, DailyFigure, Decision
from tests import factories
from tests.campaigns.test_wizard import client_of, url

pytestmark = pytest.mark.django_db
LIST = "/admin/campaigns/"


def figures(campaign: Campaign, days_ago: int = 0, **counts: Any) -> None:
    day = (timezone.now() - timedelta(days=days_ago)).date()
    DailyFigure.objects.create(merchant=campaign.merchant, campaign=campaign, day=day, **counts)


def decided(campaign: Campaign, outcome: str, reason: str = "", **shopper: Any) -> Decision:
    episode = factories.abandoned_cart(campaign.merchant, factories.shopper(campaign.merchant, **shopper))
    kind = "entry" if outcome == "entered" else "step"
    return Decision.objects.create(
        merchant=campaign.merchant,
        episode=episode,
        campaign=campaign,
        kind=kind,
        outcome=outcome,
        reason=reason,
        at=timezone.now(),
    )


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_list_shows_the_last_thirty_days_and_keeps_currencies_apart() -> None:
    merchant = factories.merchant(currency="USD")
    campaign = factories.live_campaign(merchant)
    figures(campaign, 0, entered=1200, sent=40, recovered=3, money={"USD": "80.50", "EUR": "12"})
    figures(campaign, 10, entered=34, money={"USD": "19.50"})
    figures(campaign, 31, entered=5000)
    html = client_of(merchant).get(LIST).content.decode()
    assert "1,234" in html
    assert "$100.00" in html
    assert "€12.00" in html


def test_the_list_shows_only_the_current_merchants_campaigns_and_hides_archived_ones() -> None:
    merchant = factories.merchant()
    factories.campaign(merchant, name="Mine")
    factories.campaign(merchant, name="Long gone", status=CampaignStatus.ARCHIVED)
    factories.campaign(factories.merchant(), name="Theirs")
    html = client_of(merchant).get(LIST).content.decode()
    assert "Mine" in html
    assert "Theirs" not in html
    assert "Long gone" not in html
    assert "Long gone" in client_of(merchant).get(LIST + "?status=archived").content.decode()


def test_filters_narrow_by_status_store_and_tag() -> None:
    merchant = factories.merchant()
    store = factories.store(merchant)
    tagged = factories.campaign(merchant, name="Tagged one", tags=["vip"])
    tagged.stores.add(factories.store(merchant))
    factories.live_campaign(merchant, name="Live one")
    client = client_of(merchant)
    for query, shown, hidden in (
        ("?status=live", "Live one", "Tagged one"),
        ("?tag=vip", "Tagged one", "Live one"),
        (f"?store={store.slug}", "Live one", "Tagged one"),
        ("?channel=sms", "No campaign fits", "Live one"),
    ):
        html = client.get(LIST + query).content.decode()
        assert shown in html
        assert hidden not in html


def test_an_empty_list_offers_the_first_step() -> None:
    merchant = factories.merchant()
    assert reverse("campaigns:add") in client_of(merchant).get(LIST).content.decode()


@pytest.mark.parametrize("query", ["", "?status=draft"])
def test_the_list_takes_as_many_queries_for_thirty_campaigns_as_for_two(query: str) -> None:
    merchant = factories.merchant()
    client = client_of(merchant)
    for _ in range(2):
        figures(factories.campaign(merchant), entered=1)
    few = queries(client, LIST + query)
    for _ in range(28):
        figures(factories.campaign(merchant), entered=1)
    assert queries(client, LIST + query) == few


def fill(campaign: Campaign, count: int) -> None:
    for _ in range(count):
        decision = decided(campaign, "skipped", "consent")
        factories.delivery(campaign, decision.episode, status="skipped", reason="consent")


@pytest.mark.parametrize("name", ["overview", "decisions", "deliveries", "message", "history"])
def test_each_tab_takes_as_many_queries_for_many_rows_as_for_few(name: str) -> None:
    merchant = factories.merchant()
    client = client_of(merchant)
    campaign = factories.live_campaign(merchant)
    address = url(campaign, name) + "?reason=consent"
    fill(campaign, 2)
    few = queries(client, address)
    fill(campaign, 12)
    assert queries(client, address) == few


def test_reasons_stand_as_bars_and_each_opens_its_shoppers() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    decided(campaign, "entered")
    decided(campaign, "skipped", "consent", first_name="Quiet")
    decided(campaign, "sent", first_name="Happy")
    rolling.roll_up(timezone.now())
    client = client_of(merchant, Role.ANALYST)
    html = client.get(url(campaign, "decisions")).content.decode()
    assert "has not agreed to cart reminders" in html
    assert "Quiet" not in html
    html = client.get(url(campaign, "decisions") + "?reason=consent").content.decode()
    assert "Quiet" in html
    assert "Happy" not in html


def test_an_analyst_sees_figures_and_decisions_but_no_actions() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    client = client_of(merchant, Role.ANALYST)
    html = client.get(url(campaign, "overview")).content.decode()
    assert "Pause" not in html
    assert client.get(url(campaign, "message")).status_code == 404
    assert client.get(LIST).status_code == 200


def actions_shown(merchant: Merchant, campaign: Campaign, role: str) -> set[str]:
    html = client_of(merchant, role).get(url(campaign, "overview")).content.decode()
    return {name for name in ("approve", "send_back", "pause", "resume", "archive") if url(campaign, name) in html}


def test_actions_follow_status_and_role() -> None:
    merchant = factories.merchant()
    live = factories.live_campaign(merchant)
    pending = factories.campaign(merchant, status=CampaignStatus.PENDING_APPROVAL)
    assert actions_shown(merchant, live, Role.MARKETING) == {"pause", "archive"}
    assert actions_shown(merchant, pending, Role.MARKETING) == set()
    assert actions_shown(merchant, pending, Role.OPERATOR) == {"approve", "send_back"}


def test_pause_resume_and_archive_from_the_page() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    client = client_of(merchant)
    for name, status in (("pause", "paused"), ("resume", "live"), ("archive", "archived")):
        client.post(url(campaign, name))
        campaign.refresh_from_db()
        assert campaign.status == status


def test_archiving_asks_first_and_names_what_happens() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    factories.delivery(campaign, factories.abandoned_cart(merchant))
    html = client_of(merchant).get(url(campaign, "archive")).content.decode()
    assert "1 reminder still waiting will not be sent" in html
    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.LIVE


def test_sending_back_needs_a_reason_on_the_page_too() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant, status=CampaignStatus.PENDING_APPROVAL)
    client = client_of(merchant, Role.OWNER)
    assert client.post(url(campaign, "send_back"), {"reason": ""}).status_code == 422
    client.post(url(campaign, "send_back"), {"reason": "Shorter, please"})
    assert "Shorter, please" in client.get(url(campaign, "overview")).content.decode()


def test_an_action_that_came_too_late_says_so_and_changes_nothing() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    answer = client_of(merchant).post(url(campaign, "pause"), follow=True)
    assert "cannot be paused" in answer.content.decode()


def test_the_content_tab_shows_the_subject_as_a_shopper_reads_it() -> None:
    merchant = factories.merchant()
    subject = "{% if cart.item_count %}Still here{% else %}Gone{% endif %}"
    draft = factories.campaign(merchant, step={"subject": subject})
    live = factories.live_campaign(merchant, step={"subject": subject})
    for campaign in (draft, live):
        page = client_of(merchant).get(url(campaign, "message")).content.decode()
        assert "<b>Still here</b>" in page
        assert "{%" not in page


def test_deliveries_go_on_from_the_last_row_whatever_they_are_narrowed_to(django_assert_max_num_queries: Any) -> None:
    campaign = factories.live_campaign(factories.merchant())
    mixed = ["sent", "skipped", "pending"] * 35
    for status in mixed:
        reason = "bought" if status == "skipped" else ""
        factories.delivery(campaign, factories.abandoned_cart(campaign.merchant), status=status, reason=reason)
    factories.delivery(factories.live_campaign(factories.merchant()), factories.abandoned_cart(factories.merchant()))
    client = client_of(campaign.merchant, Role.ANALYST)
    codes = [str(one.code) for one in campaign.deliveries.order_by("-pk")]

    def shown(**asked: str) -> list[str]:
        with django_assert_max_num_queries(14):
            html = client.get(url(campaign, "deliveries"), asked).content.decode()
        return [code for code in codes if f"/deliveries/{code}/" in html]

    assert shown() == codes[:50]
    assert shown(before=codes[49]) == codes[50:100]
    assert shown(before=codes[99], step="1") == codes[100:]
    assert shown(step="3") == []
    assert shown(status="skipped") == codes[1::3]
    assert shown(status="pending", before=codes[49]) == [code for code in codes[50:] if code in codes[0::3]]
