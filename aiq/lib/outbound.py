"""Which addresses of the network this house calls when somebody else names them: public ones, over https, nothing near us."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

PORTS = frozenset({443, 8443})
MAX_URL = 2000
# Public by their number, yet answered by the machine we may run on or by whatever translates for it: Azure's wire
# server (learn.microsoft.com, "What is IP address 168.63.129.16"), Oracle's metadata (192.0.0.192), 6to4 (RFC 7526),
# Teredo, local NAT64 (RFC 8215).
_NEAR = [
    ipaddress.ip_network(text)
    for text in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2002::/16", "64:ff9b:1::/48", "2001::/23")
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class RefusedAddress(ValueError):  # noqa: N818
    """Not called, and why, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: `host` as named, for TLS and the Host header; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(url: str, *, loopback: bool = False) -> Target:
    """The parts of an address, before anything is looked up. Raises `RefusedAddress`.

    Only https, only the ports 443 and 8443, no name or password within. `loopback` (development and tests) lets http and
    any port through; `addresses_of` then lets them reach this machine and nothing else.
    """
    parts = _parsed(url)
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise RefusedAddress("The address must begin with https://.")
    if parts.auth is not None:
        raise RefusedAddress("The address must not hold a name or a password.")
    if not parts.host:
        raise RefusedAddress("The address names no host.")
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    if port not in PORTS and not loopback:
        raise RefusedAddress(f"Port {port} is not called: only 443 and 8443 are.")
    return Target(parts.scheme, parts.host.strip("[]"), port, parts.request_uri)


def addresses_of(target: Target, *, loopback: bool = False) -> list[str]:
    """The addresses a host has now, all of them checked: one that is not public refuses the host. Raises `RefusedAddress`.

    The caller connects to one of these and looks nothing up again, so that a second answer of the name server cannot
    lead elsewhere.
    """
    found = _looked_up(target)
    if loopback and all(ipaddress.ip_address(address).is_loopback for address in found):
        return found
    if target.scheme != "https" or target.port not in PORTS or not all(map(is_public, found)):
        raise RefusedAddress(f"{target.host} is not on the public internet, so it is not called.")
    return found


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also once every IPv4 address hidden in it is taken out."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = _within(address)
    if any(address in network for network in _NEAR):
        return False
    return address.is_global and not _special(address)


def _within(address: IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that is meant, where one is written as an IPv6 address (RFC 4291, RFC 6052)."""
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or translated or address


def _special(address: IPv4Address | IPv6Address) -> bool:
    site_local = isinstance(address, IPv6Address) and (address.is_site_local or address.scope_id is not None)
    return address.is_multicast or address.is_reserved or address.is_unspecified or site_local


def _parsed(url: str) -> Url:
    if len(url) > MAX_URL or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url) or "\\" in url:
        raise RefusedAddress("That is not an address of the web.")
    try:
        return parse_url(url)
    except LocationParseError:
        raise RefusedAddress("That is not an address of the web.") from None


def _looked_up(target: Target) -> list[str]:
    try:
        answers: Sequence[tuple] = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedAddress(f"No host is known by the name {target.host}.") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
