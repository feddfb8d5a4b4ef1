"""Templates a merchant saved. One that does not compile is refused, with its line and the reason."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm
from aiq.lib.moments import moment
from campaigns.models import MessageTemplate
from campaigns.starters import starters
from campaigns.templating.compiling import Source, TemplateProblems, compile_source


class TemplateForm(ScopedForm):
    class Meta:
        model = MessageTemplate
        fields = ("name", "subject", "preheader", "body")
        help_texts = {
            "preheader": "The line that inboxes show after the subject.",
            "body": "MJML, with {{ }} for what differs from shopper to shopper.",
        }
        widgets = {"body": UnfoldAdminTextareaWidget(attrs={"rows": 20, "spellcheck": "false", "class": "aiq-source"})}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            compile_source(Source(data.get("subject", ""), data.get("preheader", ""), data.get("body", "")))
        except TemplateProblems as refused:
            for problem in refused.problems:
                place = problem.field if problem.field in self.fields else "body"
                self.add_error(place, f"Line {problem.line}: {problem.message}" if place == "body" else problem.message)
        return data


@admin.register(MessageTemplate)
class TemplateAdmin(MerchantScopedAdmin):
    heading, one = "Templates", "template"
    add_label = "Add template"
    purpose = "Mails to begin a campaign from. A campaign keeps its own copy: changing a template changes no campaign."
    when_empty = "Begin from a starter above, or save one from the content step of a campaign."
    view_permission = change_permission = add_permission = delete_permission = access.BUILD_CAMPAIGNS
    form = TemplateForm
    list_display = ("name", "subject", "changed")
    search_fields = ("name", "subject")
    change_form_outer_after_template = "admin/campaigns/template_preview.html"

    @display(description="Changed", ordering="updated_at")
    def changed(self, template: MessageTemplate) -> Any:
        return moment(template.updated_at, timezone.now())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        offered = starters().values() if self.has_add_permission(request) else ()
        return super().changelist_view(request, {"starters": list(offered)} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        address = reverse("campaigns:template_preview", args=[template.code]) if template else ""
        return super().change_view(request, object_id, form_url, {"preview_address": address} | (extra_context or {}))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        starter = starters().get(request.GET.get("starter", ""))
        if starter is None:
            return {}
        return {
            "name": starter.label,
            "subject": starter.subject,
            "preheader": starter.preheader,
            "body": starter.body,
        }
