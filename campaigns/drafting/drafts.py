"""Drafts: how a campaign begins, from which template, and what is compiled of it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts import plans
from accounts.models import Merchant, User
from campaigns.brand import brand_of
from campaigns.editing.library import Wording
from campaigns.models import Campaign, CampaignKind, CampaignLog, MessageTemplate, Step
from campaigns.starters import Starter, starters
from campaigns.templating.compiling import Source

# What a message begins from where nobody chose: it works on every plan, and needs no name.
USUAL_TEMPLATES = {"email": "gentle-reminder", "sms": "sms-reminder", "push": "push-reminder"}
DEFAULT_DELAY_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Template:
    """A template to begin from: a starter (`key` is its slug) or one the merchant saved (`key` is its code)."""

    key: str
    name: str
    description: str
    subject: str
    preheader: str
    body: str
    starter: bool
    blocks: dict[str, Any] | None = None
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def wording(self) -> Wording:
        return Wording(self.subject, self.preheader, self.body, self.blocks, self.extras)


@dataclass(frozen=True, slots=True)
class Send:
    """What one step of a campaign sends: its messages by their channels, after this delay. `variants`: of a test."""

    delay_minutes: int
    channels: tuple[str, ...]
    variants: int = 1


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is chosen so far of whom a campaign is for and when. No rules: all subscribed users; no stores: all.
    `delay_minutes` is the first step's; `sends` are all of them, none: one mail."""

    typed: bool
    audience_name: str
    rules: tuple[Mapping[str, Any], ...]
    store_ids: tuple[int, ...]
    store_names: tuple[str, ...]
    delay_minutes: int
    kind: str = CampaignKind.REGULAR
    sends: tuple[Send, ...] = ()


def sends_of(steps: Iterable[Step]) -> tuple[Send, ...]:
    """What these steps send, by position."""
    found: dict[int, list[Step]] = {}
    for step in steps:
        found.setdefault(step.position, []).append(step)
    return tuple(
        Send(
            some[0].delay_minutes, tuple(dict.fromkeys(one.channel for one in some)), len({one.variant for one in some})
        )
        for some in found.values()
    )


def sketch_of(campaign: Campaign) -> Sketch:
    """The campaign as it is being edited."""
    audience, stores, sends = campaign.audience, list(campaign.stores.all()), sends_of(campaign.steps.all())
    return Sketch(
        typed=bool(campaign.type),
        audience_name=audience.name if audience else "",
        rules=tuple(audience.rules) if audience else (),
        store_ids=tuple(store.pk for store in stores),
        store_names=tuple(store.name for store in stores),
        delay_minutes=sends[0].delay_minutes if sends else DEFAULT_DELAY_MINUTES,
        kind=campaign.kind,
        sends=sends,
    )


def templates(merchant: Merchant, channel: str = "email") -> list[Template]:
    """All that a merchant may begin an abandoned-cart message from: its own first, then the starters."""
    saved = MessageTemplate.objects.for_merchant(merchant).offered()
    saved = saved.filter(category="abandon_cart", channel=channel)
    return [*map(_from_saved, saved), *map(_from_starter, starters(channel).values())]


def template(merchant: Merchant, key: str, channel: str = "email") -> Template | None:
    """The merchant's own template of that code or name, or the starter of that slug; none that is archived."""
    if key in starters(channel):
        return _from_starter(starters(channel)[key])
    if "\0" in key:
        return None
    saved = MessageTemplate.objects.for_merchant(merchant).offered().filter(channel=channel)
    found = saved.filter(code=key).first() if _is_code(key) else saved.filter(name=key).first()
    return _from_saved(found) if found else None


def create_draft(merchant: Merchant, user: User | None, name: str, channel: str = "email") -> Campaign:
    """A new draft with one empty step."""
    campaign = Campaign.objects.create(merchant=merchant, name=name)
    Step.objects.create(campaign=campaign, channel=channel, delay_minutes=DEFAULT_DELAY_MINUTES)
    CampaignLog.objects.create(campaign=campaign, user=user, action="created")
    return campaign


def begin_from(step: Step, chosen: Template, *, feed: bool) -> None:
    """Put a template's content into a step (not saved here)."""
    step.template, step.feed = chosen.key, feed
    step.subject, step.preheader = chosen.subject, chosen.preheader
    step.body, step.blocks, step.extras = chosen.body, chosen.blocks, chosen.extras


def source_of(step: Step, merchant: Merchant) -> Source:
    """What is compiled for a step of the merchant: in its look, and with product feeds only where its plan includes them."""
    dynamic = plans.includes(merchant.plan, plans.DYNAMIC_CONTENT)
    return Source(
        subject=step.subject,
        preheader=step.preheader,
        body=step.body,
        feed=step.feed and dynamic,
        dynamic=dynamic,
        extras=step.extras,
        brand=brand_of(merchant),
    )


def _is_code(key: str) -> bool:
    try:
        uuid.UUID(key)
    except ValueError:
        return False
    return True


def _from_saved(saved: MessageTemplate) -> Template:
    return Template(
        key=str(saved.code),
        name=saved.name,
        description="Saved by your team",
        subject=saved.subject,
        preheader=saved.preheader,
        body=saved.body,
        starter=False,
        blocks=saved.blocks,
        extras=saved.extras,
    )


def _from_starter(starter: Starter) -> Template:
    return Template(
        key=starter.slug,
        name=starter.label,
        description=starter.description,
        subject=starter.subject,
        preheader=starter.preheader,
        body=starter.body,
        starter=True,
        blocks=starter.blocks,
        extras={"picture": starter.picture, "button": starter.button} if starter.channel == "push" else {},
    )
