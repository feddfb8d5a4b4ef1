"""Moments as people read them: relative while recent, then the day; exact on hover, in the zone that is active."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

_STEPS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
RECENT = timedelta(days=7)


def in_words(at: datetime, now: datetime) -> str:
    """ "12 minutes ago", "in 2 hours", "just now"; beyond a week the day."""
    seconds = int((now - at).total_seconds())
    if abs(seconds) >= RECENT.total_seconds():
        return date_format(timezone.localtime(at), "j M Y")
    unit, size = next(((unit, size) for unit, size in _STEPS if abs(seconds) >= size), ("", 0))
    if not unit:
        return "just now" if seconds >= 0 else "in a moment"
    count = abs(seconds) // size
    text = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def moment(at: datetime | None, now: datetime) -> SafeString | str:
    """The moment as a `<time>` element; nothing for none."""
    if at is None:
        return ""
    exact = date_format(timezone.localtime(at), "j M Y, H:i:s e")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, in_words(at, now))
