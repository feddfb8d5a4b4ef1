"""The files that our own elements are made of (templates/messages/email/parts), with options put in.

Within `<!--name-->…<!--/name-->` stands what is there only where the option `name` is set; `$name` is an option's value,
`$say_name` the words of that name in the language of the message (templates/messages/email/words).
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

LANGUAGES = {"en": "English", "es": "Spanish"}
_DIRECTORY = Path(__file__).resolve().parent.parent.parent / "templates" / "messages" / "email"
_REGION = re.compile(r"<!--(\w+)-->(.*?)<!--/\1-->", re.DOTALL)


def filled(file: str, options: Mapping[str, str], language: str = "en") -> str:
    """The part in `file` with the words of the language and the options put in; empty where there is no such file."""
    text = _read(file, language)
    while _REGION.search(text):
        text = _REGION.sub(lambda region: region[2] if options.get(region[1]) else "", text)
    return Template(text).substitute(options)


def language_of(tag: str) -> str:
    """The language of ours that a tag such as es-MX means; English where we have no words in it."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


@cache
def _read(file: str, language: str) -> str:
    path = _DIRECTORY / "parts" / file
    words = json.loads((_DIRECTORY / "words" / f"{language}.json").read_text())
    said = {f"say_{name}": text for name, text in words.items()}
    return Template(path.read_text().strip()).safe_substitute(said) if path.exists() else ""
