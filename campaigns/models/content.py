"""Templates a merchant saved; the starters that everybody has are files (`campaigns.starters`)."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.models import Merchant


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def for_merchant(self, merchant: Merchant) -> "MessageTemplateQuerySet":
        return self.filter(merchant=merchant)


class MessageTemplate(models.Model):
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=32, choices=[("abandon_cart", "Abandon Cart")], default="abandon_cart")
    channel = models.CharField(max_length=16, default="email")
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[MessageTemplateQuerySet] = MessageTemplateQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["merchant", "name"], name="template_name_once_per_merchant")]

    def __str__(self) -> str:
        return self.name
