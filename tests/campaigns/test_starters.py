import pytest

from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import compile_source

BARE = {
    "cart": {"url": "https://shop.example/c"},
    "merchant": {"name": "North Loop", "postal_address": "1 Main St"},
}
EVERY = pytest.mark.parametrize("slug", ["gentle-reminder", "hero-product", "plain-letter", "blocks"])


def test_the_starters_stand_in_this_order():
    assert list(starters()) == ["gentle-reminder", "hero-product", "plain-letter", "blocks"]
    assert {starter.category for starter in starters().values()} == {"abandon_cart"}


@EVERY
@pytest.mark.parametrize("feed", [True, False])
def test_a_starter_needs_no_name_and_no_products(slug, feed):
    message = render(compile_source(starters()[slug].source(feed=feed)), BARE, PlainLinks())
    for part in (message.subject, message.html, message.text):
        assert "None" not in part
        assert " ," not in part
    assert "1 Main St" in message.html
    assert "#unsubscribe" in message.html
    assert "https://shop.example/c" in message.text


@EVERY
def test_a_starter_shows_products_and_what_stands_in_for_what(slug):
    message = render(compile_source(starters()[slug].source(feed=True)), SAMPLE_CONTEXT, PlainLinks())
    for part in (message.html, message.text):
        assert "Gyokuro, first flush" in part
        assert "$12.00" in part
        assert "Instead of Sencha (sold out)" in part


@EVERY
def test_a_starter_without_feed_shows_no_product(slug):
    message = render(compile_source(starters()[slug].source(feed=False)), SAMPLE_CONTEXT, PlainLinks())
    assert "Gyokuro" not in message.subject + message.html + message.text


@EVERY
def test_a_starter_fits_a_mail_and_a_phone(slug):
    html = render(compile_source(starters()[slug].source(feed=True)), SAMPLE_CONTEXT, PlainLinks()).html
    assert len(html.encode()) < 60_000
    assert max(map(len, html.encode().split(b"\n"))) < 990
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html
