"""Short links: one delivery, one purpose, and nobody makes one without the key."""

import uuid
from typing import Any

import pytest

from aiq.lib.signing import BadToken
from campaigns.texts.shortlinks import CART, CHARS, PURPOSES, WAY_OUT, meanings, token


def leads_to(text: str, code: uuid.UUID) -> set[str]:
    return {one.purpose for one in meanings(text) if one.first <= code <= one.last}


def test_a_token_leads_to_its_delivery_for_its_purpose_only() -> None:
    for _ in range(200):
        code = uuid.uuid4()
        for purpose in PURPOSES:
            made = token(purpose, code)
            assert len(made) == CHARS
            assert made.isalnum()
            assert made.isascii()
            assert leads_to(made, code) == {purpose}


def test_tokens_of_neighbours_have_nothing_in_common() -> None:
    first = uuid.uuid4()
    near = uuid.UUID(int=first.int ^ (1 << 127))
    assert token(CART, first) != token(CART, near) != token(WAY_OUT, near)


def test_a_key_of_before_still_reads_its_links(settings: Any) -> None:
    code = uuid.uuid4()
    made = token(CART, code)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert leads_to(made, code) == {CART}
    settings.SECRET_KEY_FALLBACKS = []
    assert leads_to(made, code) == set()


@pytest.mark.parametrize("text", ["", "short", "0123456789a", "012345678-", "é123456789", "zzzzzzzzzz", "0" * 9 + "\n"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        meanings(text)
