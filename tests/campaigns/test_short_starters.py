"""Starters for SMS and push: short, with names that exist, and discreet where the goods are regulated."""

import pytest

from campaigns.segments import sample_of, segments
from campaigns.starters import SLUGS, Starter, starters
from campaigns.templating.macros import analyze

SHORT = [starter for channel in ("sms", "push") for starter in starters(channel).values()]
SMS = [starter for starter in SHORT if starter.channel == "sms"]
PUSH = [starter for starter in SHORT if starter.channel == "push"]
SHORT_LINK = "https://cart.example.com/i/aB3dE6gH9jK2mN5p"


def named(starter: Starter) -> str:
    return starter.slug


def test_a_slug_names_one_starter_whatever_the_channel() -> None:
    slugs = [slug for channel in SLUGS for slug in SLUGS[channel]]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("starter", SHORT, ids=named)
def test_a_short_starter_uses_names_that_exist(starter: Starter) -> None:
    for written in (starter.subject, starter.body, starter.picture, starter.button):
        assert analyze(written, field="body").problems == ()


@pytest.mark.parametrize("starter", SMS, ids=named)
def test_an_sms_is_one_segment_with_its_store_its_link_and_its_way_out(starter: Starter) -> None:
    text = sample_of(starter.body).replace("https://shop.example.com/cart/5512", SHORT_LINK)
    assert segments(text) == 1
    assert SHORT_LINK in text
    assert "North Loop" in text
    assert ("Responde STOP" if "spanish" in starter.slug else "Reply STOP to opt out") in text


@pytest.mark.parametrize("starter", PUSH, ids=named)
def test_a_push_message_fits_a_lock_screen(starter: Starter) -> None:
    assert 0 < len(sample_of(starter.subject)) <= 50
    assert 0 < len(sample_of(starter.body)) <= 120
    assert 0 < len(starter.button) <= 20


@pytest.mark.parametrize("channel", ["sms", "push"])
def test_a_discreet_message_names_no_product_and_shows_none(channel: str) -> None:
    starter = starters(channel)[f"{channel}-discreet"]
    assert "items" not in starter.subject + starter.body
    assert starter.picture == ""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ñ¿é", 1),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 307, 3),
    ],
)
def test_segments_are_counted_as_phone_companies_do(text: str, count: int) -> None:
    assert segments(text) == count
