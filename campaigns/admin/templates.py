"""Templates a merchant saved, as cards, and the form for one. One that does not compile is refused, with its line and the reason."""

from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm
from campaigns.editing import library
from campaigns.models import MessageTemplate
from campaigns.segments import sample_of
from campaigns.starters import starters
from campaigns.templating.compiling import Source, TemplateProblems, compile_source


@cache
def _samples(channel: str) -> list[dict[str, str]]:
    """A channel's starters as a sample shopper would read them."""
    return [
        {
            "label": starter.label,
            "description": starter.description,
            "title": sample_of(starter.subject),
            "text": sample_of(starter.body),
            "button": starter.button,
        }
        for starter in starters(channel).values()
    ]


class TemplateForm(ScopedForm):
    class Meta:
        model = MessageTemplate
        fields = ("name", "subject", "preheader", "body")
        labels = {"preheader": "Preview text"}
        help_texts = {
            "preheader": "The line that inboxes show after the subject.",
            "body": "MJML, with {{ }} for what differs from shopper to shopper.",
        }
        widgets = {"body": UnfoldAdminTextareaWidget(attrs={"rows": 20, "spellcheck": "false", "class": "aiq-source"})}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        body = data.get("body", "") if "body" in self.fields else self.instance.body
        try:
            compile_source(Source(data.get("subject", ""), data.get("preheader", ""), body))
        except TemplateProblems as refused:
            for problem in refused.problems:
                place = problem.field if problem.field in self.fields else None
                self.add_error(place, f"Line {problem.line}: {problem.message}" if place == "body" else problem.message)
        return data


class Shown(admin.SimpleListFilter):
    """Archived templates are looked at on their own."""

    title, parameter_name = "Show", "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("archived", "Archived")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(archived_at__isnull=self.value() != "archived")


@admin.register(MessageTemplate)
class TemplateAdmin(MerchantScopedAdmin):
    heading, one = "Templates", "template"
    add_label = "Add template"
    purpose = (
        "Messages to begin a campaign from. A campaign keeps its own copy: changing a template changes no campaign."
    )
    when_empty = "Begin from a starter below, or save one from the content step of a campaign."
    view_permission = change_permission = add_permission = delete_permission = access.BUILD_CAMPAIGNS
    form = TemplateForm
    list_display = ("name",)
    list_filter = (Shown,)
    list_per_page = 24
    list_select_related = ("updated_by",)
    search_fields = ("name", "subject")
    change_list_template = "campaigns/library/list.html"
    change_form_outer_after_template = "admin/campaigns/template_preview.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {
            "starters": list(starters().values()),
            "short": [("SMS", "SMS", _samples("sms")), ("Push", "push", _samples("push"))],
            "archived": request.GET.get("show") == "archived",
            "any_archived": self.get_queryset(request).filter(archived_at__isnull=False).exists(),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        address = reverse("campaigns:template_preview", args=[template.code]) if template else ""
        return super().change_view(request, object_id, form_url, {"preview_address": address} | (extra_context or {}))

    def get_fields(self, request: HttpRequest, obj: MessageTemplate | None = None) -> tuple[str, ...]:
        """Blocks stand for a body that nobody writes by hand."""
        return ("name", "subject", "preheader") if obj and obj.blocks else ("name", "subject", "preheader", "body")

    def save_model(self, request: HttpRequest, obj: MessageTemplate, form: Any, change: bool) -> None:
        """What a template said before stays as a version."""
        user: Any = request.user
        if not change:
            obj.updated_by = user
            super().save_model(request, obj, form, change)
            return
        wording = library.wording_of(obj)
        MessageTemplate.objects.filter(pk=obj.pk).update(name=obj.name)
        library.change(obj, wording, user)

    def response_post_save_change(self, request: HttpRequest, obj: MessageTemplate) -> HttpResponse:
        return redirect("campaigns:template", obj.code)

    def response_post_save_add(self, request: HttpRequest, obj: MessageTemplate) -> HttpResponse:
        return redirect("campaigns:template", obj.code)
