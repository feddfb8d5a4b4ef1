"""Which variant of a test a shopper gets: always the same one, and as many of each as the shares say."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from campaigns import lifecycle, sending
from campaigns.models import Campaign, CampaignKind, Cart, Delivery
from campaigns.variants import pick, point_of
from tests import factories
from tests.conftest import Sink


@dataclass(frozen=True)
class Content:
    variant: str
    share: int = 50
    rank: int = 1


@pytest.mark.parametrize(
    "shares", [(50, 50), (80, 20), (25, 25, 25, 25), (1, 99), (100, 0), (33, 33, 34)], ids=lambda one: str(one)
)
def test_each_variant_gets_its_share(shares: tuple[int, ...]) -> None:
    contents = [Content(name, share) for name, share in zip("abcd", shares, strict=False)]
    counted = Counter(pick(contents, point_of(7, shopper, 1)).variant for shopper in range(1, 20_001))
    for content in contents:
        assert counted[content.variant] / 20_000 == pytest.approx(content.share / sum(shares), abs=0.012)


def test_the_point_is_the_same_for_ever() -> None:
    """What these numbers are does not matter; that they stay does: another hash would move shoppers to another variant."""
    points = [round(point_of(*who), 6) for who in ((1, 1, 1), (1, 1, 2), (2, 1, 1), (1, None, 1), (1, None, 2))]
    assert points == [0.077277, 0.077277, 0.873363, 0.154916, 0.418047]


def test_a_larger_share_takes_shoppers_from_the_others_only() -> None:
    before, after = [Content("a", 50), Content("b", 50)], [Content("a", 70), Content("b", 30)]
    moves = {(pick(before, at / 500).variant, pick(after, at / 500).variant) for at in range(500)}
    assert moves == {("a", "a"), ("b", "b"), ("b", "a")}


def test_the_first_channel_of_a_waterfall_is_picked_whatever_the_point() -> None:
    contents = [Content("a", rank=2), Content("a", rank=1)]
    assert {pick(contents, at / 10).rank for at in range(10)} == {1}


@pytest.mark.django_db
def test_a_shopper_keeps_the_variant_over_all_carts_and_gets_one_message_each(smtp_sink: Sink) -> None:
    campaign = halves()
    for _ in range(12):
        shopper = factories.shopper(campaign.merchant)
        for _ in range(2):
            episode = factories.abandoned_cart(campaign.merchant, shopper)
            factories.meet(episode)
    while sending.send_batch():
        pass
    got: dict[int, list[str]] = {}
    for shopper_id, variant in Delivery.objects.values_list("shopper", "content__variant"):
        got.setdefault(shopper_id, []).append(variant)
    assert {len(each) for each in got.values()} == {2}
    assert all(len(set(each)) == 1 for each in got.values())
    assert {each[0] for each in got.values()} == {"a", "b"}
    assert {str(message["Subject"]) for message in smtp_sink.messages} == {"You left something", "Still thinking?"}


@pytest.mark.django_db
def test_who_becomes_known_while_the_message_waits_gets_the_variant_of_their_other_carts() -> None:
    campaign = halves()
    shopper = factories.shopper(campaign.merchant)
    episodes = [factories.episode(factories.cart(campaign.merchant)) for _ in range(12)]
    factories.meet(*episodes)
    assert set(Delivery.objects.values_list("content__variant", flat=True)) == {"a", "b"}
    Cart.objects.update(shopper=shopper)
    factories.meet(*episodes)
    assert Delivery.objects.values("content__variant").distinct().count() == 1


@pytest.mark.django_db
def test_what_waits_when_a_test_begins_takes_part_in_it() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    lifecycle.set_live(campaign, None, datetime.now(UTC) - timedelta(hours=1))
    for _ in range(12):
        factories.meet(factories.abandoned_cart(merchant))
    lifecycle.pause(campaign, None)
    with lifecycle.editing(campaign, None) as locked:
        locked.kind = CampaignKind.AB
        factories.step(locked, position=1, variant="b", lead=locked.steps.get(), delay_minutes=60)
    lifecycle.set_live(campaign, None, datetime.now(UTC))
    assert set(Delivery.objects.values_list("content__variant", flat=True)) == {"a", "b"}
    assert set(Delivery.objects.values_list("content__version__number", flat=True)) == {2}


def halves() -> Campaign:
    """Two subjects, half and half, at once."""
    campaign = factories.campaign(factories.merchant(), kind=CampaignKind.AB, step={"delay_minutes": 0})
    factories.step(campaign, position=1, variant="b", lead=campaign.steps.get(), delay_minutes=0)
    lifecycle.set_live(campaign, None, datetime.now(UTC) - timedelta(hours=1))
    return campaign
