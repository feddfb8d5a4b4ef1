import pytest

from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.templating.compiling import Source, TemplateProblems, compile_source

BODY = """<mjml><mj-body>
<mj-section><mj-column>
{body}
<mj-text><a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></mj-text>
</mj-column></mj-section>
</mj-body></mjml>"""


def compiled(inner="", /, **changes):
    return compile_source(
        Source(**{"subject": "Your cart", "preheader": "", "body": BODY.format(body=inner)} | changes)
    )


def problems(inner="", /, **changes):
    with pytest.raises(TemplateProblems) as caught:
        compiled(inner, **changes)
    return [(problem.line, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<mj-text>{{ shopper.first_nam }}</mj-text>", "unknown_name"),
        ("<mj-text>{% for p in items %}{{ p.naem }}{% endfor %}</mj-text>", "unknown_name"),
        ("<mj-text>{{ cart.total | upcas }}</mj-text>", "unknown_filter"),
        ("<mj-text>{{ cart.total | safe }}</mj-text>", "unknown_filter"),
        ("<mj-text>{{ cart.total | track }}</mj-text>", "unknown_filter"),
        ("<mj-text>{{ cart.total</mj-text>", "liquid_syntax"),
        ("<mj-text>{% if cart.total %}x</mj-text>", "liquid_syntax"),
        ("<mj-text>{% endif %}</mj-text>", "liquid_syntax"),
        ("<mj-text>{% include 'x' %}</mj-text>", "liquid_syntax"),
        ("<mj-text>a<br>b</mj-text>", "broken_markup"),
        ("<mj-text>a</mj-column>", "broken_markup"),
        ("<b>" * 5000 + "</b>" * 5000, "too_deep"),
        ("<mj-frob />", "unknown_element"),
        ("<mj-include path='/etc/passwd' />", "unknown_element"),
        ("<mj-section />", "misplaced"),
        ("hello", "misplaced"),
        ("{{ cart.total }}", "misplaced"),
        ("<b>hello</b>", "misplaced"),
        ("<mj-image>{% if cart.total %}a{% endif %}</mj-image>", "misplaced"),
        ("<mj-text {% if cart.total %}color='red'{% endif %}>x</mj-text>", "liquid_in_tag"),
        ("<mj-text padding='{{ cart.item_count }}px'>x</mj-text>", "liquid_in_size"),
        ("<mj-text>{% if cart.url %}</mj-text><mj-text>{% endif %}</mj-text>", "crossed_block"),
        ("<mj-text><script>x</script></mj-text>", "not_allowed"),
        ("<mj-text><b onclick='x'>x</b></mj-text>", "not_allowed"),
        ("<mj-text><![CDATA[x]]></mj-text>", "not_allowed"),
        ("<mj-text><a href='javascript:x'>x</a></mj-text>", "bad_link"),
        ("<mj-text><a title='a > b' href='javascript:x'>x</a></mj-text>", "bad_link"),
        ("<mj-text><a HREF='javascript:x'>x</a></mj-text>", "bad_link"),
        ("<mj-text><a href='https://x.example/' HREF='javascript:x'>x</a></mj-text>", "not_allowed"),
        ("<mj-text><svg><a xlink:href='javascript:x'>x</a></svg></mj-text>", "not_allowed"),
        ("<mj-text><!--[if mso]><script>x</script><![endif]--></mj-text>", "not_allowed"),
        ("<mj-text><meta http-equiv='refresh' content='0;url=https://x.example/' /></mj-text>", "not_allowed"),
        ("<mj-text><a href='shop/cart'>x</a></mj-text>", "bad_link"),
        ("<mj-button href='x{{ cart.url }}'>x</mj-button>", "bad_link"),
        ("<mj-text>{{ '<script>' }}</mj-text>", "markup_in_quotes"),
        ("<mj-text>{{ cart.total | default: '<b>0</b>' }}</mj-text>", "markup_in_quotes"),
        ("<mj-text>{% assign a = cart.total | append: '<b>' %}{{ a }}</mj-text>", "markup_in_quotes"),
        ("<mj-text>{% for a in '<b>' %}{{ a }}{% endfor %}{% cycle '', '<b>' %}</mj-text>", "markup_in_quotes"),
        ("<mj-text>\x00</mj-text>", "unprintable"),
        ("<mj-text>LqZ1ZqL</mj-text>", "reserved"),
    ],
)
def test_a_mistake_is_refused_with_its_line(body, code):
    assert (3, code) in problems(body)


def test_what_is_only_compared_may_look_like_markup():
    assert compiled("<mj-text>{% if store.name == '<3' %}x{% elsif cart.total contains '<' %}y{% endif %}</mj-text>")


def test_lines_are_right_behind_liquid_of_several_lines():
    body = "{% comment %}\n\n{% endcomment %}<mj-text>{{ cart.total\n| default:\n'x' }}</mj-text>\n<mj-frob />"
    assert problems(body) == [(8, "unknown_element")]


def test_all_problems_are_told_at_once():
    assert len(problems("<mj-frob /><mj-text>{{ a }}{{ b }}</mj-text>", subject="{{ c }}")) == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": " "}, "no_subject"),
        ({"subject": "a\nb"}, "line_break"),
        ({"body": BODY.format(body="").replace("unsubscribe_url", "cart.url")}, "no_unsubscribe"),
        ({"body": "x" * 200_001}, "too_long"),
        ({"text": "{{ nobody }}"}, "unknown_name"),
        ({"preheader": "{{ cart.total | default: '<b>' }}"}, "markup_in_quotes"),
    ],
)
def test_what_a_mail_needs_is_required(changes, code):
    assert [found for _, found in problems(**changes)] == [code]


def test_a_suggestion_is_made_for_a_slip():
    with pytest.raises(TemplateProblems, match=r"Did you mean “shopper\.first_name”"):
        compiled(subject="Hi {{ shopper.first_nam }}")


def test_liquid_that_mjml_cannot_read_survives():
    body = '<mj-text>{% if cart.item_count < 5 and cart.total != "<x>" %}few{% endif %}</mj-text>'
    message = render(compiled(body), {"cart": {"item_count": 3, "total": "1"}}, PlainLinks())
    assert ">few<" in message.html


def test_liquid_within_a_comment_goes_with_it():
    content = compiled("<!-- {{ cart.total }} --><mj-text>a<!-- {% if cart.url %}b{% endif %} --></mj-text>")
    assert "cart." not in content.html


def test_a_lone_less_than_sign_is_told_from_a_tag():
    with pytest.raises(TemplateProblems, match="is written &lt;"):
        compiled("<mj-text>less than < 5</mj-text>")


def test_blocks_between_elements_leave_nothing_behind():
    content = compiled("{% for item in items %}<mj-text>{{ item.name }}</mj-text>{% endfor %}")
    html = render(content, {"items": [{"name": "Tea"}, {"name": "Pot"}]}, PlainLinks()).html
    assert html.count(">Tea<") == html.count(">Pot<") == 1
    assert "mj-raw" not in html


@pytest.mark.parametrize("link", ['<a title="1 > 0" href="https://x.example/">', '<A HREF = "https://x.example/">'])
def test_a_link_is_counted_however_it_is_written(link):
    content = compiled(f"<mj-text>{link}x{'</A>' if 'HREF' in link else '</a>'}</mj-text>")
    assert '{{ "https://x.example/" | track }}' in content.html


def test_ampersands_and_entities_are_taken_as_people_write_them():
    body = '<mj-text>a &nbsp; b & c <a href="https://x.example/?a=1&b=2">x</a></mj-text>'
    html = render(compiled(body), {}, PlainLinks()).html
    assert 'href="https://x.example/?a=1&amp;b=2"' in html
    assert "b &amp; c" in html


def test_a_backslash_in_an_attribute_stays_one():
    html = render(
        compiled('<mj-image src="https://x.example/a.png" alt="a\\b “é” &quot;q&quot;" />'), {}, PlainLinks()
    ).html
    assert "a&#92;b “é”" in html


def test_lines_are_short_enough_for_mail():
    words = "lorem ipsum " * 300
    html = render(compiled(f"<mj-text>{words}</mj-text>", preheader="p"), {}, PlainLinks()).html
    assert max(map(len, html.encode().split(b"\n"))) < 990


def test_the_text_part_reads_like_a_letter():
    body = (
        "<mj-text>Hi {{ shopper.first_name | default: 'there' }},<br/>see <a href='https://x.example/a'>this</a>.</mj-text>"
        "{% if cart.total %}<mj-text>Total {{ cart.total }}</mj-text>{% endif %}"
        "<mj-image src='https://x.example/a.png' alt='A' /><mj-button href='{{ cart.url }}'>Open  cart</mj-button>"
    )
    text = render(compiled(body), {"cart": {"url": "https://x.example/c"}}, PlainLinks("https://x.example/u")).text
    assert text == (
        "Hi there,\nsee this (https://x.example/a).\n\nOpen cart: https://x.example/c\n\nUnsubscribe (https://x.example/u)\n"
    )


def test_a_written_text_part_is_kept_and_given_the_way_out():
    assert (
        compiled(text="Hello {{ cart.total }}").text == "Hello {{ cart.total }}\n\nUnsubscribe: {{ unsubscribe_url }}\n"
    )


def test_names_are_known_at_save():
    content = compiled("<mj-text>{{ cart.total }}{% for p in items %}{{ p.name }}{% endfor %}</mj-text>")
    assert content.names == ("cart.total", "items", "items.name", "unsubscribe_url")
    assert content.uses_feed
    assert not compiled().uses_feed


def test_the_preheader_is_hidden_in_the_body_and_the_pixel_at_its_end():
    links = PlainLinks(open_url="https://m.example/o/x.gif")
    html = render(compiled(preheader="Only {{ cart.total }}"), {"cart": {"total": "€ 5"}}, links).html
    assert "Only € 5" in html.split("<body")[1][:500]
    assert 'src="https://m.example/o/x.gif"' in html[-250:]
    assert "o/x.gif" not in render(compiled(), {}, PlainLinks()).html
