"""What `pause_campaign` and `resume_campaign` share: the argument that names a campaign, and the answer."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from aiq.lib.commands import Refused, SupportCommand
from campaigns.models import Campaign


class CampaignCommand(SupportCommand):
    """Takes CAMPAIGN: a code, or with `--merchant` a name."""

    asks = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("campaign", help="code of the campaign, or its name together with --merchant")
        parser.add_argument("--merchant", default="", metavar="M", help="slug of the merchant")

    def find(self, word: str, merchant: str) -> Campaign:
        """The campaign meant. Raises `Refused` for none, and for several of one name."""
        campaigns = Campaign.objects.select_related("merchant")
        campaigns = campaigns.filter(merchant__slug=merchant) if merchant else campaigns
        found = list(campaigns.filter(code=word)) if _is_code(word) else []
        if not found and merchant:
            found = list(campaigns.filter(name=word)[:2])
        if len(found) > 1:
            raise Refused(f"{merchant} has several campaigns named {word!r}: give the code (list_campaigns).")
        if not found:
            raise Refused(f"There is no campaign {word!r}. A name needs --merchant; list_campaigns shows the codes.")
        return found[0]

    def tell(self, campaign: Campaign, text: str) -> None:
        self.done({"campaign": str(campaign.code), "status": campaign.status}, text)


def _is_code(word: Any) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True
