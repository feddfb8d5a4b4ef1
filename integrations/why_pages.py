"""Insights → Why?: one box, and the story of whom or what it names. Here, since a story begins with a store's event."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from campaigns.story.finding import Subject, as_code
from campaigns.views.scope import page, signed_in
from integrations import why_events

LONGEST = 254


@signed_in
@require_GET
def why(request: HttpRequest) -> HttpResponse:
    """`q` is what was typed; `pick` the code of one match where there are several."""
    merchant = access.current_merchant_or_404(request, access.SEE_REPORTS)
    asked = request.GET.get("q", "").strip()[:LONGEST]
    matches = why_events.find(asked, [merchant]) if asked else []
    chosen = _chosen(matches, request.GET.get("pick", ""))
    return page(
        request,
        "insights/why.html",
        title="Why?",
        subtitle=chosen.title if chosen else "",
        merchant=merchant,
        asked=asked,
        matches=matches,
        story=why_events.story(chosen, timezone.now()) if chosen else None,
        may_settle=access.can(request.user, access.MANAGE_SETTINGS, merchant),
    )


def _chosen(matches: list[Subject], pick: str) -> Subject | None:
    if len(matches) == 1:
        return matches[0]
    code = as_code(pick)
    return next((match for match in matches if match.code == code), None)
