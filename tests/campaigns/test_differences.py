"""What differs between two versions, as a person would say it."""

from typing import Any

import pytest

from campaigns.editing.differences import difference
from campaigns.editing.library import Wording


def of(*blocks: dict[str, Any], subject: str = "S") -> Wording:
    return Wording(subject, "", "", {"blocks": list(blocks)})


HEAD = {"id": "b1", "type": "heading", "text": "Hello", "size": "l", "align": "left"}
TEXT = {
    "id": "b2",
    "type": "text",
    "html": '<p>One &amp; <strong>two</strong></p><p>See <a href="https://a.example">us</a></p>',
}
BUTTON = {"id": "b3", "type": "button", "label": "Go", "href": "{{ cart.url }}", "align": "full"}
LINE = {"id": "b4", "type": "divider"}

TABLE = [
    ("the same", of(HEAD, TEXT), of(HEAD, TEXT), []),
    ("a subject", of(), of(subject="T"), ["changed Subject: -S +T"]),
    ("a block more", of(HEAD), of(HEAD, BUTTON), ["added Button: +Go +Leads to: {{ cart.url }} +Place: Whole width"]),
    ("a block less", of(HEAD, LINE), of(HEAD), ["removed Line:"]),
    (
        "a setting",
        of(HEAD),
        of(HEAD | {"size": "s"}),
        ["changed Heading: =Hello -Size: Large +Size: Small =Place: Left"],
    ),
    (
        "a paragraph",
        of(TEXT),
        of(TEXT | {"html": TEXT["html"].replace("two", "three")}),
        ["changed Text: -One & two +One & three =See us (https://a.example)"],
    ),
    ("another order", of(HEAD, TEXT, BUTTON), of(HEAD, BUTTON, TEXT), ["moved Button:"]),
    (
        "another kind",
        of(HEAD),
        of(LINE | {"id": "b1"}),
        ["removed Heading: -Hello -Size: Large -Place: Left", "added Line:"],
    ),
    ("a source", Wording("S", "", "<a>\n\n  <b>\n"), Wording("S", "", "<a>\n<c>"), ["changed Source: =<a> -<b> +<c>"]),
    ("blocks given up", of(LINE), Wording("S", "", "<a>"), ["removed Line:", "added Source: +<a>"]),
    ("a foreign block", of({"id": "x", "type": "hologram"}), of(), []),
]
SIGNS = {"added": "+", "removed": "-", "same": "="}


@pytest.mark.parametrize(("before", "after", "said"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_difference_is_said_by_block_and_line(before: Wording, after: Wording, said: list[str]) -> None:
    found = [
        f"{change.kind} {change.label}:{''.join(f' {SIGNS[line.kind]}{line.text}' for line in change.lines)}"
        for change in difference(before, after)
    ]
    assert found == said
