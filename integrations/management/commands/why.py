"""`why EMAIL|PHONE|CART|ORDER|EVENT`: the same story as the Why page, as text or one JSON document."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from campaigns.management.finding import merchant_or_refuse
from campaigns.story.telling import Meeting, Moment
from campaigns.why import Story
from integrations import why_events


class Command(SupportCommand):
    help = "Explain what happened: every event, every campaign it met, every check, and what would change the answer."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("who", metavar="EMAIL|PHONE|CART|ORDER|EVENT", help="whom or what to explain")
        parser.add_argument("--merchant", help="slug of the merchant; without it all are searched")

    def run(self, **options: Any) -> None:
        asked, slug = options["who"], options["merchant"]
        merchants = [merchant_or_refuse(slug)] if slug else Merchant.objects.all()
        matches = why_events.find(asked, merchants)
        if not matches:
            where = f"at {slug}" if slug else "at any merchant"
            raise Refused(
                f"Nothing is known of {asked!r} {where}. Looked for an email address, a phone number with its country"
                " code, and the exact id of a cart, an order, a delivery or an event. The store may never have sent it:"
                " `list_connections` shows its connections."
            )
        now = timezone.now()
        stories = [why_events.story(match, now) for match in matches]
        self.done(
            {"asked": asked, "stories": [as_data(story) for story in stories]},
            "\n\n".join("\n".join(as_lines(story)) for story in stories),
        )


def as_data(story: Story) -> dict[str, Any]:
    """A story as the JSON document shows it. Times are UTC."""
    subject = story.subject
    return {
        "kind": subject.kind,
        "code": subject.code,
        "merchant": subject.merchant.slug,
        "title": subject.title,
        "answer": story.answer,
        "would_change": list(story.changes),
        "timeline": [_moment(moment) for moment in story.moments],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    data: dict[str, Any] = {"at": moment.at.isoformat(), "kind": moment.kind, "title": moment.title}
    data |= {name: value for name in ("detail", "note") if (value := getattr(moment, name))}
    if moment.kind == "event":
        data |= {"event": moment.code, "state": moment.chip_label.lower()}
    if moment.delivery_code:
        data["delivery"] = moment.delivery_code
    if moment.meetings:
        data["decisions"] = [_decision(meeting) for meeting in moment.meetings]
    return data


def _decision(meeting: Meeting) -> dict[str, Any]:
    """In the words of `GET /v2/events/{eventID}`, and the sentence beside them."""
    return {
        "campaign": meeting.campaign,
        "step": meeting.step,
        "channel": meeting.channel or None,
        "outcome": meeting.outcome,
        "reason": meeting.reason or None,
        "said": meeting.said,
        "at": meeting.at.isoformat(),
        "delivery": meeting.delivery_code,
        "status": meeting.status or None,
        "checks": [
            {"code": check.code, "passed": check.passed, "saw": check.saw, "would_change": check.would_change}
            for check in meeting.checks
        ],
    }


def as_lines(story: Story) -> Iterator[str]:
    """A story as people read it in a terminal. Times are the merchant's."""
    subject = story.subject
    zone = ZoneInfo(subject.merchant.timezone)
    yield " · ".join(part for part in (subject.title, subject.detail, subject.merchant.name) if part)
    yield story.answer
    yield from (f"  would change it: {change}" for change in story.changes)
    yield f"Newest first, times in {subject.merchant.timezone}:"
    for moment in story.moments:
        yield f"{moment.at.astimezone(zone):%Y-%m-%d %H:%M}  {moment.title}{_state(moment)}"
        yield from (f"{'':18}{text}" for text in (moment.detail, moment.note) if text)
        if moment.code or moment.delivery_code:
            yield f"{'':18}code {moment.code or moment.delivery_code}"
        for meeting in moment.meetings:
            yield from (f"{'':18}{line}" for line in _meeting_lines(meeting))


def _state(moment: Moment) -> str:
    return f" [{moment.chip_label.lower()}]" if moment.chip_label else ""


def _meeting_lines(meeting: Meeting) -> Iterator[str]:
    step = f", step {meeting.step}, {meeting.channel}" if meeting.channel else ""
    yield f"“{meeting.campaign}”{step} [{meeting.label.lower()}]"
    yield f"  {meeting.said}."
    for check in meeting.checks:
        yield f"  {'yes' if check.passed else 'NO ':3}  {check.label}: {check.shown}"
        if check.would_change:
            yield f"       would change it: {check.would_change}"
    if meeting.delivery_code:
        yield f"  delivery {meeting.delivery_code}"
