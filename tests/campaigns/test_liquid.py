import liquid
import pytest

from campaigns.links import PlainLinks
from campaigns.templating.liquid import MissingData, RenderFailed, parse

DATA = {
    "shopper": {"email": "anna@example.com"},
    "cart": {"url": "https://shop.example/cart?a=1&b=2"},
    "items": [{"name": "Tea <b>", "quantity": 2, "note": None}],
}


def shown(source, *, html=True, data=DATA):
    return parse(source, html=html).render_with(data, PlainLinks())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ shopper.first_name | default: "there" }}', "there"),
        ('{{ shopper.first_name | upcase | default: "there" }}', "there"),
        ("{% if shopper.first_name %}a{% else %}b{% endif %}", "b"),
        ('{% if shopper.first_name == "x" %}a{% else %}b{% endif %}', "b"),
        ("{% if shopper.age > 3 %}a{% else %}b{% endif %}", "b"),
        ("{% unless shopper.first_name %}b{% endunless %}", "b"),
        ("{% for i in items %}{{ i.name }}{{ i.note }}{% if i.note %}!{% endif %}{% endfor %}", "Tea &lt;b&gt;"),
        ("{{ items.size }} {{ items.first.quantity }} {{ items[0].quantity }}", "1 2 2"),
        ("{{ items }}", ""),
        ('{{ "<b>" | append: items[0].name }}', "<b>Tea &lt;b&gt;"),
    ],
)
def test_liquid_shows_what_a_marketer_expects(source, expected):
    assert shown(source) == expected


@pytest.mark.parametrize("source", ["{{ shopper.first_name }}", "{{ shopper.first_name | upcase }}", "{{ now }}"])
def test_a_name_without_data_and_default_stops_the_message_and_is_named(source):
    with pytest.raises(MissingData) as caught:
        shown(source)
    assert caught.value.name == source.strip("{ }").split(" ")[0]


def test_text_is_not_escaped():
    assert shown("{{ items[0].name }}", html=False) == "Tea <b>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{{ "javascript:alert(1)" | track }}', DATA["cart"]["url"]),
        ('{{ " JAVASCRIPT:x" | track }}', DATA["cart"]["url"]),
        ('{{ "https://shop.example/" | track }}', "https://shop.example/"),
        ("{{ cart.url | track }}", DATA["cart"]["url"]),
        ("{% capture l %}{{ cart.url }}&c=3{% endcapture %}{{ l | track }}", DATA["cart"]["url"] + "&c=3"),
    ],
)
def test_a_link_is_a_web_address_or_the_carts(source, expected):
    assert shown(source) == expected.replace("&", "&amp;")


HOSTILE = {
    "a huge loop": "{% for i in (1..99999999) %}{% endfor %}",
    "nested loops": "{% for i in (1..999) %}{% for j in (1..999) %}x{% endfor %}{% endfor %}",
    "many loops": "{% for i in (1..40) %}{% for j in (1..40) %}{% endfor %}{% endfor %}" * 20,
    "a long output": "{% for i in (1..2000) %}" + "x" * 2000 + "{% endfor %}",
    "a chain of replacements": '{{ "x" ' + '| replace: "x", "xxxxxxxxxx" ' * 20 + "}}",
    "doubling": '{% assign a = "xxxxxxxx" %}' + "{% assign a = a | append: a %}" * 30,
    "joined": "{% assign a = 'x' | split: '' %}{{ a | join: '" + "y" * 70_000 + "' }}",
    "huge numbers": "{{ 9 " + "| times: 99 " * 50 + "}}",
    "division by zero": "{{ 3 | divided_by: 0 }}",
    "many locals": "".join(f'{{% assign a{n} = "{"z" * 600}" %}}' for n in range(600)),
    "a lost break": "{% break %}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_fails_quickly_and_tells_why(name):
    with pytest.raises(RenderFailed, match=r"\w"):
        shown(HOSTILE[name])


PLAIN = liquid.Environment(undefined=liquid.FalsyStrictUndefined)
NUMBERS = {
    "items": [{"name": "Sencha", "quantity": 2}, {"name": "Pot", "quantity": 1}, {"name": "Cup", "quantity": 3}],
    "n": 2,
    "none": [],
}


@pytest.mark.parametrize(
    "source",
    [
        "{% for item in items %}{{ forloop.index }}/{{ forloop.length }} {{ item.name }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
        "{% for item in items limit: 2 %}{{ item.name }} {% endfor %}{% for item in items offset: continue %}{{ item.name }}{% endfor %}",
        "{% for item in items offset: 1 limit: 5 %}{{ item.name }}{% endfor %}",
        "{% for item in items limit: 0 %}{{ item.name }}{% else %}none{% endfor %}",
        "{% for item in items reversed %}{{ item.name }}{% endfor %}",
        "{% for item in none %}{{ item }}{% else %}none{% endfor %}",
        "{% for item in items %}{% if item.quantity == 1 %}{% continue %}{% endif %}{{ item.name }}{% endfor %}",
        "{% for item in items %}{{ item.name }}{% if item.quantity == 1 %}{% break %}{% endif %}{% endfor %} after {{ item.name | default: 'gone' }}",
        "{% for a in items %}{% for b in items limit: n %}{{ forloop.parentloop.index }}{{ forloop.index }} {% endfor %}{% endfor %}",
        "{% for item in items %}{% assign last = item.name %}{% endfor %}{{ last }}",
        "{% if items.size > 2 %}many{% elsif items.size == 1 %}one{% else %}few{% endif %}",
        "{% if n >= 2 %}a{% endif %}{% if n <= 2 %}b{% endif %}{% if n < 2 %}c{% endif %}{% if n != 2 %}d{% endif %}{% if n == 2 %}e{% endif %}",
        "{% if nothing == 2 %}a{% elsif nothing %}b{% else %}c{% endif %}{% if none %}empty is true{% endif %}",
        "{% if n == true %}a{% endif %}{% if items.first.name == 'Sencha' and n > 1 %}b{% endif %}{% if true %}{% assign x = 1 %}{% endif %}{{ x }}",
    ],
)
def test_the_short_ways_give_what_python_liquid_gives(source):
    expected = PLAIN.from_string(source).render(**NUMBERS)
    assert parse(source, html=False).render_with(NUMBERS, PlainLinks()) == expected
