"""Templates and product data that mean harm: refused at save, or stopped in the middle, and the worker is as before."""

from time import perf_counter
from typing import Any

import psutil
import pytest

from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import Source, TemplateProblems, compile_source
from campaigns.templating.liquid import RenderFailed, parse

DATA: dict[str, Any] = {"shopper": {"first_name": "Avery"}, "items": [{"name": "Tea"}]}
FRAME = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text><mj-text>{{{{ unsubscribe_url }}}}</mj-text>"
    "</mj-column></mj-section></mj-body></mjml>"
)


def long(text: str) -> str:
    """Sets `a` to 64 KB of a text, which is as long as a filter may make it."""
    return f'{{% assign a = "{text * (8 // len(text))}" %}}' + "{% assign a = a | append: a %}" * 13


STOPPED = {
    "a huge loop": "{% for i in (1..99999999) %}{% endfor %}",
    "a huge loop backwards": "{% for i in (1..99999999) reversed %}{% endfor %}",
    "the end of a huge loop": "{% for i in (1..99999999) offset: 99999990 limit: 5 %}{% endfor %}",
    "a loop to a number that is computed": "{% assign n = 99 | times: 99 | times: 99 %}{% for i in (1..n) %}{% endfor %}",
    "nested loops": "{% for i in (1..999) %}{% for j in (1..999) %}x{% endfor %}{% endfor %}",
    "many loops": "{% for i in (1..40) %}{% for j in (1..40) %}{% endfor %}{% endfor %}" * 20,
    "deep loops": "{% for i in (1..9) %}" * 15 + "{% endfor %}" * 15,
    "a long output": "{% for i in (1..2000) %}" + "x" * 2000 + "{% endfor %}",
    "a long output without loop": long("a") + "{{ a }}" * 20,
    "a chain of replacements": '{{ "x" ' + '| replace: "x", "xxxxxxxxxx" ' * 20 + "}}",
    "replacing nothing": long("a") + '{{ a | replace: "", a }}',
    "doubling": '{% assign a = "xxxxxxxx" %}' + "{% assign a = a | append: a %}" * 30,
    "capturing twice what was captured": "{% capture a %}xxxxxxxx{% endcapture %}"
    + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 40,
    "joined": "{% assign a = 'x' | split: '' %}{{ a | join: '" + "y" * 70_000 + "' }}",
    "lines that grow": long("&") + "{{ a " + "| escape " * 3000 + "}}",
    "addresses that grow": long("%") + "{{ a " + "| url_encode " * 3000 + "}}",
    "many parts": long("a") + "{{ a | split: '' | uniq | size }}",
    "many comparisons": long("a") + "{% if a contains 'ab' %}{% endif %}" * 5000,
    "many comparisons the other way": long("a") + "{% unless a contains 'ab' %}{% endunless %}" * 4000,
    "many filters": long("a") + "{% assign b = a | upcase | strip_html | squish %}" * 3500,
    "huge numbers": "{{ 9 " + "| times: 99 " * 50 + "}}",
    "numbers without end": "{{ '9e99999999' | floor }}",
    "division by zero": "{{ 3 | divided_by: 0 }}",
    "many locals": "".join(f'{{% assign a{n} = "{"z" * 600}" %}}' for n in range(600)),
    "a lost break": "{% break %}",
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_hostile_template_is_stopped_quickly_and_tells_why(name: str) -> None:
    template = parse(STOPPED[name], html=True)
    began = perf_counter()
    with pytest.raises(RenderFailed, match=r"\w"):
        template.render_with(DATA, PlainLinks())
    assert perf_counter() - began < 5  # half a second of its own; the rest is for a busy machine


REFUSED = {
    "{{ shopper.__class__ }}": "no “shopper.__class__”",
    "{{ shopper['__class__'] }}": "no “shopper.__class__”",
    "{{ shopper.first_name.__class__.__mro__ }}": "no “shopper.first_name.__class__.__mro__”",
    "{{ shopper[cart.currency] }}": "There is no “shopper",
    "{{ items.__class__ }}": "“items” is a list",
    "{{ items[0].__init__ }}": "no “__init__”",
    "{{ settings.SECRET_KEY }}": "no “settings.SECRET_KEY”",
    "{{ (1..99999999) | reverse }}": "can only be looped over",
    "{{ 'x' | append: (1..99999999) }}": "can only be looped over",
    "{% assign r = (1..99999999) %}": "can only be looped over",
    "{% if (1..99999999) contains 'x' %}{% endif %}": "can only be looped over",
    "{% include 'settings' %}": "Unexpected tag",
    "{% render 'x' %}": "Unexpected tag",
    "{% liquid assign a = 1 %}": "Unexpected tag",
    "{{ shopper.first_name | eval }}": "no filter “eval”",
    "{{ shopper.first_name | safe }}": "no filter “safe”",
    "{% if shopper.first_name %}" * 60 + "{% endif %}" * 60: "nesting limit",
    "{% if " + "shopper.first_name and " * 4000 + "shopper.first_name %}{% endif %}": "",
    "{{ " + "9" * 5000 + " | plus: 1 }}": "",
}


@pytest.mark.parametrize("source", REFUSED, ids=range(len(REFUSED)))
def test_what_reaches_for_more_than_the_message_is_refused_at_save(source: str) -> None:
    with pytest.raises(TemplateProblems) as caught:
        compile_source(Source("Your cart", "", FRAME.format(source)))
    assert REFUSED[source] in str(caught.value)


@pytest.mark.parametrize(
    "source", ['{{ items | map: "__class__" }}', '{{ items | where: "__class__" | size | minus: 0 }}']
)
def test_filters_find_nothing_but_data(source: str) -> None:
    assert parse(source, html=True).render_with(DATA, PlainLinks()) in ("", "0")


@pytest.mark.parametrize(
    "name", ["{{ 7 | times: 7 }}", "{% for i in (1..9) %}x{% endfor %}", "<script>alert(1)</script>"]
)
def test_products_and_shoppers_are_shown_as_they_are_called(name: str) -> None:
    item = {**SAMPLE_CONTEXT["items"][0], "name": name, "brand": name}
    context = SAMPLE_CONTEXT | {"items": [item], "shopper": {"first_name": name}}
    message = render(compile_source(starters()["gentle-reminder"].source(feed=True)), context, PlainLinks())
    assert name in message.text
    assert "49" not in message.text
    assert "<script>" not in message.html


def test_the_memory_of_a_worker_stays_flat_over_two_thousand_hostile_renders() -> None:
    quick = ("a huge loop", "doubling", "capturing twice what was captured", "many parts", "a long output", "joined")
    templates = [parse(STOPPED[name], html=True) for name in quick]

    def run(times: int) -> int:
        for number in range(times):
            with pytest.raises(RenderFailed):
                templates[number % len(templates)].render_with(DATA, PlainLinks())
        return int(psutil.Process().memory_info().rss)

    before = run(200)
    assert run(2_000) - before < 16 * 1024**2
