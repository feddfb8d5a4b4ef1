"""The drain: due deliveries decided, rendered, sent and recorded; beside raw smtplib and django-post_office."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

from post_office.mail import send_queued
from post_office.models import PRIORITY, STATUS, Email

from bench import smtp, stage
from bench.play import Play
from bench.report import Figure, alternating
from campaigns import sending
from campaigns.channels import lanes
from campaigns.contents import ready_contents
from campaigns.links import LinkMaker
from campaigns.mime import build
from campaigns.models import SentMessage
from campaigns.rendering import Message


def measure(play: Play) -> Iterator[Figure]:
    number = play.much(2000, 800)
    play.due(number)
    _drain(play, number)
    play.size = _size()
    play.due(3 * number)
    ours, raw, peer = alternating(
        lambda: _drain(play, number),
        lambda: number / smtp.through_smtplib(play.port, number, play.size),
        lambda: _post_office(play, number // 2),
    )
    limit = smtp.sink_limit(play.port, 2, play.size)
    yield Figure(
        "drain ÷ smtplib", f"{ours:,.0f}/s", f"{raw:,.0f}/s", ours / raw, 0.22, 0.5,
        why=f"mails of {play.size:,} bytes, the sink itself takes {limit:,.0f}/s; rendering and "
        "gathering take a third each, MIME and SMTP a sixth, and beside that PostgreSQL writes three states.",
    )  # fmt: skip
    yield Figure(
        "drain ÷ post_office", f"{ours:,.0f}/s", f"{peer:,.0f}/s", ours / peer, 1.5, 3.5,
        why="the peer sends bodies rendered beforehand, decides nothing, and uses five threads; its message objects and "
        "django.core.mail dominate.",
    )  # fmt: skip
    yield _two(play, number)
    yield _away(play)


def _size() -> int:
    """Bytes of a mail as it left."""
    sent = SentMessage.objects.select_related("delivery").latest("at")
    rendered = ready_contents([sent.delivery.content_id])[sent.delivery.content_id].prepared.render(
        sent.context, LinkMaker("https://cart.bench.example", sent.delivery.code)
    )
    mail = Message(
        str(sent.delivery.code), "you@bench.example", smtp.SENDER, rendered.subject, rendered.html, rendered.text,
        "one@bench.example", datetime.now(UTC),
    )  # fmt: skip
    return len(build(mail))


def _drain(play: Play, number: int) -> float:
    play.sink.reset()
    began = time.perf_counter()
    done = 0
    while done < number and (claimed := sending.send_batch()):
        done += claimed
    seconds = time.perf_counter() - began
    assert play.sink.wait(done, 5) == done == number, f"{done} decided, {play.sink.count()[0]} sent"
    return done / seconds


def _post_office(play: Play, number: int) -> float:
    """The same messages, already rendered, from its own queue; in batches of 100 as it does by default."""
    sent = SentMessage.objects.select_related("delivery").latest("at")
    content = ready_contents([sent.delivery.content_id])[sent.delivery.content_id]
    rendered = content.prepared.render(sent.context, LinkMaker("https://cart.bench.example", sent.delivery.code))
    Email.objects.all().delete()
    Email.objects.bulk_create(
        Email(
            from_email=smtp.SENDER, to=[f"peer-{n}@bench.example"], subject=rendered.subject, message=rendered.text,
            html_message=rendered.html, priority=PRIORITY.medium, status=STATUS.queued,
        )
        for n in range(number)
    )  # fmt: skip
    play.sink.reset()
    began = time.perf_counter()
    while send_queued(processes=1)[0]:
        pass
    seconds = time.perf_counter() - began
    assert play.sink.count()[0] == number
    return number / seconds


def _two(play: Play, number: int) -> Figure:
    """Two senders ÷ one as a share of two raw clients ÷ one: each in a process of its own."""
    shares, gains = [], []
    for _ in range(3):
        play.due(2 * number + 3 * sending.BATCH)
        with stage.awake():
            one, two = _senders(play, 1, number), _senders(play, 2, number)
            raw_one, raw_two = _clients(play, 1, 5 * number), _clients(play, 2, 5 * number)
        gains.append((two / one, raw_two / raw_one))
        shares.append(gains[-1][0] / gains[-1][1])
    ours, raw = (median(values) for values in zip(*gains, strict=True))
    return Figure(
        "two senders", f"{ours:.2f} of one", f"{raw:.2f} of one", median(shares), 0.8, 0.95,
        why="two senders, the sink and PostgreSQL share the cores, which are kept awake for both; the senders share no "
        "lock but the rows they claim.",
    )  # fmt: skip


AWAY_MS = 25


def _away(play: Play) -> Figure:
    """A relay whose every answer takes a while; the first batch learns that it does."""
    play.due(3 * sending.BATCH)
    play.sink.away(AWAY_MS)
    try:
        sending.send_batch()
        ours = _drain(play, 2 * sending.BATCH)
        raw = 20 / smtp.through_smtplib(play.port, 20, play.size)
    finally:
        play.sink.away(0)
    return Figure(
        f"relay {AWAY_MS} ms away", f"{ours:,.0f}/s", f"{raw:,.0f}/s", ours / raw, 4, 20,
        why=f"one sender shares its groups out among up to {lanes.MOST} connections and waits once per message on each; smtplib "
        "waits four times.",
    )  # fmt: skip


def _senders(play: Play, senders: int, number: int) -> float:
    """Messages a second of that many sender processes over `number` due deliveries."""
    play.sink.reset()
    each = number // senders
    words = stage.together([stage.start("-m", "bench.sender", str(each)) for _ in range(senders)])
    sent = (each + sending.BATCH) * senders
    assert play.sink.wait(sent, 5) == sent
    return sum(each / float(word) for word in words)


def _clients(play: Play, clients: int, number: int) -> float:
    each = number // clients
    words = [str(word) for word in (play.port, each, play.size)]
    seconds = stage.together([stage.start("-m", "bench.smtp", *words) for _ in range(clients)])
    return sum(each / float(word) for word in seconds)
