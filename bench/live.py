"""Everything at once, as the Procfile runs it: web, worker and sender; from a store's POST to the mail at the sink."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench import smtp, stage
from bench.play import Play
from bench.report import Figure, percentile

IDLE_SECONDS = 30


def measure(play: Play) -> Iterator[Figure]:
    with stage.web() as (port, _), stage.procfile("worker"), stage.procfile("sender"):
        _post(play, port, seconds=3, rate=10)
        yield from _quiet(play, port)
        yield from _steady(play, port)
    yield _full(play)


def _quiet(play: Play, port: int) -> Iterator[Figure]:
    waits, _ = _post(play, port, seconds=play.much(30, 10), rate=10)
    for share, must, aim in ((0.5, 50, 20), (0.99, 250, 60)):
        wait = 1000 * percentile(waits, share)
        yield Figure(
            f"latency p{share * 100:.0f} at 10/s", f"{wait:.0f} ms", "", wait, must, aim, "ms", False,
            "from the POST to the end of the mail at the sink; two wake-ups and some 40 statements for one message.",
        )  # fmt: skip


def _steady(play: Play, port: int) -> Iterator[Figure]:
    seconds = play.much(60, 10)
    waits, growth = _post(play, port, seconds=seconds, rate=200)
    wait = 1000 * percentile(waits, 0.99)
    yield Figure(
        f"p99 at 200/s for {seconds} s", f"{wait:.0f} ms", "", wait, 1000, 150, "ms", False,
        "batches grow with the load, so the cost of a message falls as more of them wait.",
    )  # fmt: skip
    yield Figure("backlog growth at 200/s", f"{growth:.1f}/s", "", growth, 2, 0, "/s", False)


def _full(play: Play) -> Figure:
    """The floor runs while none of our processes does: beside them, whose waking keeps the cores awake, it is twice as fast."""
    ours, raw, events = [], [], []
    for _ in range(3):
        raw.append(3000 / smtp.through_smtplib(play.port, 3000, play.size))
        with stage.web() as (port, _), stage.procfile("worker"), stage.procfile("sender"), stage.procfile("sender"):
            _post(play, port, seconds=2, rate=10)
            sent, accepted = _flood(play, port, play.much(10, 5))
        ours.append(sent)
        events.append(accepted)
    rate, floor = median(ours), median(raw)
    return Figure(
        "end to end, flooded", f"{rate:,.0f}/s", f"{floor:,.0f}/s", rate / floor, 0.14, 0.25,
        why=f"mails at the sink while {median(events):,.0f} events/s are accepted, with two senders; generator, two "
        "server processes, worker, senders, sink and PostgreSQL share the cores, the floor has them alone.",
    )  # fmt: skip


def _post(play: Play, port: int, *, seconds: float, rate: float) -> tuple[list[float], float]:
    """Post at a rate; how long each message took, and by how many a second the backlog grew in the second half."""
    play.sink.reset()
    generator = stage.posting(port, play.scene.keys, play.name(), seconds=seconds, rate=rate, pool=play.scene.shoppers)
    seen = stage.seen(stage.together([generator])[0])
    play.sink.wait(len(seen["latencies"]), 120, idle=IDLE_SECONDS)
    came = {who: at for who, at in play.sink.times() if who in seen["posted"]}
    assert len(came) == len(seen["posted"]), f"{len(seen['posted'])} posted, {len(came)} came"
    return [at - seen["posted"][who] for who, at in came.items()], _growth(seen, list(came.values()))


def _growth(seen: dict[str, Any], came: list[float]) -> float:
    """What waited between a POST and the sink, averaged over the last tenth against the tenth before the middle."""
    length = seen["ended"] - seen["began"]
    posted = list(seen["posted"].values())

    def waiting(share: float) -> float:
        moments = [seen["began"] + length * (share - step / 100) for step in range(10)]
        return sum(sum(at <= m for at in posted) - sum(at <= m for at in came) for m in moments) / len(moments)

    return max(0.0, (waiting(1.0) - waiting(0.5)) / (length / 2))


def _flood(play: Play, port: int, seconds: float) -> tuple[float, float]:
    """Mails at the sink and events accepted, a second, while the generator posts as fast as it is answered."""
    play.sink.reset()
    generator = stage.posting(port, play.scene.keys, play.name(), seconds=seconds, pool=play.scene.shoppers)
    seen = stage.seen(stage.together([generator])[0])
    length = seen["ended"] - seen["began"]
    came = sum(at <= seen["ended"] for _, at in play.sink.times())
    play.sink.wait(len(seen["latencies"]), 300, idle=IDLE_SECONDS)
    time.sleep(1)
    return came / length, len(seen["latencies"]) / length
