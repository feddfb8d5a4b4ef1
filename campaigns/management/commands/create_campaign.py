"""`create_campaign MERCHANT --name N --channel email`: an abandoned-cart campaign without the wizard."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import plans
from accounts.models import Merchant
from aiq.lib.commands import Refused, SupportCommand
from campaigns import drafts, lifecycle
from campaigns.models import Campaign
from campaigns.sequence import MAX_DELAY_MINUTES

CHANNELS = ("email", "sms", "push")


class Command(SupportCommand):
    help = "Create an abandoned-cart campaign for all subscribed users of a merchant."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("merchant", help="slug of the merchant")
        parser.add_argument("--name", required=True, metavar="N")
        parser.add_argument("--channel", action="append", choices=CHANNELS, required=True)
        parser.add_argument("--template", default=drafts.DEFAULT_TEMPLATE, metavar="SLUG")
        parser.add_argument("--delay", type=int, default=0, metavar="MINUTES", help="after the cart is abandoned")
        parser.add_argument("--holdout", type=float, default=0, metavar="PERCENT", help="not built yet: only 0")
        parser.add_argument("--live", action="store_true", help="set it live at once; refused where a check stops it")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        _check(options)
        try:
            with transaction.atomic():
                campaign = _create(merchant, options)
        except lifecycle.Refused as error:
            raise Refused(f"Nothing was created. {error}") from None
        self.done(
            {"campaign": str(campaign.code), "status": campaign.status},
            f"“{campaign}” of {merchant} is {campaign.get_status_display().lower()}: {campaign.code}",
        )


def _check(options: dict[str, Any]) -> None:
    """Raises `Refused` for what is not built yet or makes no sense."""
    later = sorted(set(options["channel"]) - {"email"})
    if later:
        raise Refused(f"Campaigns by {' and '.join(later)} come in a later release; email works.")
    if options["holdout"]:
        raise Refused("Holdouts come in a later release: leave --holdout out, or give 0.")
    if not 0 <= options["delay"] <= MAX_DELAY_MINUTES:
        raise Refused(f"--delay is from 0 to {MAX_DELAY_MINUTES} minutes.")
    if not 0 < len(options["name"].strip()) <= 120:
        raise Refused("--name has from 1 to 120 characters.")


def _create(merchant: Merchant, options: dict[str, Any]) -> Campaign:
    template = drafts.template(merchant, options["template"])
    if template is None:
        known = ", ".join(each.key if each.starter else each.name for each in drafts.templates(merchant))
        raise Refused(f"There is no template {options['template']!r}. There are: {known}.")
    campaign = drafts.create_draft(merchant, None, options["name"].strip())
    campaign.type = "abandoned_cart"
    campaign.save(update_fields=["type"])
    step = campaign.steps.get()
    drafts.begin_from(step, template, feed=plans.includes(merchant.plan, plans.DYNAMIC_CONTENT))
    step.delay_minutes = options["delay"]
    step.save()
    if options["live"]:
        lifecycle.set_live(campaign, None, timezone.now())
    return campaign
