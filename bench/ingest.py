"""Ingest: `POST /v2/cart` on the Procfile's server, beside a bare Django view on the same server."""

from collections.abc import Iterator

from bench import stage
from bench.play import Play
from bench.report import Figure, percentile

CONNECTIONS = 16


def measure(play: Play) -> Iterator[Figure]:
    seconds = play.much(6, 3)
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    tails: dict[str, list[float]] = {"ours": [], "bare": []}
    with stage.web() as (ours, _), stage.web("bench.bare:application") as (bare, _):
        for _ in range(3):
            for name, port in (("bare", bare), ("ours", ours)):
                rate, tail = _post(play, port, seconds)
                rates[name].append(rate)
                tails[name].append(tail)
    rate, floor = sorted(rates["ours"])[1], sorted(rates["bare"])[1]
    tail, bare_tail = sorted(tails["ours"])[1], sorted(tails["bare"])[1]
    yield Figure(
        "ingest", f"{rate:,.0f}/s", f"{floor:,.0f}/s", rate / floor, 0.45, 0.65,
        why="parsing strictly and checking the document, then one statement that writes two rows and their indexes, "
        "and its commit; the generator, the server and PostgreSQL share the cores in both.",
    )  # fmt: skip
    yield Figure(
        "ingest p99", f"{tail:,.1f} ms", f"{bare_tail:,.1f} ms", tail / bare_tail, 2.5, 1.6, more_is_better=False,
        why="the same work, queued behind one blocking thread per server process.",
    )  # fmt: skip


def _post(play: Play, port: int, seconds: float) -> tuple[float, float]:
    """Answers a second, and the 99th percentile in milliseconds."""
    generator = stage.posting(port, play.scene.keys, play.name(), seconds=seconds, connections=CONNECTIONS)
    seen = stage.seen(stage.together([generator])[0])
    latencies = seen["latencies"]
    return len(latencies) / (seen["ended"] - seen["began"]), 1000 * percentile(latencies, 0.99)
