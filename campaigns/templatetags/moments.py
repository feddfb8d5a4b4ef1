"""Times on pages: relative while recent, in the page's zone, exact on hover."""

from datetime import datetime, timedelta

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
RECENT = timedelta(hours=20)


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A `<time>`: "5 minutes ago" within some hours, else "17 Nov, 14:02"; the exact time as its title."""
    if at is None:
        return ""
    now, local = timezone.now(), timezone.localtime(at)
    year = "" if local.year == timezone.localtime(now).year else " Y"
    text = naturaltime(at) if abs(now - at) < RECENT else date_format(local, f"j M{year}, H:i")
    exact = date_format(local, "l j F Y, H:i:s T")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, text)


@register.filter
def day(at: datetime) -> str:
    """The day as a heading of a time line: Today, Yesterday, Tuesday 17 November."""
    local, today = timezone.localtime(at), timezone.localdate()
    near = {0: "Today", 1: "Yesterday", -1: "Tomorrow"}
    year = "" if local.year == today.year else " Y"
    return near.get((today - local.date()).days) or date_format(local, f"l j F{year}")
