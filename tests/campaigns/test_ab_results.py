"""The results of a test: what counts, when there is a winner, and what becomes of the campaign."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import Role
from campaigns import lifecycle
from campaigns.insight import ab_results
from campaigns.insight.ab_results import Result, verdict
from campaigns.insight.intervals import Counted, Interval
from campaigns.models import Campaign, CampaignKind, Content, Delivery
from tests import factories
from tests.campaigns.test_variants import halves
from tests.campaigns.test_wizard import client_of, url

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def result(letter: str, won: int, tried: int) -> Result:
    return Result(letter, "", 50, Counted(won, tried), Interval(0, 1), None)


@pytest.mark.parametrize(
    ("counts", "since", "winner", "needed"),
    [
        (((60, 1000), (61, 1000)), LONG_AGO, "", None),
        (((60, 1000), (80, 1000)), LONG_AGO, "", 4300),
        (((600, 10_000), (800, 10_000)), LONG_AGO, "b", 0),
        (((600, 10_000), (800, 10_000)), NOW - timedelta(days=3), "", 0),
        (((0, 20), (20, 20)), LONG_AGO, "", 360),
        (((0, 0), (0, 0)), LONG_AGO, "", 400),
        (((600, 10_000), (800, 10_000), (790, 10_000)), LONG_AGO, "", None),
        (((600, 10_000), (800, 10_000), (620, 10_000)), LONG_AGO, "b", 0),
    ],
)
def test_a_winner_is_named_only_once_it_is_sure(
    counts: tuple[tuple[int, int], ...], since: datetime, winner: str, needed: int | None
) -> None:
    found = verdict([result(letter, *count) for letter, count in zip("abc", counts, strict=False)], since, NOW)
    assert found.winner == winner
    assert found.needed == (pytest.approx(needed, rel=0.15) if needed else needed)


def sent(campaign: Campaign, letter: str, *, recovered: bool = False, shopper: object = None) -> Delivery:
    content = Content.objects.get(version=campaign.version, variant=letter)
    at = datetime.now(UTC)
    episode = factories.abandoned_cart(campaign.merchant, shopper)  # type: ignore[arg-type]
    episode.recovered_at = at + timedelta(minutes=5) if recovered else None
    episode.save()
    return factories.delivery(campaign, episode, content=content, status="sent", sent_at=at)


@pytest.mark.django_db
def test_one_message_counts_per_shopper_and_none_that_reached_nobody() -> None:
    campaign = halves()
    sent(campaign, "a", recovered=True)
    sent(campaign, "a")
    shopper = factories.shopper(campaign.merchant)
    sent(campaign, "b", shopper=shopper)
    sent(campaign, "b", shopper=shopper, recovered=True)
    Delivery.objects.filter(pk=sent(campaign, "b").pk).update(status="bounced")
    ab_results.count(datetime.now(UTC))
    found = ab_results.results(campaign, ab_results.tested(campaign))
    assert [(one.letter, one.counted) for one in found.variants] == [("a", Counted(1, 2)), ("b", Counted(0, 1))]


@pytest.mark.django_db
def test_a_variant_for_everyone_is_a_new_version_that_what_waits_gets_too() -> None:
    campaign = halves()
    waiting = [factories.delivery(campaign, factories.abandoned_cart(campaign.merchant)) for _ in range(3)]
    lifecycle.use_variant(campaign, None, "b", datetime.now(UTC))
    campaign.refresh_from_db()
    assert (campaign.kind, campaign.status, campaign.version.number) == (CampaignKind.REGULAR, "live", 2)  # type: ignore[union-attr]
    assert [(step.variant, step.subject) for step in campaign.steps.all()] == [("a", "Still thinking?")]
    assert {Delivery.objects.get(pk=one.pk).content.subject for one in waiting} == {"Still thinking?"}
    assert ab_results.tested(campaign) == []


@pytest.mark.django_db
def test_the_page_shows_every_variant_and_names_no_winner_too_early() -> None:
    campaign = halves()
    sent(campaign, "a", recovered=True)
    client = client_of(campaign.merchant, Role.OWNER)
    assert "Nobody has been reached yet" in client.get(url(campaign, "ab_test")).content.decode()
    ab_results.count(datetime.now(UTC))
    page = client.get(url(campaign, "ab_test")).content.decode()
    assert "There is no winner yet" in page
    assert "About 400 more shoppers needed" in page
    assert page.count("Use for everyone") == 2
    assert "Test</a>" in client.get(url(campaign, "overview")).content.decode()


@pytest.mark.django_db
def test_who_may_not_set_live_does_not_end_the_test_of_a_live_campaign() -> None:
    campaign = halves()
    client = client_of(campaign.merchant)
    assert "Use for everyone" not in client.get(url(campaign, "ab_test")).content.decode()
    client.post(reverse("campaigns:use_variant", args=[campaign.code, "b"]))
    campaign.refresh_from_db()
    assert (campaign.kind, campaign.version.number) == (CampaignKind.AB, 1)  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_campaign_that_tests_nothing_has_no_such_page() -> None:
    campaign = factories.live_campaign(factories.merchant())
    client = client_of(campaign.merchant, Role.OWNER)
    assert client.get(url(campaign, "ab_test")).status_code == 404
    assert client.get(reverse("campaigns:use_variant", args=[campaign.code, "b"])).status_code == 404
    assert "Test</a>" not in client.get(url(campaign, "overview")).content.decode()
