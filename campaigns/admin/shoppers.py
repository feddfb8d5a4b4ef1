"""Shoppers: who they are, and what they allowed. Consent is shown, never edited: only facts and the shopper change it."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import phonenumbers
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm
from aiq.lib.moments import moment
from campaigns.consent import moving
from campaigns.consent.moving import ADDRESSES, Move
from campaigns.models import Consent, Shopper
from campaigns.models.shoppers import CART_TOPIC
from campaigns.story.allowed import allowed
from campaigns.story.sentences import Ear
from products.models import Product

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


@admin.register(Shopper)
class ShopperAdmin(MerchantScopedAdmin):
    heading, one = "Shoppers", "shopper"
    purpose = "The people your stores sell to, and whether they may get reminders."
    when_empty = "They come in with their first cart, or when a store sends its customers."
    first_step = ("Connect a store", "/admin/integrations/")
    view_permission = access.LOOK_AT_SHOPPERS
    change_permission = add_permission = access.EDIT_SHOPPERS
    form = ShopperForm
    change_form_outer_after_template = "admin/campaigns/shopper.html"
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
        ("Known from the stores", {"fields": ("favorite_store", "more", "since")}),
        ("Said on the preference page", {"fields": ("pause", "refused")}),
    )
    readonly_fields = ("favorite_store", "more", "since", "pause", "refused")

    class Media:
        css: ClassVar = {"all": ["campaigns/campaigns.css", "campaigns/insights.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    def save_model(self, request: HttpRequest, obj: Shopper, form: Any, change: bool) -> None:
        changed = ADDRESSES.keys() & set(form.changed_data)
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            moving.follow(
                [
                    Move(obj, ADDRESSES[name], form.initial.get(name) or "", getattr(obj, name) or "")
                    for name in sorted(changed)
                ]
            )

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

    @display(description="Known since", ordering="pk")
    def since(self, shopper: Shopper) -> Any:
        return moment(shopper.created_at, timezone.now())

    @display(description="More")
    def more(self, shopper: Shopper) -> str:
        return ", ".join(f"{name}: {value}" for name, value in shopper.attributes.items()) or "Nothing"

    @display(description="Break from reminders")
    def pause(self, shopper: Shopper) -> Any:
        until = shopper.snoozed_until
        return (
            format_html("Until {}", moment(until, timezone.now())) if until and until > timezone.now() else "No break"
        )

    @display(description="Wants to see no more")
    def refused(self, shopper: Shopper) -> str:
        rows = Product.objects.filter(merchant=shopper.merchant, key__in=shopper.not_interested)
        known = dict(rows.values_list("key", "name"))
        return ", ".join(known.get(key, key) for key in shopper.not_interested) or "Nothing"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if shopper := context.get("original"):
            who = Ear(shopper.first_name or "The shopper", timezone.now(), ZoneInfo(shopper.merchant.timezone))
            told = sorted(allowed(shopper, who), key=lambda one: one.at, reverse=True)
            context |= {"allowed": told, "may_erase": self.has_change_permission(request, shopper)}
        return super().render_change_form(request, context, *args, **kwargs)
