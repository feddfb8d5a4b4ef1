"""The starters for mail: whatever the shopper, the cart, the plan and the layout, a sound message comes out."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from campaigns.composer.reading import read_blocks
from campaigns.composer.to_mjml import to_mjml
from campaigns.editing import preview_data
from campaigns.links import PlainLinks
from campaigns.rendering import Rendered, render
from campaigns.starters import SAMPLE_CONTEXT, SLUGS, Starter, starters
from campaigns.templating.compiling import compile_source
from tests import factories

CART = {"url": "https://shop.example/c"}
BARE: dict[str, Any] = {"cart": CART, "merchant": {"name": "North Loop", "postal_address": "1 Main St"}}
PICTURES = [item | {"image": "https://shop.example/p.png"} for item in SAMPLE_CONTEXT["items"]]
CODE = {"code": "TEA-4711", "label": "15% off", "expires": "", "minimum": "", "url": "https://shop.example/g"}
FULL = SAMPLE_CONTEXT | {"items": PICTURES, "incentive": CODE}
NAMELESS = SAMPLE_CONTEXT | {"shopper": {}, "items": [item | {"brand": "", "price": ""} for item in PICTURES]}
CONTEXTS = {"bare": BARE, "sample": SAMPLE_CONTEXT, "full": FULL, "nameless": NAMELESS}
EVERY = pytest.mark.parametrize("slug", SLUGS["email"])
COMPOSED = pytest.mark.parametrize("slug", [slug for slug, starter in starters().items() if starter.blocks])


def message(starter: Starter, context: dict[str, Any], *, feed: bool = True) -> Rendered:
    return render(compile_source(starter.source(feed=feed)), context, PlainLinks())


def test_at_least_eight_are_offered_for_abandoned_carts() -> None:
    assert len(starters()) >= 8
    assert {starter.category for starter in starters().values()} == {"abandon_cart"}
    assert len({starter.label for starter in starters().values()}) == len(starters())
    assert all(starter.subject and starter.preheader and starter.description for starter in starters().values())


@EVERY
@pytest.mark.parametrize("feed", [True, False])
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_starter_has_what_a_mail_needs_whoever_gets_it(slug: str, feed: bool, context: str) -> None:
    given = CONTEXTS[context]
    shown = message(starters()[slug], given, feed=feed)
    address = given["merchant"]["postal_address"].splitlines()[0]
    for part in (shown.html, shown.text):
        assert address in part
        assert "#unsubscribe" in part
        assert given["cart"]["url"] in part
    for part in (shown.subject, shown.html, shown.text):
        assert "None" not in part
        assert " ," not in part
        assert "{{" not in part
    assert all(re.search(r'alt="[^"]+"', tag) for tag in re.findall(r"<img [^>]*>", shown.html) if "/o/" not in tag)


@EVERY
def test_a_starter_shows_products_and_what_stands_in_for_what(slug: str) -> None:
    instead = "En lugar de Sencha (agotado)" if slug.startswith("spanish") else "Instead of Sencha (sold out)"
    shown = message(starters()[slug], SAMPLE_CONTEXT)
    for part in (shown.html, shown.text):
        assert "Gyokuro, first flush" in part
        assert instead in part


@EVERY
def test_a_starter_without_feed_shows_no_product(slug: str) -> None:
    shown = message(starters()[slug], SAMPLE_CONTEXT, feed=False)
    assert "Gyokuro" not in shown.subject + shown.html + shown.text


@EVERY
def test_a_starter_fits_a_mail_and_a_phone(slug: str) -> None:
    html = message(starters()[slug], FULL).html
    assert len(html.encode()) < 60_000
    assert max(map(len, html.encode().split(b"\n"))) < 990
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


@pytest.mark.django_db
@EVERY
def test_a_starter_shows_a_real_cart(slug: str) -> None:
    merchant = factories.merchant()
    shopper = factories.shopper(merchant, first_name="", last_name="")
    cart = factories.cart(merchant, shopper, factories.store(merchant))
    source = starters()[slug].source(feed=True)
    context = preview_data.preview_context(merchant, cart, feed=True, body=source.body)
    shown = render(compile_source(source), context, PlainLinks())
    assert cart.lines[0]["name"] in shown.html
    assert cart.lines[0]["name"] in shown.text


@COMPOSED
@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_a_starter_of_blocks_is_sound_in_every_layout(slug: str, layout: str) -> None:
    starter = starters()[slug]
    blocks = json.loads(json.dumps(starter.blocks))
    for block in blocks["blocks"]:
        block |= {"layout": layout} if block["type"] == "feed" else {}
    reading = read_blocks(blocks)
    assert reading.problems == ()
    changed = replace(starter, blocks=blocks, body=to_mjml(reading.document).source)
    shown = message(changed, FULL)
    assert "Gyokuro, first flush" in shown.html
    assert "None" not in shown.html


@COMPOSED
def test_a_file_of_blocks_is_read_as_it_is_written(slug: str) -> None:
    written = starters()[slug].blocks
    assert written is not None
    assert read_blocks(written).document.as_json() == written


def test_the_discount_is_shown_only_where_there_is_one() -> None:
    starter = starters()["with-incentive"]
    given, without = message(starter, FULL), message(starter, SAMPLE_CONTEXT)
    assert given.subject == "15% off on your cart"
    assert "TEA-4711" in given.html
    assert "TEA-4711" in given.text
    assert without.subject == "Your cart is waiting"
    assert "Use the code" not in without.html + without.text


def test_the_starter_for_regulated_goods_is_discreet() -> None:
    shown = message(starters()["discreet"], FULL)
    assert "Gyokuro" not in shown.subject
    assert "https://shop.example/p.png" not in shown.html
    assert "legal age" in shown.html
    assert "legal age" in shown.text


def test_the_spanish_starter_is_spanish_throughout() -> None:
    shown = message(starters()["spanish-reminder"], FULL)
    assert '<html lang="es"' in shown.html
    for english in ("Unsubscribe", "your cart", "sold out", "pieces", " each"):
        assert english not in shown.html + shown.text
