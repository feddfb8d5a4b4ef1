"""`resume_campaign CAMPAIGN`: the same as Resume on the page, an edited version included."""

from typing import Any

from django.utils import timezone

from aiq.lib.commands import Refused
from campaigns import lifecycle
from campaigns.management.campaign_command import CampaignCommand


class Command(CampaignCommand):
    help = "Resume a paused campaign. Carts abandoned while it was paused get nothing new."

    def run(self, **options: Any) -> None:
        campaign = self.find(options["campaign"], options["merchant"])
        changed = " with the changes made since" if campaign.edited else ""
        self.confirm(f"“{campaign}” of {campaign.merchant} goes live{changed} for carts abandoned from now on.")
        try:
            lifecycle.resume(campaign, None, timezone.now())
        except lifecycle.Refused as error:
            raise Refused(str(error)) from None
        self.tell(campaign, f"“{campaign}” is live.")
