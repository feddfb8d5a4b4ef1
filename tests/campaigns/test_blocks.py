"""Messages composed of blocks: what is read of them, what is refused and where, and the MJML they become."""

import json
from typing import Any

import pytest

from campaigns.composer.blocks import BLOCKS, MAX_BLOCKS
from campaigns.composer.reading import NotADocument, Reading, parse_blocks, read_blocks
from campaigns.composer.to_mjml import to_mjml
from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.compiling import Source, compile_source
from campaigns.templating.elements import Brand

FOOTER = {"id": "end", "type": "footer"}


def read(*blocks: dict[str, Any]) -> Reading:
    return read_blocks({"blocks": [*blocks, FOOTER]})


def html_of(*blocks: dict[str, Any], **context: Any) -> str:
    reading = read(*blocks)
    assert reading.problems == ()
    compiled = compile_source(Source("Subject", "", to_mjml(reading.document).source))
    return render(compiled, SAMPLE_CONTEXT | context, PlainLinks()).html


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - {"picture"}))
def test_every_new_block_is_sound_as_it_is_added_and_compiles(kind: str) -> None:
    block = {"type": kind} if kind != "footer" else {"type": "divider"}
    assert "<html" in html_of(block)


@pytest.mark.parametrize(
    ("block", "field", "words"),
    [
        ({"type": "heading", "text": " "}, "text", "Write the heading"),
        ({"type": "heading", "text": "{{ shopper.firstname }}"}, "text", "Did you mean “shopper.first_name”?"),
        ({"type": "heading", "text": "{{ cart.total"}, "text", "never closed"),
        ({"type": "heading", "text": "{% if items %}x"}, "text", "never closed"),
        ({"type": "heading", "text": "x" * 301}, "text", "At most 300"),
        ({"type": "heading", "text": "LqZ0ZqL"}, "text", "reserved"),
        ({"type": "heading", "text": 7}, "text", "must be a text"),
        ({"type": "heading", "text": {"a": []}}, "text", "must be a text"),
        ({"type": "heading", "size": "xl"}, "size", "Size"),
        ({"type": "heading", "align": ["left"]}, "align", "Place"),
        ({"type": "text", "html": "<p> <br></p>"}, "html", "Write something"),
        ({"type": "text", "html": "<p><a href='javascript:alert(1)'>x</a></p>"}, "html", "leads nowhere"),
        ({"type": "text", "html": "<p><a href='http://shop.example'>x</a></p>"}, "html", "not encrypted"),
        ({"type": "text", "html": "<p>{{ shopper.name }}</p>"}, "html", "There is no “shopper.name”"),
        ({"type": "picture"}, "src", "address of the picture"),
        ({"type": "picture", "src": "http://shop.example/a.png"}, "src", "https://"),
        ({"type": "picture", "src": "data:image/png;base64,AAAA"}, "src", "https://"),
        ({"type": "picture", "src": "{{ cart.url }}"}, "src", "https://"),
        ({"type": "button", "href": ""}, "href", "where the button leads"),
        ({"type": "button", "href": "javascript:alert(1)"}, "href", "leads nowhere"),
        ({"type": "button", "href": "JaVaScRiPt:alert(1)//https://a.example"}, "href", "leads nowhere"),
        ({"type": "button", "href": "https://a.example@evil.example"}, "href", "leads nowhere"),
        ({"type": "button", "href": "shop.example"}, "href", "leads nowhere"),
        ({"type": "button", "href": "{{ shopper.email }}"}, "href", "leads nowhere"),
        ({"type": "feed", "kind": "best_seller"}, "kind", "Products"),
        ({"type": "feed", "count": 13}, "count", "from 1 to 12"),
        ({"type": "feed", "count": True}, "count", "from 1 to 12"),
        ({"type": "feed", "count": 1e400}, "count", "from 1 to 12"),
        ({"type": "feed", "picture": "yes"}, "picture", "on or off"),
        ({"type": "feed", "title": "For {{ shopper.first_name }}"}, "title", "Nothing between"),
        ({"type": "footer"}, "", "One footer"),
    ],
)
def test_what_is_wrong_is_said_at_its_block_and_field(block: dict[str, Any], field: str, words: str) -> None:
    reading = read({"id": "one", **block})
    if block["type"] == "footer":
        assert [problem.block for problem in reading.problems] == ["end"]
        return
    assert [(problem.block, problem.field) for problem in reading.problems] == [("one", field)]
    assert words in reading.problems[0].message
    assert [block.id for block in reading.sound.blocks] == ["end"]
    to_mjml(reading.sound)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", '{"blocks": 7}', '{"blocks": {"a": 1}}', '{"blocks": [7]}', '{"blocks": [{}]}',
        '{"blocks": [{"type": "script"}]}', '{"blocks": [{"type": ["text"]}]}', "[" * 100_000, '{"blocks": NaN}',
        json.dumps({"blocks": [{"type": "divider"}] * 200}),
        json.dumps({"blocks": [{"type": "text", "html": "x" * 200_001}]}),
    ],
)  # fmt: skip
def test_what_is_no_list_of_known_blocks_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(NotADocument):
        parse_blocks(text)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ("<p onclick='x' style='x' class='x'>a</p>", "<p>a</p>"),
        ("<div>a</div><b>b</b> <i>c</i>", "<p>a</p><strong>b</strong> <em>c</em>"),
        ("<table><tr><td>a</td></tr></table><img src='x'>", "a"),
        ("<p>a<br>b</p>", "<p>a<br />b</p>"),
        ("<p>a & b < c</p>", "<p>a &amp; b &lt; c</p>"),
        ("<p>unclosed <strong>x", "<p>unclosed <strong>x</strong></p>"),
        ("<a href='{{ cart.url }}' target='_blank'>x</a>", '<a href="{{ cart.url }}">x</a>'),
        ("<p>{{&nbsp;shopper.first_name | default: &quot;you&quot; }}</p>",
         "<p>{{ shopper.first_name | default: &quot;you&quot; }}</p>"),
        ("<p>{% if cart.item_count > 2 %}x{% endif %}</p>", "<p>{% if cart.item_count &gt; 2 %}x{% endif %}</p>"),
    ],
)  # fmt: skip
def test_rich_text_is_cleaned_and_cleaning_again_changes_nothing(given: str, kept: str) -> None:
    once = read({"type": "text", "html": given})
    assert once.problems == ()
    assert once.document.as_json()["blocks"][0]["html"] == kept
    assert read_blocks(once.document.as_json()) == once


def test_the_merchants_font_and_pages_elsewhere_are_put_in_when_it_is_compiled() -> None:
    brand = Brand(
        "Georgia, serif", (("Instagram", "https://www.instagram.com/tea?a=1&b=2"), ("X", "https://x.com/tea"))
    )
    source = Source("Subject", "", to_mjml(read({"type": "heading"}, {"type": "social"}).document).source, brand=brand)
    made = render(compile_source(source), SAMPLE_CONTEXT, PlainLinks())
    assert "font-family:Georgia, serif" in made.html
    assert 'href="https://www.instagram.com/tea?a=1&amp;b=2"' in made.html
    assert "Instagram: https://www.instagram.com/tea?a=1&b=2\nX: https://x.com/tea" in made.text
    assert "Instagram" not in html_of({"type": "social"})


def test_what_is_typed_stands_in_the_mail_as_text() -> None:
    html = html_of(
        {"type": "heading", "text": 'A <b> & "c" for {{ shopper.first_name | default: "you" }}'},
        {"type": "text", "html": "<p>{% if cart.item_count > 2 %}Many &lt;i&gt; &amp; more{% endif %}</p>"},
        {"type": "picture", "src": "https://cdn.example/a.png?b=1&c=2", "alt": 'Say "hi" <x>'},
    )
    assert 'A &lt;b&gt; &amp; "c" for Anna' in html.replace("&quot;", '"').replace("&#34;", '"')
    assert "Many &lt;i&gt; &amp; more" in html
    assert 'src="https://cdn.example/a.png?b=1&amp;c=2"' in html
    assert "<x>" not in html


def test_a_link_that_is_only_a_macro_is_left_out_for_a_shopper_without_it() -> None:
    blocks = (
        {"type": "picture", "src": "https://cdn.example/a.png", "href": "{{ cart.url }}"},
        {"type": "button", "label": "Go back", "href": "{{ cart.url }}"},
    )
    assert html_of(*blocks).count(f'href="{SAMPLE_CONTEXT["cart"]["url"]}"') == 2
    without = html_of(*blocks, cart={})
    assert "a.png" in without
    assert "Go back" not in without


def test_the_source_says_which_block_a_line_belongs_to() -> None:
    made = to_mjml(read({"id": "one", "type": "heading"}, {"id": "two", "type": "button"}).document)
    lines = made.source.split("\n")
    place = {made.block_at(number): line for number, line in enumerate(lines, start=1)}
    assert set(place) == {"", "one", "two", "end"}
    assert made.block_at(1) == ""
    assert [made.block_at(at) for at, line in enumerate(lines, 1) if "mj-button" in line] == ["two"]


def test_blocks_keep_their_ids_and_get_new_ones_where_two_are_the_same() -> None:
    given = [{"id": "a", "type": "divider"}, {"id": "a", "type": "divider"}, {"id": "<x>", "type": "divider"}, FOOTER]
    assert [block.id for block in read_blocks({"blocks": given}).document.blocks] == ["a", "b2", "b3", "end"]


def test_a_message_needs_blocks_and_a_footer() -> None:
    assert "no blocks yet" in read_blocks({"blocks": []}).problems[0].message
    assert "footer is missing" in read_blocks({"blocks": [{"type": "divider"}]}).problems[0].message
    assert len(read(*[{"type": "divider"}] * (MAX_BLOCKS - 1)).document.blocks) == MAX_BLOCKS
