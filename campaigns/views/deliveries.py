"""Every delivery, newest first, each with the newest word on it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import access
from accounts.models import Merchant
from campaigns import wording
from campaigns.insight.newest import Wish, newest
from campaigns.models import Campaign, Decision, Delivery, DeliveryStatus, TrackingEvent
from campaigns.story import finding
from campaigns.story.meetings import of_delivery
from campaigns.story.sentences import Ear
from campaigns.story.telling import Meeting
from campaigns.views.scope import page, signed_in
from campaigns.why import ear_of

PER_PAGE = 50
MOST_CAMPAIGNS = 200


@dataclass(frozen=True, slots=True)
class Row:
    delivery: Delivery
    told: Meeting

    @property
    def place(self) -> str:
        """“Step 2, notification”."""
        return wording.place_in_words(self.delivery.content, self.delivery.campaign.kind)


@signed_in
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    merchant = access.current_merchant_or_404(request, access.SEE_REPORTS)
    campaign, cursor = finding.as_code(request.GET.get("campaign", "")), before(request)
    chosen = Campaign.objects.for_merchant(merchant).filter(code=campaign).first() if campaign else None
    wish = Wish(chosen, status_of(request))
    found = _page_of(merchant, wish, cursor) if chosen or not campaign else []
    return page(
        request,
        "insights/deliveries.html",
        title="Deliveries",
        rows=_told(found[:PER_PAGE], merchant),
        older=older(found),
        later=bool(cursor),
        chosen={"status": wish.status, "campaign": str(campaign or "")},
        filtered=bool(wish.status or campaign),
        statuses=DeliveryStatus.choices,
        campaigns=Campaign.objects.for_merchant(merchant).order_by("name")[:MOST_CAMPAIGNS],
        merchant=merchant,
    )


def before(request: HttpRequest) -> UUID | None:
    """The code of the delivery after which the page goes on."""
    return finding.as_code(request.GET.get("before", ""))


def status_of(request: HttpRequest) -> str:
    status = request.GET.get("status", "")
    return status if status in DeliveryStatus.values else ""


def older(found: Sequence[Delivery]) -> UUID | None:
    """Where the next page begins: one row more than a page was read."""
    return found[PER_PAGE - 1].code if len(found) > PER_PAGE else None


def _page_of(merchant: Merchant, wish: Wish, cursor: UUID | None) -> list[Delivery]:
    related = ("campaign", "content", "shopper", "episode__cart__shopper", "episode__order")
    rows = newest(merchant.pk, wish, cursor, PER_PAGE + 1).select_related(*related)
    return list(rows.defer("content__html", "content__text"))


def _told(deliveries: Sequence[Delivery], merchant: Merchant) -> list[Row]:
    decisions, tracking = decisions_of(deliveries), tracking_of(deliveries)
    ears = {row.pk: ear_for(row, merchant) for row in deliveries}
    return [Row(row, of_delivery(row, decisions[row.pk], tracking[row.pk], ears[row.pk])) for row in deliveries]


def decisions_of(deliveries: Sequence[Delivery]) -> dict[int | None, list[Decision]]:
    """Each delivery's decisions, oldest first, in one query."""
    found: dict[int | None, list[Decision]] = defaultdict(list)
    for decision in Decision.objects.filter(delivery__in=deliveries).order_by("at", "pk"):
        found[decision.delivery_id].append(decision)
    return found


def tracking_of(deliveries: Sequence[Delivery]) -> dict[int, list[TrackingEvent]]:
    """What happened to each delivery, oldest first, in one query."""
    found: dict[int, list[TrackingEvent]] = defaultdict(list)
    for event in TrackingEvent.objects.filter(delivery__in=deliveries).order_by("at", "pk"):
        found[event.delivery_id].append(event)
    return found


def ear_for(delivery: Delivery, merchant: Merchant) -> Ear:
    """For sentences about a delivery. The cart's shopper must be loaded with it."""
    cart = delivery.episode.cart
    return ear_of(finding.Subject("delivery", delivery.code, merchant, "", shopper=cart.shopper), timezone.now())
