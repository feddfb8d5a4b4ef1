"""A fast SMTP sink in a process of its own: takes everything, keeps the time at which each recipient's mail came.

`python -m bench.sink` prints its port. Beside SMTP it knows two words: XCOUNT answers how many messages came since the
last XRESET and when the last one did; XTIMES answers every recipient's time, as JSON; XAWAY 25 lets all other answers take that
many milliseconds. Times are `time.monotonic()`.
"""

import asyncio
import json
import socket
import time
from typing import cast

import uvloop

EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 33554432\r\n"
END = b"\r\n.\r\n"


class Kept:
    """What came since the last XRESET, and how many seconds away the sink is."""

    times: list[tuple[bytes, float]] = []
    away = 0.0


class Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self.buffer = bytearray()
        self.recipient = b""
        self.in_data = False
        self.looked = 0
        self.asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        out = bytearray()
        while self._message(out) if self.in_data else self._line(out):
            pass
        if out and Kept.away and not self.asked:
            asyncio.get_running_loop().call_later(Kept.away, self.transport.write, bytes(out))
        elif out:
            self.transport.write(bytes(out))

    def _message(self, out: bytearray) -> bool:
        end = self.buffer.find(END, max(0, self.looked - len(END)))
        if end < 0:
            self.looked = len(self.buffer)
            return False
        del self.buffer[: end + len(END)]
        self.looked, self.in_data = 0, False
        Kept.times.append((self.recipient, time.monotonic()))
        out += b"250 2.0.0 taken\r\n"
        return True

    def _line(self, out: bytearray) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        word = line[:4].upper()
        if word == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0]
        self.in_data = word == b"DATA"
        out += self._answer(word, line.upper())
        return True

    def _answer(self, word: bytes, line: bytes) -> bytes:
        if word == b"DATA":
            return b"354 go on\r\n"
        if word == b"EHLO":
            return EHLO
        if word == b"QUIT":
            asyncio.get_running_loop().call_soon(self.transport.close)
            return b"221 bye\r\n"
        if word.startswith(b"X"):
            self.asked = True
            return _extra(line)
        return b"250 2.0.0 fine\r\n"


def _extra(line: bytes) -> bytes:
    if line == b"XRESET":
        Kept.times = []
        return b"250 forgotten\r\n"
    if line.startswith(b"XAWAY"):
        Kept.away = float(line[5:]) / 1000
        return b"250 there\r\n"
    if line == b"XTIMES":
        return b"250 " + json.dumps([(who.decode(), at) for who, at in Kept.times]).encode() + b"\r\n"
    last = Kept.times[-1][1] if Kept.times else 0.0
    return f"250 {len(Kept.times)} {last:.6f}\r\n".encode()


class Control:
    """The bench's own line to the sink."""

    def __init__(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port))
        self.file = self.line.makefile("rb")
        self.file.readline()

    def reset(self) -> None:
        self._ask("XRESET")

    def away(self, milliseconds: int) -> None:
        """How long an answer to anybody else takes from now on."""
        self._ask(f"XAWAY {milliseconds}")

    def count(self) -> tuple[int, float]:
        """How many came, and when the last one did (`time.monotonic()`)."""
        count, last = self._ask("XCOUNT").split()
        return int(count), float(last)

    def times(self) -> list[tuple[str, float]]:
        """Recipient and time of each."""
        return [(str(who), float(at)) for who, at in json.loads(self._ask("XTIMES"))]

    def wait(self, count: int, seconds: float, idle: float = 2) -> int:
        """Wait until `count` have come, or until for `idle` seconds nothing more does; how many have."""
        deadline, moved, before = time.monotonic() + seconds, time.monotonic(), -1
        while time.monotonic() < deadline:
            found, _ = self.count()
            if found != before:
                moved, before = time.monotonic(), found
            if found >= count or time.monotonic() - moved > idle:
                return found
            time.sleep(0.02)
        return before

    def _ask(self, word: str) -> str:
        self.line.sendall(f"{word}\r\n".encode())
        return self.file.readline().decode().partition(" ")[2].strip()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
