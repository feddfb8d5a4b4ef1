"""Figures rolled up per day, so that no page counts a big table."""

from typing import ClassVar

from django.db import models

from accounts.models import Merchant
from campaigns.models.campaigns import Campaign


class DailyFigureQuerySet(models.QuerySet["DailyFigure"]):
    def for_merchant(self, merchant: Merchant) -> "DailyFigureQuerySet":
        return self.filter(merchant=merchant)


class DailyFigure(models.Model):
    """One day (in the merchant's zone) of a merchant, or of one of its campaigns. `money` maps currency to text.

    `mailed`, `bounced`, `complained`: emails only, for the rates that mailbox providers watch.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="figures")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="figures")
    day = models.DateField()
    abandoned = models.PositiveIntegerField(default=0)
    entered = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    mailed = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    complained = models.PositiveIntegerField(default=0)
    money = models.JSONField(default=dict)

    objects: ClassVar[DailyFigureQuerySet] = DailyFigureQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "campaign", "day"],
                nulls_distinct=False,
                name="one_figure_per_merchant_campaign_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.day}"
