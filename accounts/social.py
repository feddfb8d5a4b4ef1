"""A merchant's pages on social networks: which there are, and how they are read from a list of addresses."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

NETWORKS = {
    "instagram": "Instagram",
    "facebook": "Facebook",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "pinterest": "Pinterest",
    "x": "X",
    "threads": "Threads",
    "bluesky": "Bluesky",
    "linkedin": "LinkedIn",
}
_HOSTS = {"twitter.com": "x", "x.com": "x", "threads.net": "threads", "threads.com": "threads", "bsky.app": "bluesky"}
_HOSTS |= {f"{name}.com": name for name in ("instagram", "facebook", "tiktok", "youtube", "pinterest", "linkedin")}
_is_address = URLValidator(schemes=["https"])


def social_links(text: str) -> dict[str, str]:
    """The networks' addresses by name, from one address a line. Raises `ValidationError` for what is none of them."""
    links: dict[str, str] = {}
    for address in filter(None, map(str.strip, text.splitlines())):
        name = network_of(address)
        if name in links:
            raise ValidationError(f"There are two addresses of {NETWORKS[name]}. Keep one.")
        links[name] = address
    return links


def network_of(address: str) -> str:
    """Which network an https address belongs to. Raises `ValidationError`."""
    try:
        _is_address(address)
    except ValidationError as error:
        raise ValidationError(f"“{address}” is no complete address: it starts with https://.") from error
    parts = (urlsplit(address).hostname or "").lower().split(".")
    found = _HOSTS.get(".".join(parts[-2:]))
    if found is None:
        known = ", ".join(NETWORKS.values())
        raise ValidationError(f"“{address}” is on none of the networks we know: {known}.")
    return found
