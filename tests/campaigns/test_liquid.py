import pytest

from campaigns.links import PlainLinks
from campaigns.templating.liquid import MissingData, parse

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
