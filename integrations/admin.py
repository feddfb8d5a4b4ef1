"""Events as they came in: what each was, what became of it, and why it could not be used."""

import json
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts import access
from accounts.scoping import ReadOnlyAdmin
from aiq.lib.moments import moment
from integrations.models import EventKey, EventState
from integrations.providers import PROVIDERS
from integrations.reasons import in_words

STATE_COLORS = {"Received": "info", "Processed": "success", "Ignored": "default", "Quarantined": "danger"}
TOPICS = {"cart": "Cart", "orders": "Order", "contacts": "Contacts", "products": "Products"}


@admin.register(EventKey)
class EventAdmin(ReadOnlyAdmin):
    """The list speaks of `EventKey`, the narrow row; its body is read only on the page of one event."""

    heading, one = "Events", "event"
    purpose = "Everything your stores told us, newest first. What could not be read is kept, with the reason."
    when_empty = "The first event of a connected store appears here within seconds."
    first_step = ("Go to integrations", "/admin/integrations/")
    merchant_path = "connection__merchant"
    view_permission = access.MANAGE_SETTINGS
    exclude: Any = ()
    list_display = ("what", "status", "reason_shown", "connection", "received")
    list_display_links = ("what",)
    list_filter = ("state", "connection")
    list_select_related = ("connection", "event")
    search_fields = ("event_id__exact",)
    search_help_text = "The store's id of an event"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("what", "status"), ("connection", "received"), "reason_shown", "event_id", "more")}),
        ("What it said", {"fields": ("body",)}),
    )
    readonly_fields = ("what", "status", "received", "reason_shown", "body", "more")

    def title_of(self, obj: EventKey) -> str:
        return f"{self.what(obj)} from {obj.connection}"

    @display(description="Event")
    def what(self, key: EventKey) -> str:
        topic = key.event.topic if hasattr(key, "event") else ""
        return TOPICS.get(topic, topic.replace("_", " ").replace("/", ": ").capitalize()) or "Event"

    @display(description="State", ordering="state", label=STATE_COLORS)
    def status(self, key: EventKey) -> str:
        return key.get_state_display()

    @display(description="Received", ordering="received_at")
    def received(self, key: EventKey) -> Any:
        return moment(key.received_at, timezone.now())

    @display(description="Reason")
    def reason_shown(self, key: EventKey) -> str:
        note = key.event.note if hasattr(key, "event") else ""
        return in_words(key.reason, note)

    @display(description="Content")
    def body(self, key: EventKey) -> SafeString:
        return format_html('<pre class="aiq-body" tabindex="0">{}</pre>', shown_body(key))

    @display(description="What became of it")
    def more(self, key: EventKey) -> SafeString:
        return format_html('<a class="aiq-link" href="/admin/why/?q={}">Look in Why?</a>', key.event_id)


def shown_body(key: EventKey) -> str:
    """An event's body in its allow-listed form, whatever state it is in: a raw body may hold what we promise not to keep."""
    if not hasattr(key, "event"):
        return "The content is no longer kept."
    try:
        payload = json.loads(key.event.body)
        if key.state in {EventState.RECEIVED, EventState.QUARANTINED}:
            payload = PROVIDERS.get(key.connection.provider).allow_listed(key.event.topic, payload)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return f"This cannot be read as JSON ({len(key.event.body):,} characters)."
    return json.dumps(payload, indent=2, ensure_ascii=False)
