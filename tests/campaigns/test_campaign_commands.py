"""create_campaign, list_campaigns, pause_campaign, resume_campaign, as support types them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Plan
from aiq.lib.commands import Refused
from campaigns.models import Campaign, ChannelSettings
from tests import factories

pytestmark = pytest.mark.django_db


def run(*args: str, **options: Any) -> Any:
    out = StringIO()
    call_command(*args, "--json", stdout=out, **options)
    return json.loads(out.getvalue())


def create(slug: str, *more: str) -> Any:
    return run("create_campaign", slug, "--name", "Cart", "--channel", "email", *more)


@pytest.mark.parametrize(("plan", "feed"), [(Plan.STARTER, False), (Plan.PRO, True)])
def test_a_campaign_is_created_live_on_every_plan_with_the_feed_where_it_is_included(plan: str, feed: bool) -> None:
    merchant = factories.merchant(plan=plan)
    answer = create(merchant.slug, "--live", "--delay", "30")
    campaign = Campaign.objects.get(code=answer["campaign"])
    assert answer == {"campaign": str(campaign.code), "status": "live"}
    content = campaign.version.contents.get()
    assert (content.feed, content.delay_minutes) == (feed, 30)


def test_campaigns_of_a_merchant_that_is_none_are_refused_not_empty() -> None:
    with pytest.raises(Refused, match="no merchant"):
        run("list_campaigns", "--merchant", "nobody")


def test_without_live_it_is_a_draft_with_no_delay() -> None:
    answer = create(factories.merchant().slug)
    campaign = Campaign.objects.get(code=answer["campaign"])
    assert answer["status"] == "draft"
    assert campaign.steps.get().delay_minutes == 0


def test_one_of_the_merchants_own_templates_may_be_named() -> None:
    merchant = factories.merchant()
    factories.template(merchant, name="House style", subject="From the house")
    create(merchant.slug, "--template", "House style")
    assert Campaign.objects.get().steps.get().subject == "From the house"


def test_several_channels_make_one_step_with_a_message_for_each() -> None:
    merchant = factories.merchant()
    create(merchant.slug, "--channel", "sms", "--delay", "45", "--template", "plain-letter")
    rows = Campaign.objects.get().steps.values_list("position", "channel", "delay_minutes", "template")
    assert list(rows) == [(1, "email", 45, "plain-letter"), (1, "sms", 45, "sms-reminder")]


def test_a_channel_that_cannot_be_used_is_refused_and_leaves_nothing() -> None:
    merchant = factories.merchant()
    ChannelSettings.objects.create(merchant=merchant, channel="sms", enabled=False)
    with pytest.raises(Refused, match="SMS is switched off"):
        create(merchant.slug, "--channel", "sms")
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--holdout", "10"], "Holdouts"),
        (["--template", "nonsense"], "gentle-reminder"),
        (["--delay", "-1"], "--delay"),
        (["--live"], "postal address"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason_and_leaves_nothing(more: list[str], reason: str) -> None:
    merchant = factories.merchant(postal_address="")
    with pytest.raises(Refused, match=reason):
        create(merchant.slug, *more)
    assert not Campaign.objects.exists()


def test_an_unknown_merchant_is_refused() -> None:
    with pytest.raises(Refused, match="no merchant"):
        create("nobody")


def test_campaigns_are_listed_per_merchant() -> None:
    campaign = factories.live_campaign(factories.merchant(), name="Mine")
    factories.campaign(factories.merchant())
    rows = run("list_campaigns", "--merchant", campaign.merchant.slug)
    assert [(row["campaign"], row["name"], row["status"]) for row in rows] == [(str(campaign.code), "Mine", "live")]


def test_pause_and_resume_by_code_and_by_name() -> None:
    merchant = factories.merchant()
    campaign = factories.live_campaign(merchant, name="Cart")
    assert run("pause_campaign", str(campaign.code), "--yes")["status"] == "paused"
    assert run("resume_campaign", "Cart", "--merchant", merchant.slug, "--yes")["status"] == "live"


def test_pausing_without_a_terminal_and_without_yes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.live_campaign(factories.merchant())
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(Refused, match="stops sending at once"):
        run("pause_campaign", str(campaign.code))
    campaign.refresh_from_db()
    assert campaign.status == "live"


@pytest.mark.parametrize("word", ["Cart", "00000000-0000-0000-0000-000000000000"])
def test_a_campaign_that_cannot_be_told_is_refused(word: str) -> None:
    factories.live_campaign(factories.merchant(), name="Cart")
    with pytest.raises(Refused, match="There is no campaign"):
        run("pause_campaign", word, "--yes")


def test_two_of_one_name_need_the_code() -> None:
    merchant = factories.merchant()
    for _ in range(2):
        factories.live_campaign(merchant, name="Cart")
    with pytest.raises(Refused, match="several"):
        run("pause_campaign", "Cart", "--merchant", merchant.slug, "--yes")


def test_what_is_not_live_cannot_be_paused() -> None:
    campaign = factories.campaign(factories.merchant())
    with pytest.raises(Refused, match="cannot be paused"):
        run("pause_campaign", str(campaign.code), "--yes")
