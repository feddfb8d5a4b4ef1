"""What can be done to a campaign from its page: each a POST to one function of `campaigns.lifecycle`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from campaigns import lifecycle
from campaigns.drafting.forms import SendBackForm
from campaigns.models import Campaign, CampaignStatus, DeliveryStatus
from campaigns.views.scope import on_campaign, page, refuse, tell
from campaigns.views.steps import user_of

S = CampaignStatus


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
def approve(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    return _do(request, campaign, lambda: lifecycle.approve(campaign, user_of(request), timezone.now()))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
def pause(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    return _do(request, campaign, lambda: lifecycle.pause(campaign, user_of(request)))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
def resume(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    return _do(request, campaign, lambda: lifecycle.resume(campaign, user_of(request), timezone.now()))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Asks first, naming what happens."""
    if request.method == "POST":
        return _do(request, campaign, lambda: lifecycle.archive(campaign, user_of(request)))
    waiting = campaign.deliveries.filter(status=DeliveryStatus.PENDING).count()
    return page(request, "campaigns/campaign/archive.html", title=campaign.name, campaign=campaign, waiting=waiting)


@on_campaign(access.SET_LIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Asks for the reason, which the submitter gets by mail."""
    form = SendBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return _do(request, campaign, lambda: lifecycle.send_back(campaign, user_of(request), reason))
    status = 422 if form.errors else 200
    title = campaign.name
    return page(request, "campaigns/campaign/send_back.html", status, title=title, campaign=campaign, form=form)


def _do(request: HttpRequest, campaign: Campaign, act: Callable[[], CampaignStatus]) -> HttpResponse:
    try:
        tell(request, _SAID[act()].format(campaign=campaign))
    except lifecycle.Refused as error:
        refuse(request, *error.reasons)
    return redirect("campaigns:overview", campaign.code)


_SAID = {
    S.LIVE: "“{campaign}” is live. Carts abandoned from now on get its reminder.",
    S.PENDING_APPROVAL: "“{campaign}” waits for approval. Owners and operators have been told by email.",
    S.PAUSED: "“{campaign}” is paused. Nothing is sent until you resume it.",
    S.DRAFT: "“{campaign}” is sent back as a draft, with your reason.",
    S.ARCHIVED: "“{campaign}” is archived. Its reports stay.",
}
