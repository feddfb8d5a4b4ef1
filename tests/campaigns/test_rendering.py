import re
import sys
from uuid import UUID

import pytest
from liquid import Environment

from campaigns import rendering
from campaigns.links import LinkMaker, PlainLinks, read_click, read_open, read_unsubscribe
from campaigns.rendering import MissingData, prepare, readable_on, render
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import Compiled, Source, compile_source

DELIVERY = UUID("018f3c7e-0000-7000-8000-000000000001")
LINKS = LinkMaker("https://mail.example", DELIVERY)


def content(html="", subject="s", text="t", *, feed=True):
    return Compiled(subject, "", html, text, (), feed)


def starter(slug="gentle-reminder", *, feed=True):
    return compile_source(starters()[slug].source(feed=feed))


def test_every_link_is_tracked_for_its_delivery_but_the_way_out():
    html = render(starter(), SAMPLE_CONTEXT, LINKS).html
    targets = re.findall(r'href="([^"]+)"', html)
    clicks = [target for target in targets if "/c/" in target]
    assert {read_click(target.rpartition("/")[2]) for target in clicks} == {
        (DELIVERY, "https://shop.example.com/cart/5512"),
        (DELIVERY, "https://shop.example.com/products/gyokuro"),
        (DELIVERY, "https://shop.example.com/products/pot"),
    }
    others = [target for target in targets if target not in clicks]
    assert {read_unsubscribe(target.rpartition("/")[2]) for target in others} == {DELIVERY}


def test_the_open_pixel_names_its_delivery():
    html = render(starter(), SAMPLE_CONTEXT, LINKS).html
    [token] = re.findall(r'src="https://mail\.example/o/([^"]+)\.gif"', html)
    assert read_open(token) == DELIVERY


def test_addresses_that_are_not_web_addresses_never_reach_the_mail():
    bad = "javascript:alert(1)"
    context = SAMPLE_CONTEXT | {
        "items": [{"name": "Tea", "url": bad, "image": bad}],
        "merchant": {"name": "M", "logo": bad, "color": "red;background:url(x)"},
        "cart": {"url": "https://shop.example/c"},
    }
    message = render(starter(), context, PlainLinks())
    assert "javascript" not in message.html + message.text
    assert "url(x)" not in message.html
    assert rendering.DEFAULT_COLOR in message.html


def test_what_shops_and_shoppers_wrote_is_escaped():
    hostile = '<script>"&'
    context = SAMPLE_CONTEXT | {"shopper": {"first_name": hostile}, "items": [{"name": hostile, "quantity": 1}]}
    message = render(starter(), context, PlainLinks())
    assert "<script>" not in message.html
    assert hostile in message.text


def test_an_empty_value_of_a_person_counts_as_missing():
    with pytest.raises(MissingData, match=r"shopper\.first_name"):
        render(content("{{ shopper.first_name }}"), {"shopper": {"first_name": ""}}, LINKS)


def test_an_empty_value_of_a_product_shows_nothing():
    html = "{% for i in items %}[{{ i.brand }}{% if i.note %}!{% endif %}]{% endfor %}"
    assert render(content(html), {"items": [{"brand": "", "note": ""}]}, LINKS).html == "[]"


def test_no_products_are_false_and_a_campaign_without_feed_has_none():
    html = "{% if items %}yes{% else %}no{% endif %}{{ items.size }}"
    assert render(content(html), {"items": []}, LINKS).html == "no0"
    assert render(content(html), {}, LINKS).html == "no0"
    assert render(content(html, feed=False), {"items": [{"name": "Tea"}]}, LINKS).html == "no0"


def test_a_subject_is_one_line_and_never_empty():
    context = {"items": [{"name": "Tea\r\nBcc: all@example.com"}]}
    assert render(content(subject="{{ items[0].name }}"), context, LINKS).subject == "Tea Bcc: all@example.com"
    with pytest.raises(MissingData):
        render(content(subject="{% if items %}x{% endif %}"), {}, LINKS)


@pytest.mark.parametrize(("color", "expected"), [("#ffffff", "#111111"), ("#f5c518", "#111111"), ("#123", "#ffffff")])
def test_words_on_the_brand_colour_are_readable(color, expected):
    assert readable_on(color) == expected


def test_content_is_parsed_once():
    one = content("{{ cart.total }}")
    assert prepare("test-a", one) is prepare("test-a", content("{{ cart.total }}"))


def test_rendering_with_links_costs_about_what_bare_liquid_costs():
    """Counts calls, which noise cannot disturb: the bench prints the times."""
    compiled = starter()
    bare = Environment(autoescape=True).from_string(compiled.html.replace(" | track", ""))
    data = rendering.shown_data(SAMPLE_CONTEXT, LINKS)
    prepared = prepare("test-calls", compiled)
    prepared.render(SAMPLE_CONTEXT, LINKS)
    ours = _calls(lambda: prepared.html.render_with(data, LINKS))
    assert ours < 1.3 * _calls(lambda: bare.render(**data))


def test_a_preview_changes_no_address():
    assert 'href="https://shop.example.com/products/pot"' in render(starter(), SAMPLE_CONTEXT, PlainLinks()).html


def test_a_written_source_compiles_and_renders_with_a_link_built_of_parts():
    body = (
        "<mjml><mj-body><mj-section><mj-column><mj-button href='{{ cart.url }}?a=1&b={{ cart.currency }}'>Go</mj-button>"
        "<mj-text>{{ unsubscribe_url }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    compiled = compile_source(Source("s", "", body))
    html = render(compiled, {"cart": {"url": "https://s.example/c", "currency": "EUR"}}, PlainLinks()).html
    assert 'href="https://s.example/c?a=1&amp;b=EUR"' in html


def _calls(function):
    count = 0

    def profiler(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profiler)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
