"""Templates a merchant saved; the starters that everybody has are files (`campaigns.starters`)."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import Merchant


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def for_merchant(self, merchant: Merchant) -> "MessageTemplateQuerySet":
        return self.filter(merchant=merchant)

    def offered(self) -> "MessageTemplateQuerySet":
        """What a campaign may still begin from."""
        return self.filter(archived_at__isnull=True)


class MessageTemplate(models.Model):
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=32, choices=[("abandon_cart", "Abandon Cart")], default="abandon_cart")
    channel = models.CharField(max_length=16, default="email")
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    blocks = models.JSONField(null=True, blank=True)
    extras = models.JSONField(default=dict, db_default={}, blank=True)
    number = models.PositiveIntegerField("version", default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[MessageTemplateQuerySet] = MessageTemplateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["merchant", "name"], name="template_name_once_per_merchant")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """A template as it stood before it was changed, and who had written it so when. Never updated."""

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    blocks = models.JSONField(null=True, blank=True)
    extras = models.JSONField(default=dict, db_default={}, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="version_number_once_per_template")]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"
