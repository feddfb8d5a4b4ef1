"""An import of 50,000 products: how long, and how much memory the worker that reads it ever took."""

from collections.abc import Iterator

from bench import stage
from bench.play import Play
from bench.report import Figure

MB = 1_000_000
ROWS = 50_000


def measure(play: Play) -> Iterator[Figure]:
    for form, words in (("csv", "CSV"), ("google_xml", "XML")):
        process = stage.start("-m", "bench.importer", str(ROWS), form)
        measured = [tuple(map(float, stage.line_of(process).split())) for _ in range(2)]
        process.wait()
        (new, _), (again, most) = measured
        yield Figure(
            f"import memory, {words}", f"{most / MB:.0f} MB", "", most / MB, 300, 150, "MB", False,
            f"the most a worker ever held while it read {ROWS:,} rows twice; Django imported is most of it.",
        )  # fmt: skip
        yield Figure(
            f"import rows, {words}", f"{ROWS / new:,.0f}/s", "", ROWS / new, 300, 3000, "/s", True,
            f"rows of products that are new; {ROWS / again:,.0f}/s where they are known already.",
        )  # fmt: skip
