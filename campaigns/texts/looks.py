"""A text as a shopper would get it: rendered with a cart, measured, and checked."""

from dataclasses import dataclass

from accounts import plans
from accounts.models import Merchant
from campaigns.drafting import drafts
from campaigns.editing import preview_data
from campaigns.editing.checks import Check
from campaigns.editing.needs import without_discount
from campaigns.editing.previewing import Preview, preview
from campaigns.feeds import Policy
from campaigns.models import Cart, ChannelSettings, SenderKind, Step
from campaigns.templating.macros import analyze
from campaigns.texts.checks import Meter, TextFacts, meter, text_checks


@dataclass(frozen=True, slots=True)
class Look:
    """`meter` None: there is nothing to measure, `shown` says why. `sender` is as the phone shows it."""

    shown: Preview
    meter: Meter | None
    checks: tuple[Check, ...]
    sender: str


def look(step: Step, merchant: Merchant, cart: Cart | None = None) -> Look:
    """The text of a step as it stands, with that cart; without one, with a sample."""
    own = ChannelSettings.objects.for_merchant(merchant).filter(channel="sms").first()
    source, policy = drafts.source_of(step, merchant), Policy(step.sold_out, step.price_rose)
    context = preview_data.preview_context(
        merchant, cart, feed=source.feed, body=source.body, policy=policy, discount=step.discount
    )
    shown = preview(source, context, "sms")
    sender = (own.sender if own else "") or merchant.name
    unsaid = without_discount(shown, context, chosen=step.discount_id is not None)
    if shown.message is None:
        return Look(shown, None, unsaid, sender)
    text = shown.message.text.strip()
    facts = TextFacts(
        text=text,
        names=shown.names,
        senders=(merchant.name, merchant.sender_name, str(context["store"]["name"])),
        by_name=own is not None and own.sender_kind == SenderKind.NAME,
        regulated=merchant.regulated_goods,
        linked=_links_back(shown.names),
    )
    found = (*unsaid, *text_checks(facts))
    return Look(shown, meter(text, own.price if own else None, merchant.currency), found, sender)


def fit_feed(step: Step, merchant: Merchant) -> None:
    """Products of the cart are loaded where the text shows any and the plan includes them (not saved here)."""
    shows = any(name.split(".")[0] == "items" for name in analyze(step.body, field="body").names)
    step.feed = shows and plans.includes(merchant.plan, plans.DYNAMIC_CONTENT)


def _links_back(names: tuple[str, ...]) -> bool:
    return any(name.rpartition(".")[2] == "url" for name in names)
