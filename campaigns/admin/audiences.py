"""Audiences: a name, and conditions as rows of field, comparison and value."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm
from campaigns.audiences import ATTRIBUTE, FIELDS, OPERATORS, in_words, problems_of, where
from campaigns.models import Audience, Shopper

COUNTED = 1000


class RulesWidget(forms.Widget):
    """Rows of selects and texts; the browser sends each column as a list of its own."""

    template_name = "admin/campaigns/rules.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"rows": [_row(rule) for rule in value or []], "fields": FIELDS, "operators": OPERATORS}
        context["widget"]["attribute"] = ATTRIBUTE
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """With the site's templates: the renderer of forms looks for widgets elsewhere."""
        return mark_safe(render_to_string(self.template_name, self.get_context(name, value, attrs)))  # noqa: S308

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        columns = (data.getlist(f"{name}-{column}") for column in ("field", "attribute", "is", "value"))
        return [
            {"field": f"{ATTRIBUTE}{attribute.strip()}" if field == ATTRIBUTE else field, "is": how, "value": value}
            for field, attribute, how, value in zip(*columns, strict=False)
            if field
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class RulesField(forms.Field):
    widget = RulesWidget

    def clean(self, value: Any) -> list[dict[str, str]]:
        """The rules as they are stored. Raises `ValidationError` with the number of each wrong row."""
        rules = [{**rule, "value": rule["value"].strip()} for rule in value or []]
        problems = problems_of(rules)
        if problems:
            raise ValidationError([f"Condition {one.index + 1}: {one.text}" for one in problems])
        return rules

    def prepare_value(self, value: Any) -> Any:
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != (data or [])


def _row(rule: Mapping[str, str]) -> dict[str, str]:
    """A rule as the row shows it, with the name of an attribute beside its field."""
    attribute = rule["field"].startswith(ATTRIBUTE)
    return {
        "field": ATTRIBUTE if attribute else rule["field"],
        "attribute": rule["field"].removeprefix(ATTRIBUTE) if attribute else "",
        "is": rule["is"],
        "value": rule["value"],
    }


class AudienceForm(ScopedForm):
    rules = RulesField(
        required=False, label="Conditions", help_text="All of them must hold. None: every subscribed user."
    )

    class Meta:
        model = Audience
        fields = ("name", "rules")


@admin.register(Audience)
class AudienceAdmin(MerchantScopedAdmin):
    heading, one = "Audiences", "audience"
    purpose = "Saved groups of shoppers that a campaign can be for. Membership is worked out anew at every send."
    when_empty = "Without one, campaigns go to all subscribed users."
    view_permission = change_permission = add_permission = delete_permission = access.BUILD_CAMPAIGNS
    form = AudienceForm
    fields = ("name", "rules", "today")
    readonly_fields = ("today",)
    list_display = ("name", "conditions", "used_by")
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "rules")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("campaigns")

    @display(description="Conditions")
    def conditions(self, audience: Audience) -> str:
        return in_words(audience.rules) or "All subscribed users"

    @display(description="Used by")
    def used_by(self, audience: Audience) -> str:
        return ", ".join(campaign.name for campaign in audience.campaigns.all()) or "No campaign yet"

    @display(description="Who fits today")
    def today(self, audience: Audience) -> str:
        fitting = Shopper.objects.filter(where(audience.rules), merchant=audience.merchant)[: COUNTED + 1].count()
        return f"More than {COUNTED:,} shoppers" if fitting > COUNTED else f"{fitting:,} shoppers"
