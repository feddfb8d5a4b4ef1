from anymail.signals import tracking as provider_reports
from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Marketing"

    def ready(self) -> None:
        from campaigns.tracking import on_anymail

        provider_reports.connect(on_anymail, dispatch_uid="campaigns.tracking")
