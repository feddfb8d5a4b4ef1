"""What SMTP can do at best: ready bytes through smtplib, and the sink's own limit with commands pipelined.

`python -m bench.smtp PORT COUNT SIZE` waits for a line on standard input, sends, and prints the seconds it took.
"""

import asyncio
import smtplib
import sys
import time

import uvloop

SENDER = "hello@bench.example"


def ready(size: int) -> bytes:
    """A mail of `size` bytes whose lines are as long as a mail's are."""
    head = b"From: hello@bench.example\r\nTo: you@bench.example\r\nSubject: ready\r\nMIME-Version: 1.0\r\n\r\n"
    line = b'<td style="font-family:Arial,sans-serif;font-size:16px;line-height:24px">A line of a mail</td>\r\n'
    return head + (line * (size // len(line) + 1))[: size - len(head) - 2] + b"\r\n"


def through_smtplib(port: int, count: int, size: int) -> float:
    """Seconds for `count` ready mails on one connection of smtplib."""
    mail = ready(size)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        began = time.perf_counter()
        for number in range(count):
            client.sendmail(SENDER, [f"ready-{number}@bench.example"], mail)
        return time.perf_counter() - began


def sink_limit(port: int, seconds: float, size: int, connections: int = 2) -> float:
    """Messages a second that the sink takes when nothing but a socket feeds it."""

    async def run() -> float:
        began = time.perf_counter()
        counts = await asyncio.gather(*[_blast(port, began + seconds, size) for _ in range(connections)])
        return sum(counts) / (time.perf_counter() - began)

    return uvloop.run(run())


async def _blast(port: int, until: float, size: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    envelope = b"MAIL FROM:<%s>\r\nRCPT TO:<limit@bench.example>\r\nDATA\r\n" % SENDER.encode()
    message = ready(size) + b".\r\n"
    writer.write(envelope)
    count = 0
    while time.perf_counter() < until:
        await _answers(reader, b"354")
        writer.write(message + envelope)
        count += 1
    writer.close()
    return count


async def _answers(reader: asyncio.StreamReader, last: bytes) -> None:
    while not (await reader.readline()).startswith(last):
        pass


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(through_smtplib(*map(int, sys.argv[1:4])), flush=True)
