import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.parsing import NotJsonError, load

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"[1,]", "syntax"),
        (b"{'a': 1}", "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b"NaN", "number"),
        (b"[-Infinity]", "number"),
        (b"1e999", "number"),
        (b"9" * 5000, "number"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "duplicate_key"),
        (b'"\\u0000"', "nul"),
        (b'{"\\u0000": 1}', "nul"),
        (b'"\0"', "syntax"),
        (b'"\\ud800"', "surrogate"),
        (b'[{"a": "x\\uDC00"}]', "surrogate"),
        (b'"\xed\xa0\x80"', "encoding"),
        (b'"\xff"', "encoding"),
        ('"é"'.encode("latin-1"), "encoding"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 50_000, "too_deep"),
    ],
)
def test_what_is_not_plain_json_is_refused_with_its_code(body: bytes, code: str) -> None:
    with pytest.raises(NotJsonError) as refused:
        load(body)
    assert refused.value.code == code


def test_an_empty_body_is_called_empty() -> None:
    with pytest.raises(NotJsonError, match=r"The body is empty\."):
        load(b" \n")


def test_nesting_of_32_is_read() -> None:
    assert load(b"[" * 32 + b"]" * 32)


def test_brackets_within_text_do_not_nest() -> None:
    text = '[{"\\' * 200
    assert load(json.dumps([text, {"a": [text]}]).encode()) == [text, {"a": [text]}]


def test_escaped_backslashes_before_u0000_are_text() -> None:
    assert load(b'"\\\\u0000 \\ud83d\\ude00"') == "\\u0000 😀"


def test_integers_beyond_64_bits_stay_exact() -> None:
    assert load(b"123456789012345678901234567890") == 123456789012345678901234567890


def test_an_unclosed_text_of_escaped_quotes_is_scanned_in_a_moment() -> None:
    with pytest.raises(NotJsonError):
        load(b"[" * 40 + b'"' + b'\\"' * 130_000)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(NotJsonError):
        load(body)


@given(st.text(alphabet='[]{}",:\\u0dD8 1e-.nulItrafs'))
def test_anything_like_json_is_read_or_refused(text: str) -> None:
    with suppress(NotJsonError):
        load(text.encode())


@given(JSON.map(lambda value: json.dumps(value)).filter(lambda text: "\\u0000" not in text))
def test_what_is_json_reads_as_the_standard_library_reads_it(text: str) -> None:
    assert load(text.encode()) == json.loads(text)
