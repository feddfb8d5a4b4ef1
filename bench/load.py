"""The load generator, a process of its own: keep-alive connections on raw asyncio and uvloop, bodies made beforehand.

`python -m bench.load PORT PATH KEYS NAME CONNECTIONS SECONDS RATE POOL` prints `ready`, waits for a line on standard
input, posts, and prints the name of a file with what it saw, as JSON. RATE 0: as fast as the answers come.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

from bench import traffic

AT_MOST_PER_SECOND = 6000


@dataclass
class Seen:
    """Seconds from request to answer, statuses, and when each shopper's event was posted."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    posted: dict[str, float] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0


Request = tuple[str, bytes]


class Client(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.buffer = bytearray()
        self.answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def post(self, request: Request) -> None:
        self.answered = asyncio.get_running_loop().create_future()
        began = time.monotonic()
        self.seen.posted[request[0]] = round(began, 6)
        self.transport.write(request[1])
        await self.answered
        self.seen.latencies.append(round(time.monotonic() - began, 6))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not _whole(bytes(self.buffer)):
            return
        status = self.buffer[9:12].decode()
        self.seen.statuses[status] = self.seen.statuses.get(status, 0) + 1
        self.buffer.clear()
        if self.answered and not self.answered.done():
            self.answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_exception(exc or ConnectionError("closed"))


def _whole(answer: bytes) -> bool:
    """Whether the answer has come to its end, by its length or its last chunk."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(length) and len(body) >= int(length)


def requests(path: str, keys: list[str], name: str, count: int, pool: int) -> list[Request]:
    """Requests of distinct shoppers (by address), spread over the stores' keys."""
    at = traffic.moments_ago()
    made = []
    for number in range(count):
        shopper = number % pool
        body = traffic.cart(f"{name}-{number}", shopper, at)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-APIKEY: {keys[shopper % len(keys)]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append((traffic.address(shopper), head.encode() + body))
    return made


async def run(port: int, made: list[Request], connections: int, seconds: float, rate: float) -> Seen:
    seen = Seen()
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(lambda: Client(seen), "127.0.0.1", port))[1] for _ in range(connections)]
    rest = iter(made)
    seen.began = time.monotonic()
    end = seen.began + seconds
    paces = [_paced(seen.began, rate, connections, index) for index in range(connections)]
    await asyncio.gather(*[_keep_posting(client, rest, end, pace) for client, pace in zip(clients, paces, strict=True)])
    seen.ended = time.monotonic()
    return seen


def _paced(began: float, rate: float, connections: int, index: int) -> Iterator[float]:
    """When this connection's next request is due; 0: at once."""
    number = index
    while True:
        yield began + number / rate if rate else 0.0
        number += connections


async def _keep_posting(client: Client, rest: Iterator[Request], end: float, pace: Iterator[float]) -> None:
    for due in pace:
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        if time.monotonic() >= end or (request := next(rest, None)) is None:
            return
        await client.post(request)


def main() -> None:
    port, path, keys, name, connections, seconds, rate, pool = sys.argv[1:9]
    count = int(float(seconds) * (float(rate) or AT_MOST_PER_SECOND)) + 1
    made = requests(path, keys.split(","), name, count, int(pool))
    print("ready", flush=True)
    sys.stdin.readline()
    seen = uvloop.run(run(int(port), made, int(connections), float(seconds), float(rate)))
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(vars(seen), file)
    print(file.name, flush=True)


if __name__ == "__main__":
    main()
