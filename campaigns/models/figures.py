"""Figures rolled up per day, so that no page counts a big table."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from accounts.models import Merchant
from campaigns.models.campaigns import Campaign, Content


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


class StepFigure(models.Model):
    """The messages of one content that were due on one day (UTC), by what became of them so far (`campaigns.insight.step_figures`)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="step_figures", db_index=False)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="figures")
    day = models.DateField()
    sent = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day", "content"], name="one_figure_per_content_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.content} {self.day}"


class ReasonFigure(models.Model):
    """How often a campaign decided so on one day (UTC): a reason, or where there is none the outcome (`campaigns.insight.reason_figures`)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reason_figures", db_index=False)
    day = models.DateField()
    code = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day", "code"], name="one_figure_per_reason_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.day}"


class VariantFigure(models.Model):
    """What one variant of a test had shown when it was last counted (`campaigns.insight.ab_results`)."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, primary_key=True, related_name="result")
    tried = models.PositiveIntegerField()
    won = models.PositiveIntegerField()
    counted_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.content}: {self.won} of {self.tried}"
