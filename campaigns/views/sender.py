"""Settings → Sender: what the DNS of each sender domain says, and the records that are missing."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import access
from accounts.models import Merchant
from campaigns.reputation import reputation
from campaigns.sender import checking
from campaigns.sender.lookup import Unanswered
from campaigns.sender.providers import unproven
from campaigns.views.scope import page, refuse, signed_in, tell

SELECTOR = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?", re.I)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def sender(request: HttpRequest) -> HttpResponse:
    """A POST asks the DNS anew about one of the merchant's own sender domains, and no other."""
    merchant = access.current_merchant_or_404(request, access.MANAGE_SETTINGS)
    if request.method == "POST":
        return _check(request, merchant)
    return page(
        request,
        "sender/page.html",
        title="Sender",
        merchant=merchant,
        identities=checking.identities(merchant),
        provider=checking.provider(),
        reputation=reputation(merchant, None, timezone.now()),
        caught=not settings.EMAIL_URL,
        unproven=unproven(settings.EMAIL_BACKEND, getattr(settings, "ANYMAIL", {})),
    )


def _check(request: HttpRequest, merchant: Merchant) -> HttpResponse:
    domain, selector = request.POST.get("domain", ""), request.POST.get("selector", "").strip()
    if domain not in {identity.domain for identity in checking.identities(merchant) if not identity.free}:
        raise Http404("No sender domain of this merchant.")
    if selector and not SELECTOR.fullmatch(selector):
        refuse(request, "A selector is one short name such as s1, as your email provider shows it.")
        return redirect("sender:page")
    try:
        checking.check(merchant, domain, selector, timezone.now())
    except Unanswered:
        refuse(request, f"No name server answered for {domain}. Try again in a minute.")
    else:
        tell(request, f"Looked {domain} up again.")
    return redirect("sender:page")
