"""`create_campaign MERCHANT --name N --channel email`: an abandoned-cart campaign without the wizard."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import plans
from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from campaigns import lifecycle
from campaigns.drafting import drafts, sequence
from campaigns.drafting.sequence import MAX_DELAY_MINUTES
from campaigns.models import Campaign
from campaigns.usable import ways

CHANNELS = ("email", "sms", "push")


class Command(SupportCommand):
    help = "Create an abandoned-cart campaign for all subscribed users of a merchant."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("--name", required=True, metavar="N")
        parser.add_argument("--channel", action="append", choices=CHANNELS, required=True, help="once for each message")
        parser.add_argument("--template", metavar="SLUG", help="or the name of one of the merchant's own")
        parser.add_argument("--delay", type=int, default=0, metavar="MINUTES", help="after the cart is abandoned")
        parser.add_argument("--holdout", type=float, default=0, metavar="PERCENT", help="not built yet: only 0")
        parser.add_argument("--live", action="store_true", help="set it live at once; refused where a check stops it")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        _check(merchant, options)
        try:
            with transaction.atomic():
                campaign = _create(merchant, options)
        except lifecycle.Refused as error:
            raise Refused(f"Nothing was created. {error}") from None
        self.done(
            {"campaign": str(campaign.code), "status": campaign.status},
            f"“{campaign}” of {merchant} is {campaign.get_status_display().lower()}: {campaign.code}",
        )


def _check(merchant: Merchant, options: dict[str, Any]) -> None:
    """Raises `Refused` for what is not built yet, is not usable or makes no sense."""
    for way in ways(merchant):
        if way.slug in options["channel"] and way.reason:
            raise Refused(way.reason)
    if options["holdout"]:
        raise Refused("Holdouts come in a later release: leave --holdout out, or give 0.")
    if not 0 <= options["delay"] <= MAX_DELAY_MINUTES:
        raise Refused(f"--delay is from 0 to {MAX_DELAY_MINUTES} minutes.")
    if not 0 < len(options["name"].strip()) <= 120:
        raise Refused("--name has from 1 to 120 characters.")


def _create(merchant: Merchant, options: dict[str, Any]) -> Campaign:
    channels = list(dict.fromkeys(options["channel"]))
    chosen = _chosen(merchant, channels, options["template"])
    campaign = drafts.create_draft(merchant, None, options["name"].strip(), channels[0])
    campaign.type = "abandoned_cart"
    campaign.save(update_fields=["type"])
    sequence.move(campaign.steps.get(), options["delay"])
    for channel in channels[1:]:
        sequence.add(campaign, channel, options["delay"])
    for step in campaign.steps.all():
        feed = step.channel == "email" and plans.includes(merchant.plan, plans.DYNAMIC_CONTENT)
        drafts.begin_from(step, chosen[step.channel], feed=feed)
        step.save()
    if options["live"]:
        lifecycle.set_live(campaign, None, timezone.now())
    return campaign


def _chosen(merchant: Merchant, channels: Sequence[str], named: str | None) -> dict[str, drafts.Template]:
    """A template for each channel: the one that is named where it is of that channel, else the usual one."""
    found = {channel: drafts.template(merchant, named, channel) if named else None for channel in channels}
    if named and not any(found.values()):
        offered = [each for channel in channels for each in drafts.templates(merchant, channel)]
        known = ", ".join(each.key if each.starter else each.name for each in offered)
        raise Refused(f"There is no template {named!r}. There are: {known}.")
    usual = {channel: drafts.template(merchant, drafts.USUAL_TEMPLATES[channel], channel) for channel in channels}
    return {channel: template for channel in channels if (template := found[channel] or usual[channel])}
