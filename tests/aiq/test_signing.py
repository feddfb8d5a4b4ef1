import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiq.lib.signing import BadToken, keyed_hash, sign, unsign


@given(st.binary(max_size=300))
def test_a_token_gives_its_payload_back(payload):
    assert unsign("c", sign("c", payload)) == payload


@given(st.text(max_size=80))
def test_arbitrary_text_is_refused_as_a_bad_token(text):
    with pytest.raises(BadToken):
        unsign("c", text)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_token_with_one_character_changed_is_refused(payload, data):
    token = sign("c", payload)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = data.draw(st.sampled_from("ABCDEFghijk0123-_"))
    if changed != token[at]:
        with pytest.raises(BadToken):
            unsign("c", token[:at] + changed + token[at + 1 :])


def test_a_token_of_one_purpose_does_not_serve_another():
    with pytest.raises(BadToken):
        unsign("u", sign("c", b"payload"))


def test_a_token_outlives_a_rotation_of_the_secret_key(settings):
    settings.SECRET_KEY = "old"
    token = sign("u", b"payload")
    settings.SECRET_KEY = "new"
    settings.SECRET_KEY_FALLBACKS = ["older", "old"]
    assert unsign("u", token) == b"payload"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        unsign("u", token)


def test_a_keyed_hash_depends_on_value_and_key_and_has_32_bytes(settings):
    settings.HASH_KEY = "one"
    first = keyed_hash("anna@example.com")
    settings.HASH_KEY = "two"
    assert len(first) == 32
    assert first not in (keyed_hash("anna@example.com"), keyed_hash("ben@example.com"))
