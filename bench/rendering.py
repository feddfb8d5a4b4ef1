"""Rendering with link rewriting, beside bare python-liquid rendering the same templates with the same data."""

import time
from collections.abc import Callable, Iterator
from uuid import UUID

from liquid import Environment

from bench.play import Play
from bench.report import Figure, alternating
from campaigns.contents import compiled_of
from campaigns.links import LinkMaker
from campaigns.rendering import prepare, shown_data
from campaigns.starters import SAMPLE_CONTEXT

CODE = UUID("0b6ec6a0-2f5c-4a58-9d3e-3d6f4f5d2a10")


def measure(play: Play) -> Iterator[Figure]:
    number = play.much(2000, 500)
    content = play.scene.content
    prepared = prepare(content.pk, compiled_of(content))
    links = LinkMaker("https://cart.bench.example", CODE)
    bare = _bare(content.subject, content.html, content.text)
    ours, floor = alternating(
        lambda: _rate(lambda: prepared.render(SAMPLE_CONTEXT, links), number), lambda: _rate(bare, number)
    )
    tracked = prepared.render(SAMPLE_CONTEXT, links).html.count("/c/")
    yield Figure(
        "render", f"{ours:,.0f}/s", f"{floor:,.0f}/s", ours / floor, 0.6, 0.8,
        why=f"subject, html of {len(content.html):,} characters and text; {tracked} links are signed for the delivery.",
    )  # fmt: skip


def _bare(*sources: str) -> Callable[[], object]:
    """The same templates in python-liquid as it comes; `track` leaves an address as it is."""
    environment = Environment(autoescape=True)
    environment.add_filter("track", str)
    templates = [environment.from_string(source) for source in sources]
    data = shown_data(SAMPLE_CONTEXT, LinkMaker("https://cart.bench.example", CODE))
    return lambda: [template.render(**data) for template in templates]


def _rate(render: Callable[[], object], number: int) -> float:
    """By the processor's time: nothing is waited for, and what others run does not count."""
    render()
    began = time.process_time()
    for _ in range(number):
        render()
    return number / (time.process_time() - began)
