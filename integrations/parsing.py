"""The one JSON door: everything a store sends is read here, and whatever is not plain JSON is refused with a reason.

RFC 8259, and stricter where a lenient reading would let two programs see two documents: no duplicate keys, no NaN or
Infinity, no NUL (PostgreSQL's text cannot hold it), no lone surrogates, nesting of at most 32.
"""

import json
import math
import re
from itertools import accumulate
from typing import Any, NoReturn

MAX_DEPTH = 32

# An unclosed string counts up to the end, so that the scan stays linear whatever was sent.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SUSPECT_ESCAPES = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class NotJsonError(ValueError):
    """The body is not a JSON document we read. `code` is stable; the text is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def load(body: bytes) -> Any:
    """The document in `body`, as dicts, lists, text, numbers, bools and None. Raises `NotJsonError` and nothing else."""
    if not body.strip():
        raise NotJsonError("syntax", "The body is empty.")
    text = _text(body)
    if _depth(body) > MAX_DEPTH:
        raise NotJsonError("too_deep", f"Nested deeper than {MAX_DEPTH}.")
    try:
        document = _DECODER.decode(text)
    except NotJsonError:
        raise
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(" at")
        raise NotJsonError("syntax", f"{said} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise NotJsonError("number", "A number is too long.") from None
    if _SUSPECT_ESCAPES.search(text):
        _refuse_unstorable(document)
    return document


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise NotJsonError("encoding", f"Not UTF-8 at byte {error.start}.") from None


def _depth(body: bytes) -> int:
    """How deep brackets nest outside of strings: found before a parser that recurses sees the document."""
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return 0
    brackets = _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonError("duplicate_key", "A name appears twice in one object.")
    return found


def _constant(name: str) -> NoReturn:
    raise NotJsonError("number", f"{name} is not a JSON number.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJsonError("number", "A number is too large.")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def _refuse_unstorable(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise NotJsonError("nul", "Text holds the character NUL.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotJsonError("surrogate", "Text holds half of a surrogate pair.") from None
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)
