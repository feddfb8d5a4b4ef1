"""The files that our own elements are made of (templates/messages/email/parts), with options put in.

Within `<!--name-->…<!--/name-->` stands what is there only where the option `name` is set; `$name` is an option's value.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

_DIRECTORY = Path(__file__).resolve().parent.parent.parent / "templates" / "messages" / "email" / "parts"
_REGION = re.compile(r"<!--(\w+)-->(.*?)<!--/\1-->", re.DOTALL)


def filled(file: str, options: Mapping[str, str]) -> str:
    """The part in `file` with the options put in; empty where there is no such file."""
    text = _read(file)
    while _REGION.search(text):
        text = _REGION.sub(lambda region: region[2] if options.get(region[1]) else "", text)
    return Template(text).substitute(options)


@cache
def _read(file: str) -> str:
    path = _DIRECTORY / file
    return path.read_text().strip() if path.exists() else ""
