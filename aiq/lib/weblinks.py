"""Addresses of pages and pictures, as others give them: which ones may be kept and shown."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

MAX_LINK = 2000
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f]")


@lru_cache(maxsize=2048)
def link(text: str) -> str:
    """The address where it is http or https with a host, of at most 2,000 characters, without spaces; else ""."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    fits = parts.scheme in {"http", "https"} and host and len(text) <= MAX_LINK
    return text if fits and not _SPACE_OR_CONTROL.search(text) else ""
