"""The check list of a content: for each check the least that sets it off, and the like that does not."""

from dataclasses import replace

import pytest

from campaigns.editing.checks import CUT_BYTES, NEARLY_CUT_BYTES, Check, ContentFacts, Needed, content_checks
from campaigns.editing.previewing import preview
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import Problem

WORDS = "<p>You left something in your cart. It is kept for you for some days.</p>"
WAY_OUT = '<a href="#unsubscribe">Unsubscribe</a>'
FINE = ContentFacts(
    subject="Your cart waits",
    preheader="One click and you are back",
    source="",
    html=WORDS + WAY_OUT,
    text="You left something.",
    sent_bytes=20_000,
    hosts=frozenset({"shop.example"}),
)


def html(body: str) -> ContentFacts:
    return replace(FINE, html=WORDS + body + WAY_OUT)


def found(facts: ContentFacts) -> list[Check]:
    return [check for check in content_checks(facts) if check.level != "ok"]


def levels(facts: ContentFacts) -> list[tuple[str, str]]:
    return [(check.code, check.level) for check in found(facts)]


def test_a_sound_content_has_nothing_to_mend_and_says_what_was_looked_at() -> None:
    assert found(FINE) == []
    assert len(content_checks(FINE)) == 10


LETTER = "{%- for one in items limit: 6 %}{{ one.name }}{% endfor %}"
PICTURE = '<img src="https://shop.example/a.png" width="536" alt="Green tea">'
LONG = "Words that say what is in the picture. " * 8


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(FINE, subject=" "), ("subject", "error")),
        (replace(FINE, subject="x" * 61), ("subject", "warning")),
        (replace(FINE, subject="x" * 60), None),
        (replace(FINE, subject="COME BACK NOW"), ("capitals", "warning")),
        (replace(FINE, subject="Come back NOW"), None),
        (replace(FINE, subject="TEAS & POTS"), ("capitals", "warning")),
        (replace(FINE, subject="OK"), None),
        (replace(FINE, preheader=""), ("preheader", "warning")),
        (replace(FINE, sent_bytes=CUT_BYTES), ("size", "warning")),
        (replace(FINE, sent_bytes=NEARLY_CUT_BYTES), ("size", "warning")),
        (replace(FINE, sent_bytes=NEARLY_CUT_BYTES - 1), None),
        (replace(FINE, text="\nUnsubscribe: #unsubscribe\n"), ("text", "warning")),
        (replace(FINE, source=LETTER + "<aiq-feed layout='grid' />"), ("twice", "warning")),
        (replace(FINE, source=LETTER + '<aiq-feed kind="abandoned_items" />'), ("twice", "warning")),
        (replace(FINE, source=LETTER + '<aiq-feed title="a > b" kind="best_sellers" />'), None),
        (replace(FINE, source=LETTER), None),
        (replace(FINE, html=WORDS), ("unsubscribe", "error")),
        (replace(FINE, html="", problems=(Problem(3, "no_unsubscribe", "x"),)), ("unsubscribe", "error")),
        (replace(FINE, html="", problems=(Problem(3, "mjml", "No."),)), ("mjml", "error")),
        (replace(FINE, needed=(Needed("First name", 412, 900),)), ("personal", "warning")),
        (replace(FINE, needed=(Needed("First name", 0, 900),)), None),
        (html('<img src="a.png">'), ("alt", "warning")),
        (html('<img src="a.png" alt=" ">'), ("alt", "warning")),
        (html('<img src="a.png" alt="Green tea">'), None),
        (html('<div style="display:none"><img src="a.png"></div>'), None),
        (html('<a href="http://shop.example/">Shop</a>'), ("https", "warning")),
        (html('<a href="https://shop.example/">Shop</a>'), None),
        (html('<a href="https://www.shop.example/">Shop</a>'), None),
        (html('<a href="https://notshop.example/">Shop</a>'), ("domains", "warning")),
        (html('<a href="https://[/">Shop</a>'), ("domains", "warning")),
        (html('<a href="mailto:help@other.example">Help</a>'), None),
        (html(PICTURE), ("layout", "warning")),
        (html(PICTURE + LONG), None),
        (html(PICTURE.replace("536", "120")), None),
    ],
)  # fmt: skip
def test_each_check_is_set_off_by_the_least_and_not_by_less(
    facts: ContentFacts, expected: tuple[str, str] | None
) -> None:
    assert levels(facts) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("body", "faint"),
    [
        ('<p style="color:#999">x</p>', True),
        ('<p style="color:#767676">x</p>', False),
        ('<p style="color:#949494;font-size:24px">x</p>', False),
        ('<p style="color:#949494;font-size:19px;font-weight:700">x</p>', False),
        ('<p style="color:#949494;font-size:19px">x</p>', True),
        ('<td bgcolor="#fff"><a style="background:#ffd700;color:white">x</a></td>', True),
        ('<td bgcolor="#111"><span style="color:rgb(255, 255, 255)">x</span></td>', False),
        ('<td bgcolor="#111">x</td>', True),
        ('<div style="background:url(a.png) #111">x</div>', False),
        ('<div style="background:#111">&#8202;<br></div>', False),
        ('<p style="display:none;color:#fff">x</p>', False),
        ("<!--[if mso]><p style='color:#fff'>x</p><![endif]-->", False),
        ('<style>p { color: #fff }</style><p style="color:var(--x)">x</p>', False),
        ('</td></p><p style="color:#fff">x', True),
    ],
)  # fmt: skip
def test_faint_words_are_found_by_the_colours_around_them(body: str, faint: bool) -> None:
    assert levels(replace(FINE, html=WORDS + WAY_OUT + body)) == ([("contrast", "warning")] if faint else [])


def test_every_finding_says_why_and_where() -> None:
    source = "<mjml>\n<mj-image src='a.png' />\n</mjml>"
    [check] = found(replace(html('<img src="a.png">'), source=source))
    assert (check.field, check.line) == ("body", 2)
    assert check.why
    assert check.fix


def test_whoever_gets_nothing_is_counted_in_words() -> None:
    [check] = found(replace(FINE, needed=(Needed("First name", 412, 900),)))
    assert check.text == "412 of the last 900 shoppers have no first name."
    assert "get nothing" in check.why


@pytest.mark.parametrize("slug", starters())
def test_the_starters_have_nothing_to_mend(slug: str) -> None:
    source = starters()[slug].source(feed=True)
    shown = preview(source, SAMPLE_CONTEXT)
    assert shown.message is not None
    facts = ContentFacts(
        shown.message.subject,
        source.preheader,
        source.body,
        shown.message.html,
        shown.message.text,
        shown.sent_bytes,
        hosts=frozenset({"shop.example.com"}),
    )
    assert found(facts) == []
