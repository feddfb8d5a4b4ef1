"""The words of the pages and mails that shoppers see from us, in their language (templates/public/words)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from campaigns.templating.parts import language_of

_DIRECTORY = Path(__file__).resolve().parent.parent.parent / "templates" / "public" / "words"


def words(locale: str, **values: str) -> Mapping[str, str]:
    """Every sentence with these values put in; what a sentence needs and nobody gave stays as `{name}`."""
    given = _Given(values)
    return {name: text.format_map(given) for name, text in _read(language_of(locale)).items()}


class _Given(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


@cache
def _read(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((_DIRECTORY / f"{language}.json").read_text())
    return read
