"""The rows of a story, read in a number of queries that does not grow with it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from campaigns import matching
from campaigns.models import Decision, Delivery, Episode, Order, TrackingEvent
from campaigns.story.finding import Subject

MOST_EPISODES = 30
MOST_ORDERS = 50


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of a story, by what they hang on."""

    episodes: Sequence[Episode]
    entries: dict[int, list[Decision]]
    steps: dict[int, list[Decision]]
    deliveries: dict[int, list[Delivery]]
    tracking: dict[int, list[TrackingEvent]]
    orders: Sequence[Order]
    met: Sequence[matching.Met]


def load(subject: Subject) -> Known:
    """The newest episodes of the subject with all that hangs on them, and the campaigns that carts can meet now."""
    chosen = Q(cart__shopper=subject.shopper) if subject.whole_shopper else Q(cart__in=subject.cart_ids)
    related = Episode.objects.select_related("cart__shopper", "store", "order", "merchant")
    episodes = list(related.filter(chosen).order_by("-started_at")[:MOST_EPISODES])
    decisions = Decision.objects.filter(episode__in=episodes).select_related("campaign").order_by("at", "pk")
    entries, steps = _split(decisions)
    deliveries: dict[int, list[Delivery]] = defaultdict(list)
    by_id = {episode.pk: episode for episode in episodes}
    for row in _with_campaign(episodes):
        row.episode = by_id[row.episode_id]
        deliveries[row.episode_id].append(row)
    tracking: dict[int, list[TrackingEvent]] = defaultdict(list)
    rows = [row for some in deliveries.values() for row in some]
    for event in TrackingEvent.objects.filter(delivery__in=rows).order_by("at", "pk"):
        tracking[event.delivery_id].append(event)
    met = matching.met_campaigns([subject.merchant.pk]).get(subject.merchant.pk, [])
    return Known(episodes, entries, steps, deliveries, tracking, _orders_of(subject, episodes), met)


def _with_campaign(episodes: Sequence[Episode]) -> Iterable[Delivery]:
    rows = Delivery.objects.filter(episode__in=episodes).select_related("campaign", "content")
    return rows.defer("content__html", "content__text").order_by("content__position", "content__rank", "pk")


def _split(decisions: Iterable[Decision]) -> tuple[dict[int, list[Decision]], dict[int, list[Decision]]]:
    entries: dict[int, list[Decision]] = defaultdict(list)
    steps: dict[int, list[Decision]] = defaultdict(list)
    for row in decisions:
        if row.delivery_id:
            steps[row.delivery_id].append(row)
        else:
            entries[row.episode_id].append(row)
    return entries, steps


def _orders_of(subject: Subject, episodes: Sequence[Episode]) -> list[Order]:
    closing = {episode.order_id for episode in episodes} - {None}
    chosen = Q(pk__in=subject.order_ids | closing)
    chosen |= Q(shopper=subject.shopper) if subject.whole_shopper else Q()
    rows = Order.objects.filter(chosen, merchant=subject.merchant).select_related("store", "delivery__campaign")
    return list(rows.order_by("-placed_at")[:MOST_ORDERS])
