"""Resident memory of a web process and of a sender after many messages, and how much of it came late."""

from collections.abc import Iterator

import psutil

from bench import stage
from bench.play import Play
from bench.report import Figure
from campaigns.sending import BATCH

MB = 1_000_000


def measure(play: Play) -> Iterator[Figure]:
    messages = play.much(20_000, 4000)
    first, last = _web(play, messages)
    yield Figure(
        "web memory", f"{last / MB:.0f} MB", "", last / MB, 150, 100, "MB", False,
        f"one server process after {messages:,} calls; Django, the admin and DRF imported are most of it.",
    )  # fmt: skip
    yield Figure("web growth", f"{(last - first) / MB:.1f} MB", "", (last - first) / MB, 5, 0.5, "MB", False)
    first, last = _sender(play, messages)
    yield Figure(
        "sender memory", f"{last / MB:.0f} MB", "", last / MB, 150, 100, "MB", False,
        f"after {messages:,} messages; growth is counted from the first quarter on.",
    )  # fmt: skip
    yield Figure("sender growth", f"{(last - first) / MB:.1f} MB", "", (last - first) / MB, 5, 0.5, "MB", False)


def _web(play: Play, messages: int) -> tuple[float, float]:
    """Bytes of the largest server process after a quarter of the calls, and after all."""
    seen = []
    with stage.web() as (port, pid):
        for calls in (messages // 4, messages - messages // 4):
            done = 0
            while done < calls:
                generator = stage.posting(port, play.scene.keys, play.name(), seconds=2)
                done += len(stage.seen(stage.together([generator])[0])["latencies"])
            workers = psutil.Process(pid).children(recursive=True)
            seen.append(max(worker.memory_info().rss for worker in workers))
    return seen[0], seen[1]


def _sender(play: Play, messages: int) -> tuple[float, float]:
    play.due(messages + BATCH)
    process = stage.start("-m", "bench.sender", str(messages), str(messages // 4))
    assert stage.line_of(process) == "ready"
    stage.go(process)
    sizes = [int(stage.line_of(process)) for _ in range(4)]
    process.wait()
    return sizes[0], sizes[-1]
