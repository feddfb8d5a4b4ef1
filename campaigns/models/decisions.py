"""The ledger: what was decided for every episode and campaign, and for every step when it was due. Append-only."""

from django.db import models
from django.db.models import Q

from accounts.models import Merchant
from campaigns.models.campaigns import Campaign
from campaigns.models.carts import Episode
from campaigns.models.deliveries import Delivery


class DecisionKind(models.TextChoices):
    ENTRY = "entry", "Entry"
    STEP = "step", "Step"


class Outcome(models.TextChoices):
    """Outcomes of the published contract (`GET /v2/events/{eventID}`)."""

    ENTERED = "entered", "Entered"
    NOT_ENTERED = "not_entered", "Did not enter"
    SENT = "sent", "Sent"
    SKIPPED = "skipped", "Skipped"
    DEFERRED = "deferred", "Deferred"
    WAITING = "waiting", "Waiting"
    UNKNOWN = "unknown", "Unknown"
    FAILED = "failed", "Failed"


class Decision(models.Model):
    """`checks` is a list of {"code", "passed", "saw"}; their texts come from `campaigns.reasons`. No addresses here.

    `send` decisions are written before the message is handed over; what became of it stands on the delivery.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="decisions")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="decisions")
    kind = models.CharField(max_length=8, choices=DecisionKind)
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.CharField(max_length=32, blank=True)
    checks = models.JSONField(default=list)
    until = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "campaign"],
                condition=Q(kind="entry"),
                name="one_entry_decision_per_episode_campaign",
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "reason", "-at"], name="decision_by_reason"),
            models.Index(fields=["merchant", "at"], name="decision_by_time"),
            models.Index(
                fields=["campaign", "at"], name="decision_of_errors", condition=Q(outcome__in=["failed", "unknown"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}".strip()
