"""What templates usually say is written out as Python: it shows, and refuses, exactly what python-liquid's own nodes do."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.builtin.content import Literal
from liquid.builtin.output import Output
from liquid.builtin.tags.for_tag import ForTag
from liquid.builtin.tags.if_tag import IfTag

from campaigns.links import LinkMaker
from campaigns.templating.liquid import MissingData, RenderFailed, StrictEnvironment, Template, parse
from campaigns.templating.scope import Missing


class AsItComes(StrictEnvironment):
    """Our limits, filters and data with python-liquid's own nodes."""

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in (Literal, Output, IfTag, ForTag):
            self.add_tag(tag)


PLAIN = {html: AsItComes(undefined=partial(Missing), autoescape=html) for html in (True, False)}
LINKS = LinkMaker("https://cart.example", UUID(int=1))

# A whole item and a whole list are asked for, never shown: there the two differ on purpose.
SCALARS = st.sampled_from(
    "word number nothing gone person.name person.age person.gone item.name item.note items.size".split()
)
NAMES = SCALARS | st.sampled_from(["item", "items"])
SHOWN = st.builds(
    "{{{{ {}{} }}}}".format, SCALARS, st.sampled_from(["", "", "", ' | default: "<none>"', " | track", " | upcase"])
)
QUESTIONS = NAMES | st.builds(
    "{} {} {}".format, NAMES, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), st.sampled_from(["1", "2", '"tea"', "word"])
) | st.builds("{} and {}".format, NAMES, NAMES)  # fmt: skip
CHANGES = st.sampled_from(
    ["{% assign word = number %}", "{% assign person = items[0] %}", "{% capture word %}<{{ number }}>{% endcapture %}"]
)


def inner(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(parts, max_size=4).map("".join)
    return (
        st.builds("{{% if {} %}}{}{{% endif %}}".format, QUESTIONS, body)
        | st.builds(
            "{{% if {} %}}{}{{% elsif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            QUESTIONS,
            body,
            QUESTIONS,
            body,
            body,
        )
        | st.builds(
            "{{% for item in items{} %}}{}{{% endfor %}}".format, st.sampled_from(["", " limit: 1", " reversed"]), body
        )
    )


TEMPLATES = st.lists(
    st.recursive(st.sampled_from(["tea ", "<b>", " \n"]) | SHOWN | CHANGES, inner, max_leaves=12), max_size=6
)
VALUES = st.sampled_from(["tea", "<b>&", "", 0, 1, 2, True, 1.5, None, "https://shop.example/?a=1&b=2"])
ITEMS = st.lists(st.fixed_dictionaries({"name": VALUES, "note": VALUES}), max_size=3)
DATA = st.fixed_dictionaries(
    {"word": VALUES, "number": VALUES, "nothing": st.none(), "items": ITEMS}
    | {"person": st.fixed_dictionaries({"name": VALUES, "age": VALUES})}
)


def outcome(template: Template, data: dict[str, Any]) -> str:
    try:
        return template.render_with(data, LINKS)
    except (MissingData, RenderFailed) as error:
        return f"{type(error).__name__} {error}"


@given(TEMPLATES.map("".join), DATA, st.booleans())
@settings(max_examples=300)
def test_a_template_says_the_same_either_way(source: str, data: dict[str, Any], html: bool) -> None:
    own = PLAIN[html].from_string(source)
    assert isinstance(own, Template)
    assert outcome(parse(source, html=html), data) == outcome(own, data)


MANY = {
    "names": "{{ word }} " * 3000,
    "branches": "{% if number > 1 %}" + "{% elsif number > 2 %}no" * 3000 + "{% else %}tea{% endif %}",
    "questions": "{% if word %}{{ word }}{% endif %}" * 3000,
}


@pytest.mark.parametrize("name", MANY)
def test_a_template_of_more_parts_than_python_reads_at_once_is_shown_too(name: str) -> None:
    shown = parse(MANY[name], html=True).render_with({"word": "tea", "number": 1}, LINKS)
    assert shown.replace("tea", "").strip() == ""
    assert shown.startswith("tea")
