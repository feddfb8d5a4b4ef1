"""`<aiq-feed>`: what it refuses, and what each layout shows in mail and in text."""

import pytest

from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.compiling import Source, TemplateProblems, compile_source
from tests.campaigns.test_compiling import problems

FRAME = "<mjml><mj-head><aiq-styles /></mj-head><mj-body>\n{}\n<aiq-footer /></mj-body></mjml>"
ITEM = {
    "name": "Sencha", "brand": "Fernwood", "price": "$19.95", "was_price": "$24.00", "quantity": 1, "note": "",
    "image": "https://x.example/s.png", "url": "https://x.example/s", "replaced_name": "", "sold_out": False,
}  # fmt: skip
KINDS = ["alternatives", "also_like", "best_sellers", "new_arrivals", "on_sale"]


def compiled(element, **fields):
    return compile_source(Source("Your cart", "", FRAME.format(element), **fields))


def rendered(element, *items, kind="items", **fields):
    listed = list(items or [ITEM])
    shown = {"items": listed} if kind == "items" else {"items": [], "feeds": {kind: listed}}
    return render(compiled(element, **fields), SAMPLE_CONTEXT | shown, PlainLinks())


def _body(html):
    return html[html.index("<body") :]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ('kind="best_seller"', "There is no kind of feed “best_seller”. Did you mean “best_sellers”?"),
        ('count="0"', "“count” is a number from 1 to 12."),
        ('count="13"', "“count” is a number from 1 to 12."),
        ('count="four"', "“count” is a number from 1 to 12."),
        ('count="{{ cart.item_count }}"', "“count” is a number from 1 to 12."),
        ('layout="tiles"', "There is no layout “tiles”: take list, grid or hero."),
        ('picture="true"', "“picture” is yes or no."),
        ('titel="x"', "<aiq-feed> takes no “titel”. Did you mean “title”?"),
        (f'button="{"x" * 81}"', "“button” has at most 80 characters."),
        ('title="{{ shoper.first_name }}"', "There is no “shoper.first_name”. Did you mean “shopper.first_name”?"),
    ],
)
def test_a_wrong_attribute_is_refused_with_its_line_and_a_reason(attributes, message):
    with pytest.raises(TemplateProblems) as caught:
        compiled(f"<aiq-feed {attributes} />")
    assert [(problem.line, problem.message) for problem in caught.value.problems] == [(2, message)]


def test_an_index_worked_out_in_the_template_is_no_mistake():
    body = "<mj-text>{% for item in items %}{{ items[forloop.index0].name }}{% endfor %}</mj-text><mj-frob />"
    assert problems(body) == [(3, "unknown_element")]


@pytest.mark.parametrize(
    ("elements", "fields", "feeds"),
    [
        ("<aiq-feed />", {}, {"abandoned_items": 6}),
        ("<aiq-feed />", {"feed": False}, {}),
        ('<aiq-feed kind="alternatives" />', {"feed": False}, {}),
        ('<aiq-feed kind="on_sale" count="3" />', {"feed": False}, {"on_sale": 3}),
        ('<aiq-feed kind="on_sale" count="3" />', {"dynamic": False}, {}),
        (
            '<aiq-feed kind="on_sale" count="3" /><aiq-feed kind="on_sale" layout="hero" count="9" />',
            {},
            {"on_sale": 4},
        ),
        ("{% if feeds.best_sellers %}<aiq-header />{% endif %}", {}, {"best_sellers": 12}),
    ],
)
def test_a_compiled_message_knows_how_many_products_of_each_kind_it_shows(elements, fields, feeds):
    assert dict(compiled(elements, **fields).feeds) == feeds


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_shows_its_products_in_each_layout(kind, layout):
    element = f'<aiq-feed kind="{kind}" layout="{layout}" title="Have a look" button="Look at it" />'
    message = rendered(element, kind=kind)
    for part in ("Have a look", "Sencha", "$19.95", "$24.00"):
        assert part in message.html
        assert part in message.text
    assert "Look at it" in message.html
    assert "https://x.example/s.png" in message.html
    assert "1 piece" not in message.html


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
@pytest.mark.parametrize("kind", KINDS)
def test_without_products_there_is_no_block_and_no_heading(kind, layout):
    compact = compiled(f'<aiq-feed kind="{kind}" layout="{layout}" title="Have a look" />')
    message = render(compact, SAMPLE_CONTEXT | {"feeds": {kind: []}}, PlainLinks())
    nothing = render(compiled(""), SAMPLE_CONTEXT, PlainLinks())
    assert "Have a look" not in message.html + message.text
    assert "".join(_body(message.html).split()) == "".join(_body(nothing.html).split())


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_what_is_switched_off_is_not_there(layout):
    message = rendered(f'<aiq-feed layout="{layout}" picture="no" price="no" />')
    assert "Sencha" in message.html
    assert "s.png" not in message.html
    assert "$" not in message.html.rpartition("</style>")[2] + message.text
    assert "$24.00" not in rendered(f'<aiq-feed layout="{layout}" was-price="no" />').html


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_more_than_one_is_priced_each(layout):
    message = rendered(f'<aiq-feed layout="{layout}" />', ITEM | {"quantity": 3})
    assert "$19.95</b> each" in message.html
    assert "× 3, $19.95 each" in message.text


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_what_is_sold_out_has_no_button(layout):
    message = rendered(f'<aiq-feed layout="{layout}" button="Buy it" />', ITEM | {"sold_out": True, "note": "Sold out"})
    assert "Sold out" in message.html
    assert "Buy it" not in message.html
    assert "https://x.example/s\n" not in message.text


def test_a_second_element_of_a_kind_goes_on_where_the_first_ended():
    items = [ITEM | {"name": f"Tea {number}"} for number in range(5)]
    element = '<aiq-feed kind="on_sale" layout="hero" /><aiq-feed kind="on_sale" count="3" layout="grid" />'
    message = rendered(element, *items, kind="on_sale")
    assert [message.text.count(f"Tea {number}") for number in range(5)] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 1), (3, 2), (5, 3)])
def test_a_grid_has_two_columns_and_an_odd_one_stays_in_its_own(count, rows):
    items = [ITEM | {"name": f"Tea {number}"} for number in range(count)]
    html = rendered('<aiq-feed layout="grid" />', *items).html
    assert _body(html).count("mj-column-per-50") == 2 * rows
    assert [html.count(f">Tea {number}<") for number in range(count)] == [1] * count


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_hostile_product_data_is_text_or_left_out(layout):
    hostile = ITEM | {
        "name": "<script>alert(1)</script>{{ shopper.email }}{% for %}",
        "brand": '" onerror="x',
        "note": "<b>bold</b>",
        "url": "javascript:alert(1)",
        "image": "data:text/html,x",
    }
    message = rendered(f'<aiq-feed layout="{layout}" button="Look" />', hostile)
    assert "<script" not in message.html
    assert "javascript:" not in message.html + message.text
    assert "data:text" not in message.html
    assert "<b>bold" not in message.html
    assert 'onerror="' not in message.html
    assert "{{ shopper.email }}{% for %}" in message.html


def test_words_of_the_marketer_are_text_and_may_hold_values_of_the_shopper():
    element = '<aiq-feed title="For {{ shopper.first_name | default: "you" }} &amp; &lt;yours&gt;" />'
    message = rendered(element)
    assert "For Anna &amp; &lt;yours&gt;" in message.html
    assert "For Anna & <yours>" in message.text
