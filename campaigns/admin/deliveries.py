"""Deliveries, to look at: what went to whom, what did not and why, and the message as it left."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from accounts import access
from accounts.scoping import ReadOnlyAdmin, ScopedInline
from aiq.lib.moments import moment
from campaigns import reasons
from campaigns.compiling import Compiled
from campaigns.links import PlainLinks
from campaigns.models import Decision, Delivery, SentMessage, TrackingEvent
from campaigns.previewing import PREVIEW_POLICY
from campaigns.rendering import MissingData, RenderFailed, render

STATUS_COLORS = {
    "Pending": "default",
    "Claimed": "default",
    "Sending": "info",
    "Sent": "success",
    "Delivered": "success",
    "Bounced": "danger",
    "Skipped": "warning",
    "Failed": "danger",
    "Unknown": "danger",
}


class DecisionInline(ScopedInline):
    model = Decision
    view_permission = access.SEE_REPORTS
    fields = readonly_fields = ("at", "outcome", "why", "looked_at")
    ordering = ("-at",)
    verbose_name_plural = "What was decided"

    @display(description="Why")
    def why(self, decision: Decision) -> str:
        return reasons.blocked(decision.reason) if decision.reason else "Every check passed"

    @display(description="Checks")
    def looked_at(self, decision: Decision) -> SafeString:
        return format_html(
            '<ul class="aiq-checks">{}</ul>',
            format_html_join(
                "",
                '<li class="aiq-checks__{}"><b>{}</b> <span>{}</span></li>',
                (
                    ("yes" if check["passed"] else "no", reasons.label(check["code"]), check.get("saw") or "")
                    for check in decision.checks
                ),
            ),
        )


class TrackingInline(ScopedInline):
    model = TrackingEvent
    view_permission = access.SEE_REPORTS
    fields = readonly_fields = ("at", "kind", "by_machine", "url")
    ordering = ("at",)
    verbose_name_plural = "What happened to it"

    @display(description="By a machine", boolean=True)
    def by_machine(self, event: TrackingEvent) -> bool:
        return event.machine


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    heading = "Deliveries"
    purpose = "Every reminder: sent, waiting, or not sent and why."
    when_empty = "They appear when a cart is abandoned while a campaign is live."
    first_step = ("Go to campaigns", "/admin/campaigns/")
    view_permission = access.SEE_REPORTS
    paginator = InfinitePaginator
    inlines = (DecisionInline, TrackingInline)
    list_display = ("to", "campaign", "state", "why", "when")
    list_display_links = ("to",)
    list_filter = ("status", "campaign")
    list_select_related = ("shopper", "campaign")
    search_fields = ("code",)
    search_help_text = "An email address, a phone number, or a delivery's code"
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": (("to", "campaign"), ("state", "why"), ("due_at", "expires_at"), ("sent_at", "provider_id"))},
        ),
        ("The message as it left", {"fields": ("message_frame",)}),
        ("Look further", {"fields": ("more",)}),
    )
    readonly_fields = ("to", "state", "why", "message_frame", "more")
    exclude: Any = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact keys only, so that a search reads an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(shopper__email=term.lower()) | Q(shopper__phone=term)
        with suppress(ValueError):
            found |= Q(code=UUID(term))
        return queryset.filter(found), False

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("<uuid:code>/message/", "campaigns_delivery_message", self.message),)

    @display(description="To", header=True)
    def to(self, delivery: Delivery) -> list[str]:
        shopper = delivery.shopper
        return [str(shopper), shopper.email or ""] if shopper else ["Shopper not known", ""]

    @display(description="State", ordering="status", label=STATUS_COLORS)
    def state(self, delivery: Delivery) -> str:
        return delivery.get_status_display()

    @display(description="Why")
    def why(self, delivery: Delivery) -> str:
        return reasons.blocked(delivery.reason) if delivery.reason else ""

    @display(description="When", ordering="send_at")
    def when(self, delivery: Delivery) -> Any:
        return moment(delivery.sent_at or delivery.send_at, timezone.now())

    @display(description="Message")
    def message_frame(self, delivery: Delivery) -> SafeString | str:
        if not SentMessage.objects.filter(pk=delivery.pk).exists():
            return "Nothing was sent."
        address = reverse("admin:campaigns_delivery_message", args=[delivery.code])
        return format_html(
            '<iframe class="aiq-mail" src="{}" sandbox="allow-popups" title="The message as it left"></iframe>', address
        )

    @display(description="Why?")
    def more(self, delivery: Delivery) -> SafeString:
        return format_html('<a class="aiq-link" href="/admin/why/?q={}">See the whole story in Why?</a>', delivery.code)

    def message(self, request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponse:
        """The very message of a delivery: content never changes and rendering is pure. Scripts and forms stay out."""
        merchants = access.merchants(request.user, access.SEE_REPORTS)
        sent = SentMessage.objects.select_related("delivery__content").filter(
            delivery__code=code, delivery__merchant__in=merchants
        )
        if not (message := sent.first()):
            raise Http404("No such message.")
        response = HttpResponse(_rendered(message))
        response["Content-Security-Policy"] = f"{PREVIEW_POLICY}; sandbox allow-popups"
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _rendered(sent: SentMessage) -> str:
    content = sent.delivery.content
    compiled = Compiled(content.subject, content.preheader, content.html, content.text, (), content.feed)
    try:
        return render(compiled, sent.context, PlainLinks()).html
    except (MissingData, RenderFailed):
        return "<p>This message can no longer be shown.</p>"
