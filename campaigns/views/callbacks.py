"""What gateways and providers call: delivery reports, and answers to texts. Nothing is believed that they did not sign.

The code in the address says whose number it is. A report names its delivery, which must be that merchant's; one that we do not
know is answered like any other, so that nobody can ask which there are.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings as site
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaigns import tracking
from campaigns.channels.gateways.base import Call, NotGenuine, Report
from campaigns.channels.sms import gateway
from campaigns.consent.bounces import Means
from campaigns.models import ChannelSettings, Delivery, TrackingKind
from campaigns.texts import inbound

MAX_BODY = 64 * 1024

View = Callable[[Call, ChannelSettings], HttpResponse]


def _callback(view: View) -> Callable[..., HttpResponse]:
    """Hands the view the call and whose number it is about. 404 for an unknown code, 403 for what is not signed."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def called(request: HttpRequest, code: UUID) -> HttpResponse:
        own = ChannelSettings.objects.select_related("merchant").filter(code=code, channel="sms").first()
        if own is None:
            raise Http404("No such number.")
        try:
            return view(_call(request), own)
        except NotGenuine:
            return HttpResponse(status=403)
        except RequestDataTooBig:
            return HttpResponse(status=413)

    return called


def _call(request: HttpRequest) -> Call:
    body = request.body
    if len(body) > MAX_BODY:
        raise RequestDataTooBig
    form = {name: str(value) for name, value in request.POST.items()}
    return Call(f"{site.PUBLIC_URL}{request.get_full_path()}", request.headers, body, form)


@_callback
def report(call: Call, own: ChannelSettings) -> HttpResponse:
    """What became of a text. Repeated reports change nothing."""
    told = gateway().report(call)
    if told and (delivery := _delivery(told, own)):
        now = timezone.now()
        means = Means.HARD if told.hard else Means.REFUSED
        tracking.reported(delivery.code, told.kind, now, event_id=told.event_id.replace("\0", ""), means=means)
        if told.opted_out:
            tracking.reported(delivery.code, TrackingKind.UNSUBSCRIBED, now, event_id=told.event_id)
    return HttpResponse(status=204)


@_callback
def answer(call: Call, own: ChannelSettings) -> HttpResponse:
    """A text from a shopper; the answer is in the gateway's own words."""
    line = gateway()
    said = inbound.take(own, line.inbound(call), timezone.now())
    body, content_type = line.reply(said)
    return HttpResponse(body, content_type=content_type)


@csrf_exempt
def mail_report(request: HttpRequest, rest: str) -> HttpResponseBase:
    """What became of mails, in the words of their provider: Anymail's own addresses. They are found when the first report comes, since
    they bring each provider's library, of which an installation uses one or none."""
    view, args, named = resolve(f"/{rest}", "anymail.urls")
    response: HttpResponseBase = view(request, *args, **named)
    return response


def _delivery(told: Report, own: ChannelSettings) -> Delivery | None:
    try:
        code = UUID(told.delivery_code)
    except ValueError:
        return None
    return Delivery.objects.filter(code=code, merchant=own.merchant, channel="sms").only("code").first()
