"""Asks the DNS what it says of a domain that sends mail: SPF, DKIM under the selectors given, DMARC."""

from collections.abc import Sequence
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings

SECONDS = 3.0


class Unanswered(Exception):  # noqa: N818 - reads as what happened
    """No name server answered in time: nothing is known, least of all that a record is missing."""


def look_up(domain: str, selectors: Sequence[str]) -> dict[str, Any]:
    """What is there, as plain data: `spf`, `dmarc`: lists of records; `dmarc_at`: the domain whose policy holds; `dkim`: by selector.

    Raises `Unanswered`.
    """
    resolver = _resolver()
    dmarc_at, dmarc = _policy(resolver, domain)
    keys = {selector: _texts(resolver, f"{selector}._domainkey.{domain}") for selector in selectors}
    return {
        "spf": [text for text in _texts(resolver, domain) if text.lower().split(" ")[0] == "v=spf1"],
        "dmarc_at": dmarc_at,
        "dmarc": dmarc,
        "dkim": {selector: texts[0] for selector, texts in keys.items() if texts},
    }


def _policy(resolver: dns.resolver.Resolver, domain: str) -> tuple[str, list[str]]:
    """The nearest DMARC policy at the domain or above it (RFC 7489, section 6.6.3): a subdomain inherits."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        at = ".".join(labels[start:])
        found = [text for text in _texts(resolver, f"_dmarc.{at}") if text.lower().startswith("v=dmarc1")]
        if found:
            return at, found
    return domain, []


def _texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    try:
        answer = resolver.resolve(name, "TXT")
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise Unanswered(f"{name}: {type(error).__name__}") from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def _resolver() -> dns.resolver.Resolver:
    """The machine's own, or the name server of DNS_SERVER (`host:port`)."""
    host, _, port = settings.DNS_SERVER.partition(":")
    try:
        resolver = dns.resolver.Resolver(configure=not host)
    except dns.resolver.NoResolverConfiguration as error:
        raise Unanswered("this machine names no name server") from error
    if host:
        resolver.nameservers, resolver.port = [host], int(port or 53)
    resolver.timeout, resolver.lifetime = SECONDS / 2, SECONDS
    return resolver
