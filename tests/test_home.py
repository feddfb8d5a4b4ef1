import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from campaigns.insight import figures
from campaigns.models import CampaignStatus
from tests import factories

pytestmark = pytest.mark.django_db


def signed_in(merchant, role: str = Role.OWNER) -> Client:
    client = Client()
    client.force_login(factories.user(role, merchant))
    return client


def page(client: Client, path: str = "/admin/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def busy(merchant, carts: int = 1):
    """A merchant whose shoppers left carts, got reminders and bought; the last shopper."""
    store = factories.store(merchant, name="North Loop")
    factories.connection(merchant, [store])
    campaign = factories.live_campaign(merchant)
    now = timezone.now()
    for _ in range(carts):
        shopper = factories.shopper(merchant, first_name="Avery")
        episode = factories.episode(factories.cart(merchant, shopper, store), now - timedelta(minutes=9))
        factories.delivery(campaign, episode, status="sent", sent_at=now - timedelta(minutes=8))
        order = factories.order(merchant, shopper, total=Decimal("88.65"), placed_at=now - timedelta(minutes=5))
        episode.recovered_at, episode.order = order.placed_at, order
        episode.save()
    figures.roll_up(now)
    return shopper


def test_home_tells_what_is_going_on():
    merchant = factories.merchant()
    busy(merchant)
    text = page(signed_in(merchant))
    for words in ("Carts abandoned", "$88.65", "Avery</a> left 1 item in a cart at North Loop", "Carts are coming in"):
        assert words in text
    assert "Nothing is stuck" in text
    assert "First steps" not in text


def test_parts_fetch_themselves_again():
    merchant = factories.merchant()
    busy(merchant)
    client = signed_in(merchant)
    assert "came back and bought" in page(client, "/admin/home/live/")
    assert "$88.65" in page(client, "/admin/home/pulse/?days=30")


def test_another_merchants_business_is_not_shown():
    theirs, ours = factories.merchant(), factories.merchant()
    busy(theirs)
    client = signed_in(ours)
    for path in ("/admin/", "/admin/home/live/", "/admin/home/pulse/"):
        assert "Avery" not in page(client, path)
        assert "88.65" not in page(client, path)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF])
def test_who_may_not_see_reports_sees_no_figures(role):
    merchant = factories.merchant()
    busy(merchant)
    client = signed_in(merchant, role)
    assert "Look up a shopper" in page(client)
    assert "88.65" not in page(client)
    assert client.get("/admin/home/live/").status_code == 404
    assert client.get("/admin/home/pulse/").status_code == 404


def test_a_new_merchant_is_shown_the_first_steps():
    text = page(signed_in(factories.merchant()))
    assert "Connect your store" in text
    assert "Nothing has happened yet" in text


@pytest.mark.parametrize("role", [Role.OWNER, Role.MARKETING, Role.ANALYST])
def test_the_first_steps_lead_nobody_to_a_page_that_is_not_theirs(role):
    client = signed_in(factories.merchant(), role)
    text = page(client)
    for link in re.findall(r'id="step-\d+" href="([^"]+)"', text):
        page(client, link)
    assert ("Ask an owner or operator" in text) is (role != Role.OWNER)


def test_somebody_without_a_merchant_is_told_so():
    client = Client()
    client.force_login(factories.user())
    assert "nobody has given you a role" in page(client)


@pytest.mark.parametrize(("role", "seen"), [(Role.OWNER, True), (Role.OPERATOR, True), (Role.ANALYST, False)])
def test_what_waits_for_approval_is_shown_to_who_may_approve(role, seen):
    merchant = factories.merchant()
    factories.campaign(merchant, name="Spring", status=CampaignStatus.PENDING_APPROVAL)
    assert ("“Spring” waits for approval" in page(signed_in(merchant, role))) is seen


def test_what_is_stuck_unknown_silent_or_unreadable_needs_attention():
    merchant = factories.merchant(postal_address="")
    long_ago = timezone.now() - timedelta(days=2)
    store = factories.store(merchant, name="Harbor")
    shop = factories.connection(merchant, [store])
    for made in (store, shop):
        type(made).objects.filter(pk=made.pk).update(created_at=long_ago)
    factories.connection(merchant, [factories.store(merchant, name="Newcomer")])
    factories.event(shop, state="quarantined", reason="not_json")
    campaign = factories.live_campaign(merchant)
    for fields in ({"due_at": long_ago}, {"status": "unknown"}):
        factories.delivery(campaign, factories.abandoned_cart(merchant, occurred_at=long_ago), **fields)
    text = page(signed_in(merchant))
    for words in (
        "overdue by ten minutes",
        "The outcome of one reminder is not known",
        "Harbor has been silent",
        "could not be read",
        "No postal address",
    ):
        assert words in text
    assert "Newcomer has been silent" not in text
    assert "Nothing is stuck" not in text


def test_what_needs_attention_is_listed_where_its_link_leads():
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant)
    long_ago = timezone.now() - timedelta(days=2)
    for fields in ({"due_at": long_ago}, {"status": "unknown"}, {"status": "failed", "reason": "refused"}):
        factories.delivery(campaign, factories.abandoned_cart(merchant, occurred_at=long_ago), **fields)
    client = signed_in(merchant)
    links = re.findall(r'id="notice-\d+" href="([^"]+)"', page(client))
    assert len(links) == 3
    for link in links:
        assert re.search(r'href="/admin/deliveries/[0-9a-f-]{36}/"', page(client, link))


def test_home_takes_the_same_number_of_queries_however_much_happens():
    counts = []
    for carts in (2, 12):
        merchant = factories.merchant()
        busy(merchant, carts)
        client = signed_in(merchant)
        page(client)
        with CaptureQueriesContext(connection) as captured:
            page(client)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 32
