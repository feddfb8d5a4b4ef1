"""Which channels a merchant may use now, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Merchant
from campaigns.channels.base import CHANNELS
from campaigns.models import ChannelSettings


@dataclass(frozen=True, slots=True)
class Way:
    """A channel as it is offered. `reason` says why it cannot be used; empty: it can."""

    slug: str
    label: str
    icon: str
    about: str
    reason: str


# In the order in which they are offered.
OFFERED: Mapping[str, tuple[str, str, str]] = {
    "email": ("Email", "mail", "The usual for cart reminders. Pictures, prices and one button."),
    "sms": ("SMS", "sms", "A short text with a link back to the cart."),
    "push": ("Push", "notifications", "A notification in the browser, for who allowed it on your store's pages."),
}


def ways(merchant: Merchant) -> list[Way]:
    """Every channel, usable or not, with one query."""
    settings = {one.channel: one for one in ChannelSettings.objects.for_merchant(merchant)}
    return [Way(slug, *said, _why_not(slug, merchant, settings.get(slug))) for slug, said in OFFERED.items()]


def is_on_by_itself(merchant: Merchant, channel: str) -> bool:
    """Whether a channel may be used before anybody has set it up: carriers block texts about regulated goods."""
    return not (channel == "sms" and merchant.regulated_goods)


def _why_not(slug: str, merchant: Merchant, settings: ChannelSettings | None) -> str:
    label = OFFERED[slug][0]
    if slug not in CHANNELS:
        return f"{label} is not part of this installation."
    if settings is not None and not settings.enabled:
        return f"{label} is switched off. Switch it on in Settings → Channels."
    if settings is None and not is_on_by_itself(merchant, slug):
        return f"{label} is off for regulated goods, which carriers block. Whoever may send them switches it on in Settings → Channels."
    return ""
