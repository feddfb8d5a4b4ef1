"""`make bench`: prints a table of figures beside their floors and writes bench.json."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from bench import report, stage
from bench.sink import Control

NAMES = (
    "ingest",
    "events",
    "drain",
    "live",
    "counts",
    "scan",
    "alternatives",
    "affinity",
    "rendering",
    "compose",
    "imports",
    "memory",
    "pages",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which figures (default: all)")
    parser.add_argument("--quick", action="store_true", help="less of everything; the table of deliveries is small")
    parser.add_argument("--output", type=Path, default=Path("bench.json"))
    given = parser.parse_args()
    with stage.services() as sink:
        figures = _play(sink, given.names or NAMES, given.output, quick=given.quick)
        print(report.show(figures), flush=True)
    sys.exit(any(figure.state == "MISSED" for figure in figures))


def _play(sink: Control, names: Sequence[str], output: Path, *, quick: bool) -> list[report.Figure]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from aiq.garbage import calm
    from bench.play import Play
    from bench.scene import build, settle_down

    port = int(os.environ["EMAIL_URL"].rpartition(":")[2])
    play = Play(build(4000 if quick else 20_000), sink, port, quick)
    calm()
    figures: list[report.Figure] = []
    for name in names:
        play.clear()
        settle_down()
        began = time.monotonic()
        measure: Callable[[Play], Iterator[report.Figure]] = import_module(f"bench.{name}").measure
        figures += measure(play)
        report.save(figures, output)
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return figures


if __name__ == "__main__":
    main()
