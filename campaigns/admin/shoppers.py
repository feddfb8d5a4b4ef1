"""Shoppers: who they are, and what they allowed. Consent is shown, never edited: only facts and the shopper change it."""

from typing import Any

import phonenumbers
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm, ScopedInline
from aiq.lib.moments import moment
from campaigns.models import Consent, Shopper, Suppression
from campaigns.models.shoppers import CART_TOPIC
from campaigns.suppressions import digest

SUBSCRIBED, UNSUBSCRIBED, NEVER = "Subscribed", "Unsubscribed", "Never asked"


class ShopperForm(ScopedForm):
    class Meta:
        model = Shopper
        fields = ("first_name", "last_name", "email", "phone", "timezone", "locale", "birthdate", "tags")
        labels = {"timezone": "Time zone", "locale": "Language"}
        help_texts = {"tags": "Several with commas between them."}
        widgets = {
            "birthdate": UnfoldAdminTextInputWidget(attrs={"type": "date"}),
            "tags": UnfoldAdminTextInputWidget,
        }

    def clean_email(self) -> str | None:
        email: str | None = self.cleaned_data["email"]
        return email.lower() if email else None

    def clean_phone(self) -> str | None:
        given: str | None = self.cleaned_data["phone"]
        if not given:
            return None
        try:
            number = phonenumbers.parse(given, None)
        except phonenumbers.NumberParseException:
            raise ValidationError("Write the number with its country code, like +1 303 555 0123.") from None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class ConsentInline(ScopedInline):
    model = Consent
    view_permission = access.LOOK_AT_SHOPPERS
    fields = readonly_fields = ("channel", "status", "at", "closed_at", "source", "confirmed")
    ordering = ("-at",)
    verbose_name_plural = "What this shopper allowed"

    @display(description="Confirmed twice", boolean=True)
    def confirmed(self, consent: Consent) -> bool:
        return consent.double_opt_in


@admin.register(Shopper)
class ShopperAdmin(MerchantScopedAdmin):
    heading, one = "Shoppers", "shopper"
    purpose = "The people your stores sell to, and whether they may get reminders."
    when_empty = "They come in with their first cart, or when a store sends its customers."
    first_step = ("Connect a store", "/admin/integrations/")
    view_permission = access.LOOK_AT_SHOPPERS
    change_permission = add_permission = access.EDIT_SHOPPERS
    form = ShopperForm
    inlines = (ConsentInline,)
    list_display = ("shopper", "email_consent", "phone", "labels", "since")
    list_display_links = ("shopper",)
    search_fields = ("^email", "^first_name", "^last_name", "^phone")
    ordering = ("-id",)
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("first_name", "last_name"),
                    ("email", "phone"),
                    ("timezone", "locale"),
                    ("birthdate", "tags"),
                )
            },
        ),
        ("Known from the stores", {"fields": ("favorite_store", "more", "stopped", "since")}),
    )
    readonly_fields = ("favorite_store", "more", "stopped", "since")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        now = Consent.objects.filter(shopper=OuterRef("pk"), channel="email", topic=CART_TOPIC, closed_at__isnull=True)
        return super().get_queryset(request).annotate(email_status=Subquery(now.values("status")[:1]))

    @display(description="Shopper", ordering="email", header=True)
    def shopper(self, shopper: Shopper) -> list[str]:
        return [str(shopper), shopper.email or "No email address"]

    @display(
        description="Cart reminders by email",
        label={SUBSCRIBED: "success", UNSUBSCRIBED: "danger", NEVER: "default"},
    )
    def email_consent(self, shopper: Any) -> str:
        return {"subscribed": SUBSCRIBED, "unsubscribed": UNSUBSCRIBED}.get(shopper.email_status, NEVER)

    @display(description="Tags")
    def labels(self, shopper: Shopper) -> str:
        return ", ".join(shopper.tags)

    @display(description="Known since", ordering="created_at")
    def since(self, shopper: Shopper) -> Any:
        return moment(shopper.created_at, timezone.now())

    @display(description="More")
    def more(self, shopper: Shopper) -> str:
        return ", ".join(f"{name}: {value}" for name, value in shopper.attributes.items()) or "Nothing"

    @display(description="Suppressed")
    def stopped(self, shopper: Shopper) -> str:
        hashes = [digest(address) for address in (shopper.email, shopper.phone) if address]
        rows = Suppression.objects.filter(merchant=shopper.merchant, digest__in=hashes)
        return ", ".join(str(row) for row in rows) or "No: messages may go to these addresses"
