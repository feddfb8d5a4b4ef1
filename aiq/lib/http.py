"""The one client with which this house calls addresses that other people name.

`fetch` looks a host up once, refuses what is not public (`aiq.lib.outbound`), connects to the very address it checked,
and still verifies the certificate against the name. Redirects are followed by hand, each checked like the first. Sizes
are limited as they came and as they unpack, time by connection, by silence and in all. No cookies, no credentials, no
proxy of the environment. `post` goes the same way, but follows no redirect and takes any status for an answer.
"""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from time import monotonic
from urllib.parse import urljoin

import certifi
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from aiq.lib.outbound import RefusedAddress, Target, addresses_of, read_target

USER_AGENT = "AIQ-Cart/1 (product import)"
CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
UNREACHABLE = (NewConnectionError, ConnectTimeoutError)


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes` counts what a body unpacks to; `seconds` is everything from the first look-up to the last byte."""

    bytes: int
    seconds: float
    connect_seconds: float = 10.0
    silent_seconds: float = 30.0


class FetchError(Exception):
    """Nothing usable came, and why, in a sentence for people. `passing`: a later attempt may well succeed."""

    def __init__(self, text: str, *, passing: bool) -> None:
        super().__init__(text)
        self.passing = passing


class NoAnswer(FetchError):  # noqa: N818
    """What was posted may have been taken or not: it was on its way when the line broke or the time was up."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What a host said of a body that was posted; of what it said, no more than the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered: 200, or 304 where the request was conditional. `url` is where the redirects ended."""

    status: int
    url: str
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


@dataclass(slots=True)
class _Deadline:
    """Closes the line when the time is up, whatever it is doing then: a trickle never goes silent."""

    seconds: float
    start: float = field(default_factory=monotonic)
    passed: bool = False

    @property
    def left(self) -> float:
        return max(0.001, self.start + self.seconds - monotonic())

    @contextmanager
    def over(self, line: HTTPConnection) -> Iterator[None]:
        # The socket by itself: an answer that ends with the connection is taken away from the connection.
        timer = threading.Timer(self.left, self._cut, [line.sock])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            line.close()

    def _cut(self, sock: socket.socket) -> None:
        self.passed = True
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def fetch(url: str, limits: Limits, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
    """GET an address. Raises `FetchError`, also while `chunks` are read. Network only: call it in no transaction."""
    deadline = _Deadline(limits.seconds)
    for _ in range(MAX_REDIRECTS + 1):
        target = _target(url)
        line = _line(target, limits, deadline)
        with deadline.over(line):
            with _told_for_people(target, deadline):
                response = _asked(line, target, headers or {})
            if response.status not in REDIRECTS:
                yield _answer(response, target, limits, deadline)
                return
            url = urljoin(target.url, response.headers.get("Location", ""))
    raise FetchError(f"The address leads on more than {MAX_REDIRECTS} times.", passing=False)


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> Posted:
    """POST a body; whatever the status, it is the answer. Raises `NoAnswer` where the body may have arrived, `FetchError`
    where it has not. Network only: call it in no transaction."""
    deadline = _Deadline(limits.seconds)
    target = _target(url)
    line = _line(target, limits, deadline)
    with deadline.over(line):
        try:
            line.request("POST", target.path, body, {**headers, **_own_headers(target)}, preload_content=False)
            response = line.getresponse()
            said = response.read(limits.bytes, decode_content=True)
        except (HTTPError, HTTPException, OSError) as error:
            words = _too_slow(deadline) if deadline.passed else _in_words(error, target)
            raise NoAnswer(words, passing=False) from error
    return Posted(response.status, response.headers, said)


def _target(url: str) -> Target:
    try:
        return read_target(url, loopback=settings.OUTBOUND_LOOPBACK)
    except RefusedAddress as error:
        raise FetchError(str(error), passing=False) from None


def _line(target: Target, limits: Limits, deadline: _Deadline) -> HTTPConnection:
    """A connection to the first of the checked addresses that takes one."""
    try:
        addresses = addresses_of(target, loopback=settings.OUTBOUND_LOOPBACK)
    except RefusedAddress as error:
        raise FetchError(str(error), passing=False) from None
    for address in addresses:
        line = _unconnected(target, address, min(limits.connect_seconds, deadline.left))
        try:
            with _told_for_people(target, deadline, but=UNREACHABLE):
                line.connect()
        except UNREACHABLE:
            line.close()
            continue
        line.timeout = limits.silent_seconds
        return line
    raise FetchError(f"{target.host} takes no connection.", passing=True)


def _unconnected(target: Target, address: str, timeout: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=timeout)
    # The host is the address, so nothing is looked up again; the name still decides whose certificate is accepted.
    return HTTPSConnection(
        address, target.port, timeout=timeout, ssl_context=_trust(), server_hostname=target.host.rstrip(".")
    )


@cache
def _trust() -> ssl.SSLContext:
    """The machine's authorities and certifi's: some images have none of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _asked(line: HTTPConnection, target: Target, headers: Mapping[str, str]) -> BaseHTTPResponse:
    line.request("GET", target.path, headers={**headers, **_own_headers(target)}, preload_content=False)
    return line.getresponse()


def _own_headers(target: Target) -> dict[str, str]:
    return {"Host": target.authority, "User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}


def _answer(response: BaseHTTPResponse, target: Target, limits: Limits, deadline: _Deadline) -> Answer:
    if response.status not in {200, 304}:
        busy = response.status >= 500 or response.status in {408, 425, 429}
        raise FetchError(
            f"{target.host} answered {response.status} {response.reason or ''}".strip() + ".", passing=busy
        )
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limits.bytes:
        raise FetchError(_too_large(limits), passing=False)
    return Answer(response.status, target.url, response.headers, _chunks(response, target, limits, deadline))


def _chunks(response: BaseHTTPResponse, target: Target, limits: Limits, deadline: _Deadline) -> Iterator[bytes]:
    """The body unpacked, never more than a chunk of it in memory: urllib3 unpacks no further than it was asked for."""
    total = 0
    while chunk := _chunk(response, target, deadline):
        total += len(chunk)
        if total > limits.bytes:
            raise FetchError(_too_large(limits), passing=False)
        yield chunk
    if deadline.passed:
        raise FetchError(_too_slow(deadline), passing=True)


def _chunk(response: BaseHTTPResponse, target: Target, deadline: _Deadline) -> bytes:
    with _told_for_people(target, deadline):
        return response.read1(CHUNK, decode_content=True)


@contextmanager
def _told_for_people(target: Target, deadline: _Deadline, *, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Errors of the network as `FetchError`; those named in `but` as they are."""
    try:
        yield
    except but:
        raise
    except (HTTPError, HTTPException, OSError) as error:
        words = _too_slow(deadline) if deadline.passed else _in_words(error, target)
        raise FetchError(words, passing=not isinstance(error, ssl.SSLCertVerificationError)) from error


def _in_words(error: Exception, target: Target) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {target.host} is not to be trusted: {error.verify_message}."
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"{target.host} fell silent."
    return f"The connection to {target.host} broke."


def _too_large(limits: Limits) -> str:
    return f"It is larger than {limits.bytes // 1_000_000} MB."


def _too_slow(deadline: _Deadline) -> str:
    return f"It did not come within {deadline.seconds:.0f} seconds."
