"""The library of templates: what is done to a template of the merchant, and what it was before.

A campaign takes a copy when it begins from a template, so nothing here changes a campaign.
"""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Merchant, User
from campaigns.models import MessageTemplate, Step, TemplateVersion

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template says. `blocks` None: `body` is written by hand, else it is what the blocks stand for. `extras`: as a step's."""

    subject: str
    preheader: str
    body: str
    blocks: dict[str, Any] | None = None
    extras: dict[str, str] = field(default_factory=dict)


def wording_of(row: MessageTemplate | TemplateVersion | Step) -> Wording:
    return Wording(row.subject, row.preheader, row.body, row.blocks, row.extras)


def keep(
    merchant: Merchant, name: str, wording: Wording, user: User | None, *, channel: str = "email"
) -> MessageTemplate:
    """A new template of that name; where the merchant has one already, a number follows the name."""
    with transaction.atomic():
        _lock(merchant)
        return MessageTemplate.objects.create(
            merchant=merchant,
            name=_free_name(merchant, name),
            channel=channel,
            updated_by=user,
            **asdict(wording),
        )


def change(template: MessageTemplate, wording: Wording, user: User | None) -> bool:
    """Save what the template says from now on; what it said stays as a version. False: it said that already."""
    with transaction.atomic():
        before = MessageTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
        if wording_of(before) == wording:
            return False
        TemplateVersion.objects.create(
            template=before,
            number=before.number,
            created_by_id=before.updated_by_id,
            created_at=before.updated_at,
            **asdict(wording_of(before)),
        )
        MessageTemplate.objects.filter(pk=before.pk).update(
            number=F("number") + 1, updated_at=timezone.now(), updated_by=user, **asdict(wording)
        )
    template.refresh_from_db()
    return True


def bring_back(version: TemplateVersion, user: User | None) -> bool:
    """Let the template say again what it said in that version, as a new version. False: it does already."""
    return change(version.template, wording_of(version), user)


def duplicate(template: MessageTemplate, user: User | None) -> MessageTemplate:
    name = f"Copy of {template.name}"[:NAME_LENGTH]
    return keep(template.merchant, name, wording_of(template), user, channel=template.channel)


def find(merchant: Merchant, code: str, number: str = "") -> Wording | None:
    """What the merchant's template of that code says, archived or not, or said in an earlier version; None: there is none."""
    template = MessageTemplate.objects.for_merchant(merchant).filter(code=code).first() if _is_code(code) else None
    if template is None or number in {"", str(template.number)}:
        return wording_of(template) if template else None
    version = template.versions.filter(number=number).first() if _is_number(number) else None
    return wording_of(version) if version else None


def archive(template: MessageTemplate) -> bool:
    """No campaign is offered it any more; False: somebody was faster."""
    return bool(MessageTemplate.objects.offered().filter(pk=template.pk).update(archived_at=timezone.now()))


def unarchive(template: MessageTemplate) -> bool:
    return bool(MessageTemplate.objects.filter(pk=template.pk, archived_at__isnull=False).update(archived_at=None))


def _is_code(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _lock(merchant: Merchant) -> None:
    """Two who keep a template at once must not choose the same name."""
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)


def _free_name(merchant: Merchant, wish: str) -> str:
    start = wish[: NAME_LENGTH - 5]
    taken = set(
        MessageTemplate.objects.for_merchant(merchant).filter(name__startswith=start).values_list("name", flat=True)
    )
    names = (wish, *(f"{start} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
