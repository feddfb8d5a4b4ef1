"""The words of our own in a message follow its language."""

import json
from pathlib import Path

import pytest

from campaigns.composer.reading import read_blocks
from campaigns.composer.to_mjml import to_mjml
from campaigns.links import PlainLinks
from campaigns.rendering import Rendered, render
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.compiling import Source, compile_source
from campaigns.templating.parts import LANGUAGES, language_of

WORDS = Path(__file__).parents[2] / "templates" / "messages" / "email" / "words"


def message(tag: str, layout: str = "list") -> Rendered:
    body = f'<mjml{tag}><mj-body><aiq-feed layout="{layout}" count="1" /><aiq-footer /></mj-body></mjml>'
    return render(compile_source(Source("S", "", body)), SAMPLE_CONTEXT, PlainLinks())


def test_every_language_has_every_word() -> None:
    said = {code: json.loads((WORDS / f"{code}.json").read_text()) for code in LANGUAGES}
    assert {path.stem for path in WORDS.iterdir()} == set(LANGUAGES)
    assert len({tuple(words) for words in said.values()}) == 1
    assert all(text.strip() for words in said.values() for text in words.values())


@pytest.mark.parametrize(
    ("tag", "language"),
    [("es", "es"), ("es-MX", "es"), ("ES_es", "es"), ("en-GB", "en"), ("tlh", "en"), ("", "en"), ("{{ x }}", "en")],
)
def test_a_tag_means_one_of_our_languages(tag: str, language: str) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_a_spanish_message_is_spanish_to_the_last_line(layout: str) -> None:
    shown = message(' lang="es"', layout)
    assert '<html lang="es"' in shown.html
    for part in (shown.html, shown.text):
        assert "Recibes este correo" in part
        assert "En lugar de Sencha (agotado)" in part
        assert "más en tu carrito" in part
        for english in ("Unsubscribe", "Instead of", "more in your cart", "You get this"):
            assert english not in part


def test_a_message_without_a_language_is_english() -> None:
    assert "Instead of Sencha (sold out)" in message("").text


def test_blocks_say_their_language_in_the_footer() -> None:
    document = read_blocks({"blocks": [{"type": "footer", "language": "es"}]}).document
    assert '<mjml lang="es">' in to_mjml(document).source
