"""`pause_campaign CAMPAIGN`: the same as Pause on the page."""

from typing import Any

from aiq.lib.commands import Refused
from campaigns import lifecycle
from campaigns.management.campaign_command import CampaignCommand
from campaigns.models import DeliveryStatus


class Command(CampaignCommand):
    help = "Pause a live campaign: nothing is sent until it is resumed."

    def run(self, **options: Any) -> None:
        campaign = self.find(options["campaign"], options["merchant"])
        waiting = campaign.deliveries.filter(status=DeliveryStatus.PENDING).count()
        self.confirm(
            f"“{campaign}” of {campaign.merchant} stops sending at once; {waiting:,} reminders wait, and expire in time."
        )
        try:
            lifecycle.pause(campaign, None)
        except lifecycle.Refused as error:
            raise Refused(str(error)) from None
        self.tell(campaign, f"“{campaign}” is paused.")
