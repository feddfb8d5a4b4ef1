"""Export and erase, as the shopper's page offers them to whoever may edit shoppers."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from campaigns.models import DeliveryStatus, Shopper
from campaigns.views.scope import page, signed_in, tell
from integrations.privacy.erasing import erase
from integrations.privacy.exporting import export
from integrations.privacy.held import held

View = Callable[..., HttpResponseBase]


def on_shopper(view: View) -> View:
    """Hands the view its shopper instead of a code. 404 alike for unknown and not yours."""

    @wraps(view)
    def scoped(request: HttpRequest, code: UUID) -> HttpResponseBase:
        mine = access.merchants(request.user, access.EDIT_SHOPPERS)
        shopper = get_object_or_404(Shopper.objects.select_related("merchant"), code=code, merchant__in=mine)
        access.enter(request, shopper.merchant)
        return view(request, shopper)

    return signed_in(scoped)


@require_GET
@on_shopper
def export_shopper(request: HttpRequest, shopper: Shopper) -> HttpResponseBase:
    response = JsonResponse(export(shopper), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="shopper-{shopper.code}.json"'
    return response


@on_shopper
def erase_shopper(request: HttpRequest, shopper: Shopper) -> HttpResponseBase:
    """The question first; a POST is the yes."""
    if request.method == "POST":
        erase(shopper, timezone.now())
        tell(request, "Erased. Nothing here names that person any more.")
        return redirect("admin:campaigns_shopper_changelist")
    mine = held(shopper)
    return page(
        request,
        "integrations/privacy/erase.html",
        title="Erase a shopper",
        shopper=shopper,
        carts=mine.carts.count(),
        orders=mine.orders.count(),
        waiting=mine.deliveries.filter(status=DeliveryStatus.PENDING).count(),
    )
