"""The outbound client: what it never calls, and where it stops."""

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from aiq.lib import http
from aiq.lib.http import FetchError, Limits, fetch
from aiq.lib.outbound import RefusedAddress, addresses_of, is_public, read_target
from tests.feedserver import HOST, Server, serving

LIMITS = Limits(bytes=1_000_000, seconds=5, connect_seconds=2, silent_seconds=0.5)
BY_NAME = socket.getaddrinfo


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::6810:84e5", True),
        ("64:ff9b::5db8:d822", True),  # 93.184.216.34 behind a translator
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.31.255.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),  # metadata at Alibaba
        ("169.254.169.254", False),  # metadata at most others
        ("168.63.129.16", False),  # metadata at Azure
        ("192.0.0.192", False),  # metadata at Oracle
        ("198.18.0.1", False),
        ("203.0.113.7", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.88.99.1", False),
        ("::1", False),
        ("::", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),  # 10.0.0.1 behind a translator
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_called(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/feed",
        "ftp://shop.example/feed",
        "file:///etc/passwd",
        "//shop.example/feed",
        "shop.example/feed",
        "",
        "https://",
        "https:///feed",
        "https://user@shop.example/",
        "https://user:word@shop.example/",
        "https://shop.example:22/",
        "https://shop.example:80/",
        "https://shop.example:99999/",
        "https://shop.example\\@127.0.0.1/",
        "https://shop.example/ feed",
        "https://shop.example/\r\nHost: other",
        "https://shop.example/" + "a" * 2000,
    ],
)
def test_an_address_of_a_wrong_form_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(RefusedAddress):
        read_target(url)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(RefusedAddress):
        addresses_of(read_target(f"https://{host}/feed"))


def named(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The name server's answers for `HOST`, one after the other; returns the names it was asked for."""
    asked: list[str] = []

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != HOST:
            return BY_NAME(host, port, *args, **kwargs)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("answers", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"]])
def test_a_host_with_any_address_that_is_not_public_is_refused(
    monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    named(monkeypatch, answers)
    with pytest.raises(RefusedAddress, match="public internet"):
        addresses_of(read_target(f"https://{HOST}/feed"))
    with pytest.raises(FetchError, match="public internet"), fetch(f"https://{HOST}/feed", LIMITS):
        pass


@pytest.fixture
def server(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that is trusted and may be called, although it is on loopback."""
    with serving(tmp_path) as (running, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        settings.OUTBOUND_LOOPBACK = True
        http._trust.cache_clear()
        yield running
    http._trust.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return named(monkeypatch, ["127.0.0.1"])


def read(url: str, limits: Limits = LIMITS, **headers: str) -> bytes:
    with fetch(url, limits, headers) as answer:
        return b"".join(answer.chunks)


def test_a_feed_is_read_over_tls_with_nothing_that_tells_who_we_are_to_the_shop(
    server: Server, asked: list[str]
) -> None:
    server.gives("/feed?a=1", b"tea", Set_Cookie="id=1")
    assert read(server.url("/feed?a=1")) == b"tea"
    assert read(server.url("/feed?a=1")) == b"tea"
    headers = server.seen[1][1]
    assert headers["Host"] == f"{HOST}:{server.port}"
    assert headers["User-Agent"] == http.USER_AGENT
    assert {"Cookie", "Authorization"}.isdisjoint(headers)


def test_without_the_exception_for_loopback_the_same_server_is_not_called(
    server: Server, asked: list[str], settings: Any
) -> None:
    settings.OUTBOUND_LOOPBACK = False
    with pytest.raises(FetchError, match="443"):
        read(server.url())
    with pytest.raises(FetchError, match="public internet"):
        read(f"https://{HOST}/feed")
    assert server.seen == []


def test_a_name_is_looked_up_once_so_that_a_second_answer_leads_nowhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = named(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    server.gives("/feed", b"tea")
    assert read(server.url()) == b"tea"
    assert asked == [HOST]
    with pytest.raises(FetchError, match="public internet"):
        read(server.url())
    assert len(server.seen) == 1


def test_a_certificate_of_another_name_or_of_a_stranger_is_refused(
    server: Server, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError, match="certificate"):
        read(server.url(host="localhost"))
    monkeypatch.delenv("SSL_CERT_FILE")
    http._trust.cache_clear()
    with pytest.raises(FetchError, match="certificate") as caught:
        read(server.url())
    assert (caught.value.passing, server.seen) == (False, [])


def test_redirects_are_followed_a_few_times(server: Server, asked: list[str]) -> None:
    server.gives("/feed", status=302, Location="/1")
    for number in range(1, 5):
        server.gives(f"/{number}", status=301, Location=server.url(f"/{number + 1}"))
    server.gives("/5", b"tea")
    assert read(server.url()) == b"tea"
    server.gives("/5", status=302, Location="/6")
    with pytest.raises(FetchError, match="more than 5"):
        read(server.url())


@pytest.mark.parametrize(
    "to",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:word@shop.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(server: Server, asked: list[str], to: str) -> None:
    server.gives("/feed", status=302, Location=to)
    with pytest.raises(FetchError) as caught:
        read(server.url())
    assert not caught.value.passing
    assert len(server.seen) == 1


@pytest.mark.parametrize(("status", "passing"), [(404, False), (403, False), (429, True), (500, True), (503, True)])
def test_a_refusal_says_whether_a_later_attempt_may_help(
    server: Server, asked: list[str], status: int, passing: bool
) -> None:
    server.gives("/feed", b"no", status=status)
    with pytest.raises(FetchError, match=str(status)) as caught:
        read(server.url())
    assert caught.value.passing is passing


def test_an_unchanged_feed_is_told_from_a_new_one(server: Server, asked: list[str]) -> None:
    server.gives("/feed", status=304)
    with fetch(server.url(), LIMITS, {"If-None-Match": '"7"'}) as answer:
        assert (answer.status, b"".join(answer.chunks)) == (304, b"")
    assert server.seen[0][1]["If-None-Match"] == '"7"'


def test_a_body_that_says_it_is_too_large_is_not_read(server: Server, asked: list[str]) -> None:
    server.gives("/feed", b"a" * 1_000_001)
    with pytest.raises(FetchError, match="larger than 1 MB"):
        read(server.url())


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(server: Server, asked: list[str]) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"a" * 10_000)

    server.answers["/feed"] = endless
    with pytest.raises(FetchError, match="larger than 1 MB"):
        read(server.url())


def test_a_gzipped_feed_is_unpacked_and_a_bomb_is_not(server: Server, asked: list[str]) -> None:
    server.gives("/feed", gzip.compress(b"tea" * 1000), Content_Encoding="gzip")
    server.gives("/bomb", gzip.compress(b"\0" * 60_000_000), Content_Encoding="gzip")
    assert read(server.url()) == b"tea" * 1000
    sizes: list[int] = []
    with pytest.raises(FetchError, match="larger than 1 MB"), fetch(server.url("/bomb"), LIMITS) as answer:
        sizes.extend(map(len, answer.chunks))
    assert max(sizes) <= http.CHUNK


def trickle(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    for _ in range(100):
        request.wfile.write(b"a")
        time.sleep(0.05)


def trickle_of_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
    for _ in range(100):
        request.wfile.write(b"a")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [trickle, trickle_of_headers])
def test_a_trickle_ends_when_the_time_is_up(server: Server, asked: list[str], answer: Any) -> None:
    server.answers["/feed"] = answer
    start = time.monotonic()
    with pytest.raises(FetchError, match="within 1 seconds") as caught:
        read(server.url(), Limits(bytes=1000, seconds=1, silent_seconds=0.5))
    assert time.monotonic() - start < 3
    assert caught.value.passing


def test_silence_ends_before_the_time_is_up(server: Server, asked: list[str]) -> None:
    server.answers["/feed"] = lambda request: time.sleep(1.5)
    with pytest.raises(FetchError, match="fell silent"):
        read(server.url())


def test_a_body_that_breaks_off_is_no_feed(server: Server, asked: list[str]) -> None:
    server.gives("/feed", b"tea", Content_Length="1000")
    with pytest.raises(FetchError, match="broke") as caught:
        read(server.url())
    assert caught.value.passing


def test_what_goes_wrong_at_the_caller_stays_what_it_is(server: Server, asked: list[str]) -> None:
    server.gives("/feed", b"tea")
    with pytest.raises(OSError, match="disk full"), fetch(server.url(), LIMITS):
        raise OSError("disk full")
