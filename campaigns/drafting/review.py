"""The check list of the Review page: what stops a campaign from going live, what deserves a look, and where to fix it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse

from accounts import access, plans
from accounts.models import CartTrigger, Merchant
from campaigns.composer.writing import unfinished
from campaigns.drafting import drafts
from campaigns.drafting.checklist import OK, STOP, WARN, Check
from campaigns.drafting.forecast import Forecast, forecast
from campaigns.drafting.hours_checks import hours_checks
from campaigns.drafting.sequence_checks import sequence_checks
from campaigns.editing import checks as content_checks
from campaigns.editing import preview_data
from campaigns.editing.facts import checks_of
from campaigns.editing.previewing import preview
from campaigns.incentives import readiness
from campaigns.models import Campaign, Step
from campaigns.notifications import looks as push_looks
from campaigns.sender.checking import domain_of, identity_of
from campaigns.texts import looks as text_looks
from campaigns.texts.review import text_checks_of
from campaigns.wording import channel_in_words, place_in_words


def checks(campaign: Campaign, now: datetime, met: Forecast | None = None) -> list[Check]:
    """Every check of a campaign as it stands, red ones first. Queries grow with the steps only, of which there are few;
    `met` saves one."""
    steps = list(campaign.steps.select_related("discount"))
    found = [
        *_of_recipients(campaign),
        *sequence_checks(campaign, steps),
        *text_checks_of(campaign, steps),
        *hours_checks(campaign, steps),
        *_of_merchant(campaign, [step for step in steps if step.channel == "email"]),
        *(check for step in steps for check in _of_step(campaign, step, now, several=len(steps) > 1)),
        *_of_reach(campaign, met or forecast(campaign.merchant, drafts.sketch_of(campaign), now)),
    ]
    return sorted(found, key=lambda check: (STOP, WARN, OK).index(check.level))


def _of_step(campaign: Campaign, step: Step, now: datetime, *, several: bool) -> Iterator[Check]:
    """The checks of one message, named by its step where there are several."""
    fix = reverse("campaigns:content", args=[campaign.code, *([step.code] if several else [])])
    found = (
        *_of_content(step, campaign.merchant, fix),
        *_of_feed(campaign, step, fix),
        *_of_discount(step, now, fix),
    )
    for check in found:
        yield replace(check, text=f"{place_in_words(step, campaign.kind)}: {check.text}") if several else check


def _of_recipients(campaign: Campaign) -> Iterator[Check]:
    fix = reverse("campaigns:recipients", args=[campaign.code])
    if not campaign.type:
        yield Check("type", STOP, "The campaign type is not chosen.", fix, "Choose Abandoned Cart")
    else:
        yield Check("type", OK, "Bound to the trigger Abandoned Cart.")
    if not campaign.name.strip():
        yield Check("name", STOP, "The campaign has no name.", fix, "Name it")


def _of_merchant(campaign: Campaign, mails: Sequence[Step]) -> Iterator[Check]:
    """What the law and mail servers ask of who sends mails."""
    if not mails:
        return
    merchant = campaign.merchant
    fix = reverse("admin:accounts_merchant_change", args=[merchant.pk])
    sender = sender_of(merchant, mails[0])
    if parseaddr(sender)[1].endswith("@localhost"):
        level = STOP if settings.EMAIL_URL else WARN
        text = f"{merchant} has no sender address."
        yield Check("sender", level, text, fix, "Give a sender address", access.MANAGE_SETTINGS)
    else:
        yield Check("sender", OK, f"Sent from {sender}.")
        yield from _of_sender_domain(merchant, mails)
    if merchant.postal_address.strip():
        yield Check("postal_address", OK, "The footer shows the postal address.")
    else:
        yield Check(
            "postal_address",
            STOP,
            f"{merchant} has no postal address. The law asks for one in the footer of every mail.",
            fix,
            "Give the postal address",
            access.MANAGE_SETTINGS,
        )


def _of_sender_domain(merchant: Merchant, mails: Sequence[Step]) -> Iterator[Check]:
    """What the DNS said of the domains in From; nothing where mails are caught."""
    addresses = {parseaddr(sender_of(merchant, step))[1] for step in mails} if settings.EMAIL_URL else ()
    fix = reverse("sender:page")
    for domain in sorted({domain_of(address) for address in addresses}):
        identity = identity_of(merchant, domain)
        if identity.free:
            text = f"{domain} belongs to a mailbox provider, which lets nobody else send in its name."
        elif not identity.findings:
            text = f"Nobody has looked yet whether the DNS of {domain} lets your mails through."
        elif identity.missing:
            text = f"The DNS of {domain} lacks {identity.missing}, so mails may land in spam."
        else:
            yield Check("sender_domain", OK, f"The DNS of {domain} has SPF, DKIM and DMARC.")
            continue
        yield Check("sender_domain", WARN, text, fix, "See the records", access.MANAGE_SETTINGS)


def _of_content(step: Step, merchant: Merchant, fix: str) -> Iterator[Check]:
    if not step.body.strip():
        yield Check("content", STOP, "There is no message yet.", fix, "Pick a template")
        return
    if places := unfinished(step.blocks) if step.blocks else ():
        text = f"The message is not finished. {places[0].where}: {places[0].message}"
        yield Check("content", STOP, text, fix, "Finish it")
        return
    source = drafts.source_of(step, merchant)
    sample = preview_data.preview_context(merchant, None, feed=source.feed, discount=step.discount)
    shown = preview(source, sample, step.channel)
    problem = next(iter(shown.problems), None)
    if problem is None:
        way_out = " and has its unsubscribe link" if step.channel == "email" else ""
        yield Check("content", OK, f"The message compiles{way_out}.")
        if step.channel == "email":
            yield from _of_check_list(checks_of(step, merchant, shown, sample), fix)
        elif step.channel == "sms":
            yield from _of_check_list(text_looks.look(step, merchant).checks, fix)
        elif step.channel == "push":
            yield from _of_check_list(push_looks.look(step, merchant).checks, fix)
    elif problem.code == "render":
        yield Check("content", STOP, f"The message compiles, but cannot be made. {problem.message}", fix, "Open it")
    else:
        text = f"The message does not compile. Line {problem.line}: {problem.message}"
        yield Check("content", STOP, text, fix, "Open it")


def _of_check_list(found: Iterable[content_checks.Check], fix: str) -> Iterator[Check]:
    """What the list beside the preview found, with its reason; what is fine there is not repeated."""
    for check in found:
        if check.level == content_checks.ERROR:
            yield Check(check.code, STOP, f"{check.text} {check.why}".strip(), fix, "Open the message")
        elif check.level == content_checks.WARNING:
            yield Check(check.code, WARN, f"{check.text} {check.why}".strip(), fix, "Open the message")


def _of_feed(campaign: Campaign, step: Step, fix: str) -> Iterator[Check]:
    if step.channel != "email" or not step.body:
        return
    allowed = plans.includes(campaign.merchant.plan, plans.DYNAMIC_CONTENT)
    dynamic = has_dynamic_store(campaign.merchant, [store.pk for store in campaign.stores.all()])
    if (step.feed or "<aiq-feed" in step.body) and not allowed:
        reason = plans.why_not(campaign.merchant.plan, plans.DYNAMIC_CONTENT)
        yield Check("feed", WARN, f"Will be sent without the Product Feed: {reason}", fix, "See the content")
    elif step.feed and not dynamic:
        text = "No store sends the products of a cart yet, so the Product Feed will stay empty."
        yield Check("feed", WARN, text, _integrations(), "See the integrations", access.MANAGE_SETTINGS)
    elif step.feed:
        yield Check("feed", OK, "Shows the products left behind.")
    elif allowed and dynamic:
        text = "Your store sends the products of a cart, but this message does not show them."
        yield Check("feed", WARN, text, fix, "Add the Product Feed")


def _of_discount(step: Step, now: datetime, fix: str) -> Iterator[Check]:
    for found in readiness.findings(step, now) if step.body.strip() else ():
        if found.level == readiness.OK:
            yield Check("discount", OK, found.text)
        elif found.of_discount and step.discount:
            discount = reverse("admin:campaigns_discount_change", args=[step.discount.code])
            yield Check("discount", found.level, found.text, discount, "Add codes")
        else:
            yield Check("discount", found.level, found.text, fix, "Open the message")


def _of_reach(campaign: Campaign, met: Forecast) -> Iterator[Check]:
    fix = reverse("campaigns:recipients", args=[campaign.code])
    if not sends_carts(campaign.merchant):
        text = "No store has sent a cart yet."
        yield Check("integration", WARN, text, _integrations(), "Connect a store", access.MANAGE_SETTINGS)
    elif met.carts and not met.reachable:
        by = " or ".join(map(channel_in_words, met.channels))
        text = f"None of the {met.carts:,} carts of the last {met.days} days could be reached by {by}."
        yield Check("reach", WARN, text, fix, "Look at the recipients")
    else:
        yield Check("integration", OK, "A connected store sends carts.")


def sends_carts(merchant: Merchant) -> bool:
    return merchant.stores.exclude(cart_trigger=CartTrigger.NONE).exists()


def sender_of(merchant: Merchant, step: Step | None) -> str:
    """Who the message comes from: the step's own, else the merchant's, else the system's (DEFAULT_FROM_EMAIL)."""
    address = (step.sender_email if step else "") or merchant.sender_email
    name = (step.sender_name if step else "") or merchant.sender_name or merchant.name
    return f"{name} <{address}>" if address else settings.DEFAULT_FROM_EMAIL


def has_dynamic_store(merchant: Merchant, store_ids: list[int]) -> bool:
    """Whether one of these stores (none given: of all the merchant's) tells the products of a cart."""
    stores = merchant.stores.filter(cart_trigger=CartTrigger.DYNAMIC)
    return (stores.filter(pk__in=store_ids) if store_ids else stores).exists()


def _integrations() -> str:
    return reverse("admin:index") + "integrations/"
