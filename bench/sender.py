"""One sender process: sends a batch to warm up, waits for a line on standard input, then sends COUNT due deliveries.

`python -m bench.sender COUNT [REPORT_EVERY]` prints the seconds it took; with REPORT_EVERY first a line of its resident
memory in bytes each time so many have left. One batch more than COUNT must be due for it to warm up: the floor's client is
connected, too, before its time counts.
"""

import sys
import time

import django
import psutil

django.setup()

from aiq.garbage import calm  # noqa: E402
from campaigns import sending  # noqa: E402


def main(count: int, every: int = 0) -> None:
    sending.send_batch()
    calm()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done, told = 0, 0
    while done < count and (claimed := sending.send_batch(min(sending.BATCH, count - done))):
        done += claimed
        if every and done - told >= every:
            told = done
            print(psutil.Process().memory_info().rss, flush=True)
    print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
