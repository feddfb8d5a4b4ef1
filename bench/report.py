"""Figures as a table and as bench.json."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is what `must` and `aim` speak of: the ratio to the floor where there is one, else what was measured.
    `why` says in a sentence what dominates."""

    name: str
    ours: str
    floor: str
    value: float
    must: float
    aim: float
    unit: str = "x"
    more_is_better: bool = True
    why: str = ""

    @property
    def state(self) -> str:
        for word, target in (("aim", self.aim), ("must", self.must)):
            if self.value >= target if self.more_is_better else self.value <= target:
                return word
        return "MISSED"


def alternating(*measures: Callable[[], float], rounds: int = 3) -> list[float]:
    """The medians of several measurements that take turns, so that a noisy minute hits all of them."""
    seen = [[measure() for measure in measures] for _ in range(rounds)]
    return [median(values) for values in zip(*seen, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(figures: Sequence[Figure]) -> str:
    """The table, and below it a sentence for each figure."""
    head = ("figure", "ours", "floor", "ratio", "must", "aim", "reached")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, "", *(f"{figure.name}: {figure.why}" for figure in figures if figure.why)])


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "" if figure.more_is_better else "≤ "
    targets = [f"{sign}{target:g}{figure.unit if figure.unit != 'x' else ''}" for target in (figure.must, figure.aim)]
    return (figure.name, figure.ours, figure.floor, f"{figure.value:.3g} {figure.unit}".strip(), *targets, figure.state)


def save(figures: Sequence[Figure], path: Path) -> None:
    document = [asdict(figure) | {"reached": figure.state} for figure in figures]
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
