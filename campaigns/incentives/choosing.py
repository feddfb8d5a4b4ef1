"""Choosing a message's discount in the wizard, by its code: which may be chosen, and what choosing it means."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Merchant
from campaigns.incentives import labels
from campaigns.incentives.lasting import Pool
from campaigns.models import Discount

HELP = (
    "The mail shows it where it has a Discount block. Each cart gets it once, and later reminders show the same code."
)
HELP_NO_CODE = "What waits leaves when codes are added, unless it has become too late by then."


def offer(field: Any, merchant: Merchant, chosen: int | None) -> None:
    """Let a model choice field offer, by code, what the merchant offers, and the one chosen already, be it archived since."""
    field.queryset = Discount.objects.for_merchant(merchant).filter(Q(archived_at=None) | Q(pk=chosen))
    field.to_field_name, field.empty_label = "code", "No discount"
    field.label_from_instance = _label
    field.error_messages["invalid_choice"] = "There is no such discount any more. Choose another one."


def _label(discount: Discount) -> str:
    gives = labels.gives(discount.kind, discount.value, discount.currency)
    return f"{discount} · {gives}" + (" (archived)" if discount.archived_at else "")


def chosen(merchant: Merchant, code: str) -> Discount | None:
    """The merchant's discount of that code; None for none, and for what is no code of theirs."""
    try:
        return Discount.objects.for_merchant(merchant).filter(code=UUID(code)).first()
    except ValueError:
        return None


def exposure(discount: Discount, pool: Pool | None) -> str:
    """What setting this live may cost, in a sentence: "Up to 500 codes, 50 a day. 412 codes left …"."""
    most = f"Up to {discount.per_campaign:,}" if discount.per_campaign is not None else "As many as there are carts"
    daily = f", {discount.per_day:,} a day" if discount.per_day is not None else ""
    return f"{most}{daily}. {pool.words if pool else f'Everybody gets the code {discount.code_shared}.'}"
