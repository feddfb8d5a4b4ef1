"""Settings → Channels: each channel of the merchant on a card of its own, saved by itself."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import access
from accounts.pages import page, signed_in, tell
from campaigns.channel_form import FIELDS, ChannelForm
from campaigns.channels.base import CHANNELS


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def channel_settings(request: HttpRequest) -> HttpResponse:
    merchant = access.current_merchant_or_404(request, access.MANAGE_SETTINGS)
    posted = request.POST.get("channel", "")
    if request.method == "POST" and posted not in FIELDS:
        raise Http404("No such channel.")
    forms = [
        ChannelForm(request.POST if slug == posted else None, merchant=merchant, channel=slug)
        for slug in FIELDS
        if slug in CHANNELS
    ]
    changed = next((form for form in forms if form.is_bound), None)
    if changed is not None and changed.is_valid():
        changed.save()
        tell(request, f"Settings of {changed.label} saved.")
        return redirect("channel_settings")
    return page(
        request,
        "campaigns/channel_settings.html",
        status=422 if changed is not None else 200,
        title="Channels",
        forms=forms,
        caught=not settings.SMS_GATEWAY,
    )
