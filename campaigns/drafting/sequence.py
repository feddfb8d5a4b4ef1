"""The steps of a campaign as they are edited: added, moved, taken out and put back, and shaped by the kind of campaign.

Steps are numbered by their delay. What a shopper gets one of (the variants of a test, the channels of a waterfall) is one
step in several messages: they share position, delay and expiry. Everything here runs under the campaign's lock
(`lifecycle.editing`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from campaigns.models import Campaign, CampaignKind, Step

MOST_STEPS, MOST_VARIANTS = 5, 4
MAX_DELAY_MINUTES = 30 * 1440
VARIANTS = "abcd"
DEFAULT_DELAY = 60
# The usual three reminders: after an hour, a day, three days; with texts among them all within 48 hours (`campaigns.texts.law`).
USUAL, WITH_TEXTS = (60, 1440, 4320), (60, 1440, 2760)
# What a copy of a message keeps.
_MESSAGE = (
    "template", "subject", "preheader", "sender_name", "sender_email", "body", "blocks", "feed", "sold_out", "price_rose",
    "discount_id", "no_code", "quiet_hours", "extras",
)  # fmt: skip


class Refused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was changed, and the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """One step of the campaign: the messages that leave after the same delay."""

    position: int
    steps: tuple[Step, ...]

    @property
    def delay_minutes(self) -> int:
        return self.steps[0].delay_minutes

    @property
    def tested(self) -> bool:
        """Whether its messages are variants of each other."""
        return len({step.variant for step in self.steps}) > 1


def places(steps: Iterable[Step]) -> list[Place]:
    """The steps by position; `steps` in their order."""
    found: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        found[step.position].append(step)
    return [Place(position, tuple(some)) for position, some in sorted(found.items())]


def channels_of(steps: Iterable[Step]) -> list[str]:
    """The channels in use, in the order in which a waterfall tries them."""
    return list(dict.fromkeys(step.channel for step in sorted(steps, key=lambda one: (one.rank, one.position))))


def preset_of(channels: Collection[str]) -> tuple[int, ...]:
    """The delays that are suggested for steps over these channels, in minutes."""
    return WITH_TEXTS if "sms" in channels else USUAL


def add(campaign: Campaign, channel: str, delay_minutes: int) -> Step:
    """One more step at the end of its time; in a waterfall with a message for each channel. Raises `Refused`."""
    steps = list(campaign.steps.all())
    if len(places(steps)) >= MOST_STEPS and not _joins(campaign, steps, channel, delay_minutes):
        raise Refused(f"A campaign has at most {MOST_STEPS} steps.")
    ranked = channels_of(steps) if campaign.kind == CampaignKind.WATERFALL else [channel]
    lead = None
    for rank, one in enumerate(ranked, 1):
        made = _new(campaign, one, delay_minutes, rank=rank if len(ranked) > 1 else 1, lead=lead)
        lead = lead or made
    arrange(campaign)
    assert lead
    lead.refresh_from_db()
    return lead


def use_preset(campaign: Campaign) -> None:
    """The usual three reminders, on the campaign's first channel or over its waterfall: what is there moves to them in its
    order, what lacks is added."""
    steps = list(campaign.steps.all())
    channel = channels_of(steps)[0]
    mine = [step for step in steps if step.channel == channel and step.variant == "a"]
    delays = preset_of(channels_of(steps) if campaign.kind == CampaignKind.WATERFALL else [channel])
    for step, delay in zip(mine, delays, strict=False):
        move(step, delay, arranging=False)
    arrange(campaign)
    for delay in delays[len(mine) :]:
        add(campaign, channel, delay)


def move(step: Step, delay_minutes: int, expires_after_minutes: int | None = None, *, arranging: bool = True) -> None:
    """Let a step leave after that delay, with all its messages."""
    fields = {"delay_minutes": delay_minutes}
    if expires_after_minutes is not None:
        fields["expires_after_minutes"] = expires_after_minutes
    _together(step).update(**fields)
    if arranging:
        arrange(step.campaign)


def add_variant(step: Step) -> Step:
    """One more variant of a tested message, as a copy of the first to be changed. Raises `Refused`."""
    taken = set(_together(step).values_list("variant", flat=True))
    if len(taken) >= MOST_VARIANTS:
        raise Refused(f"A test has at most {MOST_VARIANTS} variants.")
    letter = next(each for each in VARIANTS if each not in taken)
    first = _together(step).order_by("variant").first()
    assert first
    return _copy(first, variant=letter)


def remove(step: Step, now: datetime) -> None:
    """Take a step out, with all its messages; of a test's message only that variant. Raises `Refused`."""
    tested = step.campaign.kind == CampaignKind.AB and _together(step).count() > 1
    if tested and step.variant == "a":
        raise Refused("Variant A is what the others are measured against. Change it, or take the others out.")
    gone = Step.objects.filter(pk=step.pk) if tested else _together(step)
    if not step.campaign.steps.exclude(pk__in=gone.values("pk")).exists():
        raise Refused("This is the only step. A campaign has at least one.")
    gone.update(removed_at=now)
    arrange(step.campaign)


def put_back(campaign: Campaign, code: UUID) -> bool:
    """Undo `remove`; False where the step is not there to be put back. Raises `Refused`."""
    step = Step.everything.filter(campaign=campaign, code=code, removed_at__isnull=False).first()
    if step is None:
        return False
    if len(places(campaign.steps.all())) >= MOST_STEPS and not _together(step).exists():
        raise Refused(f"A campaign has at most {MOST_STEPS} steps.")
    with_it = Step.everything.filter(campaign=campaign, removed_at=step.removed_at)
    with_it.update(removed_at=None, position=F("position") + _ASIDE)
    arrange(campaign)
    return True


_ASIDE = 100


def arrange(campaign: Campaign) -> None:
    """Number the steps by their delay. Messages on different channels with the same delay are one step."""
    by_place: dict[int, list[Step]] = defaultdict(list)
    for step in campaign.steps.all():
        by_place[step.place_id].append(step)
    ordered = sorted(by_place.values(), key=lambda some: (some[0].delay_minutes, some[0].position, some[0].pk))
    numbers: dict[int, int] = {}
    position, before = 0, 0
    channels: set[str] = set()
    for some in ordered:
        used = {step.channel for step in some}
        alone = campaign.kind != CampaignKind.REGULAR
        if position == 0 or alone or some[0].delay_minutes != before or used & channels:
            position, channels = position + 1, set()
        channels |= used
        before = some[0].delay_minutes
        numbers |= {step.pk: position for step in some}
    _renumber(campaign, numbers)


def _renumber(campaign: Campaign, numbers: dict[int, int]) -> None:
    """In two strides, so that no two steps are ever at one place."""
    rows = list(campaign.steps.filter(pk__in=numbers))
    if all(row.position == numbers[row.pk] for row in rows):
        return
    campaign.steps.update(position=F("position") + 2 * _ASIDE)
    for row in rows:
        row.position = numbers[row.pk]
    Step.objects.bulk_update(rows, ["position"])


def _joins(campaign: Campaign, steps: Sequence[Step], channel: str, delay_minutes: int) -> bool:
    """Whether a message finds its place beside others of the same delay."""
    there = {step.channel for step in steps if step.delay_minutes == delay_minutes}
    return campaign.kind == CampaignKind.REGULAR and bool(there) and channel not in there


def _together(step: Step) -> "models.QuerySet[Step]":
    """All messages of which a shopper gets one, this one among them."""
    return Step.objects.filter(campaign=step.campaign_id).filter(Q(pk=step.place_id) | Q(lead=step.place_id))


def _new(campaign: Campaign, channel: str, delay_minutes: int, *, rank: int = 1, lead: Step | None = None) -> Step:
    aside = _ASIDE + campaign.steps.count()
    position = lead.position if lead else aside
    return Step.objects.create(
        campaign=campaign, channel=channel, delay_minutes=delay_minutes, rank=rank, lead=lead, position=position
    )


def copy_message(step: Step, to: Step) -> None:
    """Let `to` say what `step` says (not saved here)."""
    for name in _MESSAGE:
        setattr(to, name, getattr(step, name))


def _copy(step: Step, *, variant: str) -> Step:
    kept = {name: getattr(step, name) for name in _MESSAGE}
    return Step.objects.create(
        campaign=step.campaign,
        position=step.position,
        channel=step.channel,
        delay_minutes=step.delay_minutes,
        expires_after_minutes=step.expires_after_minutes,
        variant=variant,
        lead_id=step.place_id,
        **kept,
    )
