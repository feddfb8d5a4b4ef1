"""Whether a document fits its struct, and if not, everything that is wrong with it, each with its JSON pointer.

The good path is msgspec's compiled one. Only a document that fails it is taken apart, part by part.
"""

import types
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from aiq.lib import fields
from aiq.lib.fields import FieldProblem
from aiq.lib.problems import FieldError
from integrations.schema import Document, RulesBroken

MAX_ERRORS = 100
AHEAD = timedelta(minutes=5)

D = TypeVar("D", bound=Document)


class Invalid(ValueError):  # noqa: N818
    """A document with fields that are wrong: all of them that could be found, up to 100."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} wrong")
        self.errors = errors


def check(value: Any, kind: type[D], now: datetime, pointer: str = "") -> D:
    """`value` as a `kind`. Raises `Invalid`; times more than five minutes ahead of `now` are wrong too."""
    try:
        document = msgspec.convert(value, kind, dec_hook=fields.read)
    except msgspec.ValidationError:
        raise Invalid(list(_first(_problems(value, kind, pointer)))) from None
    if ahead := [pointer + place for place, moment in document.moments() if moment and moment > now + AHEAD]:
        raise Invalid([FieldError(place, "ahead", "More than five minutes ahead.") for place in ahead])
    return document


def _first(errors: Iterator[FieldError]) -> Iterator[FieldError]:
    return (error for error, _ in zip(errors, range(MAX_ERRORS), strict=False))


def _problems(value: Any, kind: Any, pointer: str) -> Iterator[FieldError]:
    """Every smallest part of `value` that does not fit; a whole is only named where all its parts fit."""
    try:
        msgspec.convert(value, kind, dec_hook=fields.read)
    except msgspec.ValidationError as error:
        deeper = (found for part in _parts(value, kind, pointer) for found in _problems(*part))
        first = next(deeper, None)
        if first is None:
            yield from _of_the_whole(error, value, kind, pointer)
        else:
            yield first
            yield from deeper
            yield from _missing(value, kind, pointer)


def _parts(value: Any, kind: Any, pointer: str) -> Iterator[tuple[Any, Any, str]]:
    """Value, kind and pointer of each member or item; none of a list that is too long: that alone is worth saying."""
    if isinstance(value, (dict, list)) and len(value) > (_limits(kind).max_length or len(value)):
        return
    kind = bare(kind)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, Struct):
        for field in msgspec.structs.fields(kind):
            if field.encode_name in value:
                yield value[field.encode_name], field.type, f"{pointer}/{field.encode_name}"
    elif isinstance(value, list) and get_origin(kind) is list:
        for index, item in enumerate(value):
            yield item, get_args(kind)[0], f"{pointer}/{index}"
    elif isinstance(value, dict) and get_origin(kind) is dict:
        for key, item in value.items():
            yield item, get_args(kind)[1], f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _missing(value: Any, kind: Any, pointer: str) -> Iterator[FieldError]:
    kind = bare(kind)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, Struct):
        for field in msgspec.structs.fields(kind):
            if field.required and field.encode_name not in value:
                yield FieldError(f"{pointer}/{field.encode_name}", "required", "Is missing.")


def _of_the_whole(error: msgspec.ValidationError, value: Any, kind: Any, pointer: str) -> Iterator[FieldError]:
    cause = error.__cause__
    if isinstance(cause, FieldProblem):
        yield FieldError(pointer, cause.code, cause.detail)
    elif isinstance(cause, RulesBroken):
        for broken in cause.problems:
            yield FieldError(f"{pointer}/{broken.field}" if broken.field else pointer, broken.code, broken.detail)
    elif missing := list(_missing(value, kind, pointer)):
        yield from missing
    else:
        yield FieldError(pointer, *_shape(value, kind))


def _shape(value: Any, kind: Any) -> tuple[str, str]:
    """Code and text where the JSON type, a choice or a limit is wrong."""
    inner = bare(kind)
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return "choice", f"One of {', '.join(inner)}."
    wanted = get_origin(inner) or inner
    if isinstance(value, wanted) and not isinstance(value, bool):
        return "limit", _limit(value, kind)
    return "type", {list: "Must be a list.", int: "Must be an integer.", bool: "Must be true or false."}.get(
        wanted, "Must be an object."
    )


def _limit(value: Any, kind: Any) -> str:
    limits = _limits(kind)
    if isinstance(value, dict) and len(value) <= (limits.max_length or 0):
        return f"Names of at most {_limits(get_args(bare(kind))[0]).max_length} characters."
    return f"At most {limits.max_length}." if limits.max_length else f"From {limits.ge} to {limits.le}."


def _limits(kind: Any) -> Meta:
    """What `Annotated` says of the kind, itself or within `| None`."""
    options = (kind, *(get_args(kind) if get_origin(kind) in (Union, types.UnionType) else ()))
    return next((meta for option in options for meta in getattr(option, "__metadata__", ())), Meta())


def bare(kind: Any) -> Any:
    """The kind without `None` and without limits."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
