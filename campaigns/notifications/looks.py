"""A notification as a shopper would get it: rendered with a cart, measured, and checked."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts import plans
from accounts.models import Merchant
from campaigns.channels.base import CHANNELS, Envelope
from campaigns.channels.push_payload import Notification
from campaigns.drafting import drafts
from campaigns.editing import preview_data
from campaigns.editing.checks import Check
from campaigns.editing.needs import without_discount
from campaigns.editing.previewing import Preview, preview
from campaigns.feeds import Policy
from campaigns.models import Cart, Step
from campaigns.notifications.checks import Meter, PushFacts, meters, push_checks
from campaigns.templating.macros import analyze


@dataclass(frozen=True, slots=True)
class Look:
    """`notification` None: there is nothing to see, `shown` says why."""

    shown: Preview
    notification: Notification | None = None
    meters: tuple[Meter, ...] = ()
    checks: tuple[Check, ...] = ()


def look(step: Step, merchant: Merchant, cart: Cart | None = None) -> Look:
    """The notification of a step as it stands, with that cart; without one, with a sample."""
    source, policy = drafts.source_of(step, merchant), Policy(step.sold_out, step.price_rose)
    context = preview_data.preview_context(
        merchant, cart, feed=source.feed, body=source.body, policy=policy, discount=step.discount
    )
    shown = preview(source, context, "push")
    unsaid = without_discount(shown, context, chosen=step.discount_id is not None)
    if shown.message is None:
        return Look(shown, checks=unsaid)
    envelope = Envelope(str(UUID(int=0)), "", "", merchant.name, timezone.now(), "#")
    notification: Notification = CHANNELS.get("push").compose(shown.message, envelope).notification
    button = shown.message.extras["button"]
    checks = push_checks(PushFacts(notification, shown.names, merchant.regulated_goods), button)
    return Look(shown, notification, tuple(meters(notification, button)), (*unsaid, *checks))


def fit_feed(step: Step, merchant: Merchant) -> None:
    """Products of the cart are loaded where the notification shows any and the plan includes them (not saved here)."""
    parts = (step.subject, step.body, *step.extras.values())
    names = {name for part in parts for name in analyze(part, field="body").names}
    shows = any(name.split(".")[0] == "items" for name in names)
    step.feed = shows and plans.includes(merchant.plan, plans.DYNAMIC_CONTENT)
