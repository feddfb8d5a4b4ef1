"""Sixty plausible days of the sample merchant: carts, orders and consents go through the core's own doors, and every
message is decided by the sender's own rules; only the clock is turned back.

Made in one transaction, so that no worker sees a message of the past as due.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Merchant
from aiq.lib import bulk
from campaigns import intake
from campaigns.context import context_of
from campaigns.decide import Verdict, decide_step
from campaigns.facts import (
    CartFact,
    CartStatus,
    ConsentFact,
    ConsentStatus,
    CustomerFact,
    LineFact,
    OrderFact,
    OrderStatus,
    Origin,
)
from campaigns.gather import Case, gather
from campaigns.insight import rolling
from campaigns.ledger import OUTCOMES
from campaigns.models import (
    Campaign,
    Decision,
    DecisionKind,
    Delivery,
    DeliveryStatus,
    SentMessage,
    TrackingEvent,
)
from integrations import simulator_catalog
from integrations.models import Connection
from integrations.simulator_shoppers import Visit, visit

DAYS = 60
SPAN = timedelta(days=DAYS)
A_DAY = (8, 14)
SEED = 20
QUIET_END = timedelta(minutes=15)
HOURS = (1, 0, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 10, 8, 7, 7, 8, 9, 11, 13, 14, 11, 7, 3)
# Of those who got a reminder, out of a hundred.
OPENED, MACHINE_OPENED, CLICKED, UNSUBSCRIBED, BOUNCED = 58, 12, 25, 1, 1
BOUGHT = {"clicked": 66, "opened": 9}


@dataclass(frozen=True, slots=True)
class Past:
    """A visit of the past: when the cart was left, and the order before a reminder, where there was one."""

    visit: Visit
    left_at: datetime
    event: str
    subscribed: bool
    bought_before: bool


def write(merchant: Merchant, connection: Connection, campaign: Campaign, now: datetime) -> None:
    """Give a new merchant its past, up to a quarter of an hour ago. The caller's transaction holds all of it."""
    dice = random.Random(SEED)  # noqa: S311 - a story, not a secret
    origin = Origin(merchant.pk, connection.code)
    slugs = list(connection.stores.order_by("pk").values_list("slug", flat=True))
    products = simulator_catalog.products()
    visits = enumerate(_moments(dice, merchant, now))
    past = [_past(visit(SEED, number, products, slugs), left_at) for number, left_at in visits]
    _tell(origin, [(one.event, _cart(one)) for one in past], now)
    before = {one.event: one.left_at + timedelta(seconds=30) for one in past if one.bought_before}
    _tell(origin, [_order(one, before[one.event]) for one in past if one.bought_before], now)
    _date_entries(merchant)
    sent = _decide(merchant, now)
    bought = _react(dice, sent, now)
    by_key = {one.event: one for one in past}
    _tell(origin, [_order(by_key[key], at) for key, at in sorted(bought.items())], now)
    rolling.roll_up(now, days=DAYS + 2)


def _moments(dice: random.Random, merchant: Merchant, now: datetime) -> list[datetime]:
    """When carts were left: more in the evening, at weekends and lately."""
    zone = ZoneInfo(merchant.timezone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = []
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        count = dice.randint(*A_DAY) + (3 if day.weekday() >= 5 else 0) + (DAYS - back) // 7
        for _ in range(count):
            hour = dice.choices(range(24), weights=HOURS)[0]
            moment = day + timedelta(hours=hour, minutes=dice.randrange(60), seconds=dice.randrange(60))
            moments.append(moment.astimezone(UTC))
    return sorted(moment for moment in moments if now - SPAN <= moment <= now - QUIET_END)


def _past(one: Visit, left_at: datetime) -> Past:
    return Past(
        one,
        left_at,
        f"past-{one.number}",
        subscribed=one.story != "never_asked",
        bought_before=one.story == "buys_before",
    )


def _tell(origin: Origin, told: Iterable[tuple[str, CartFact | OrderFact]], now: datetime) -> None:
    """Through the core's own door. The numbers stand in for events that arrived before there were any rows."""
    arrivals = [
        intake.Arrival(origin, number, event, fact.occurred_at, (fact,))
        for number, (event, fact) in enumerate(told, start=1)
    ]
    intake.record(arrivals, now)


def _cart(past: Past) -> CartFact:
    return CartFact(
        status=CartStatus.ABANDONED,
        occurred_at=past.left_at,
        cart_key=past.event,
        customer=_customer(past),
        lines=_lines(past.visit),
        url=f"{settings.PUBLIC_URL}/demo/shop/cart/{past.event}",
        currency="USD",
        totals=(("total", past.visit.total),),
        store=past.visit.store,
    )


def _customer(past: Past) -> CustomerFact:
    person = past.visit.person
    asked = ConsentFact("email", ConsentStatus.SUBSCRIBED, at=past.left_at - timedelta(minutes=5), source="checkout")
    return CustomerFact(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        consents=(asked,) if past.subscribed else (),
    )


def _lines(of: Visit) -> tuple[LineFact, ...]:
    address = settings.PUBLIC_URL
    return tuple(
        LineFact(
            key=one.product.key,
            name=one.product.name,
            brand=one.product.brand,
            category=one.product.category,
            price=one.product.price,
            quantity=one.quantity,
            image=f"{address}/media/demo/{one.product.picture}.jpg",
            url=f"{address}/demo/shop/{one.product.key}",
        )
        for one in of.cart
    )


def _order(past: Past, at: datetime) -> tuple[str, OrderFact]:
    fact = OrderFact(
        order_key=past.event.replace("past", "order"),
        status=OrderStatus.PLACED,
        occurred_at=at,
        cart_keys=(past.event,),
        customer=CustomerFact(email=past.visit.person.email),
        lines=_lines(past.visit),
        currency="USD",
        total=past.visit.total,
        store=past.visit.store,
    )
    return f"{past.event}-order", fact


def _date_entries(merchant: Merchant) -> None:
    """Entries were decided when the carts were left, not when this was written."""
    entries = Decision.objects.filter(merchant=merchant, kind=DecisionKind.ENTRY)
    left = entries.values_list("pk", "episode__abandoned_at")
    bulk.update(Decision, [{"id": pk, "at": at + timedelta(seconds=1)} for pk, at in left if at], ["at"])


def _decide(merchant: Merchant, now: datetime) -> list[tuple[Case, datetime]]:
    """Decide every message as of when it was due, and note what left; those that did, with when."""
    waiting = Delivery.objects.filter(merchant=merchant, status=DeliveryStatus.PENDING).order_by("pk")
    cases = gather(list(waiting.values_list("pk", flat=True)), now)
    decided = [(case, case.delivery.send_at + timedelta(seconds=1 + case.delivery.pk % 3)) for case in cases]
    verdicts = [decide_step(replace(case.facts, now=at)) for case, at in decided]
    rows = [_delivery_row(case, at, verdict) for (case, at), verdict in zip(decided, verdicts, strict=True)]
    bulk.update(Delivery, rows, ["status", "reason", "sent_at", "send_at"])
    Decision.objects.bulk_create(
        _decision(case, at, verdict) for (case, at), verdict in zip(decided, verdicts, strict=True)
    )
    sent = [pair for pair, verdict in zip(decided, verdicts, strict=True) if verdict.action == "go"]
    SentMessage.objects.bulk_create(
        SentMessage(
            delivery_id=case.delivery.pk,
            at=at,
            context=context_of(case.delivery.merchant, case.cart, case.shopper, case.feed),
        )
        for case, at in sent
    )
    return sent


def _delivery_row(case: Case, at: datetime, verdict: Verdict) -> dict[str, Any]:
    went = verdict.action == "go"
    return {
        "id": case.delivery.pk,
        "status": DeliveryStatus.SENT if went else DeliveryStatus.SKIPPED,
        "reason": "" if went else verdict.reason,
        "sent_at": at if went else None,
        "send_at": case.delivery.send_at,
    }


def _decision(case: Case, at: datetime, verdict: Verdict) -> Decision:
    return Decision(
        merchant_id=case.delivery.merchant_id,
        episode_id=case.delivery.episode_id,
        campaign_id=case.delivery.campaign_id,
        delivery_id=case.delivery.pk,
        kind=DecisionKind.STEP,
        outcome=OUTCOMES[verdict.action],
        reason=verdict.reason,
        checks=[check.plain() for check in verdict.checks],
        at=at,
    )


def _react(dice: random.Random, sent: Iterable[tuple[Case, datetime]], now: datetime) -> dict[str, datetime]:
    """Opens, clicks and the like of what was sent; cart keys of those who came back, with when they bought."""
    events: list[TrackingEvent] = []
    bought: dict[str, datetime] = {}
    for case, at in sent:
        story = _reactions(dice, at)
        happened = {kind: when for kind, when in story.items() if when < now - QUIET_END}
        events += [
            TrackingEvent(
                delivery_id=case.delivery.pk, kind=kind.removeprefix("machine "), at=when, machine="machine" in kind
            )
            for kind, when in happened.items()
        ]
        deepest = "clicked" if "clicked" in happened else "opened" if "opened" in happened else ""
        order_at = happened[deepest] + timedelta(minutes=dice.randint(2, 25)) if deepest else now
        if deepest and order_at < now - QUIET_END and _chance(dice, BOUGHT[deepest]):
            bought[case.cart.key] = order_at
    TrackingEvent.objects.bulk_create(events)
    _bounce([event for event in events if event.kind == "bounced"])
    return bought


def _reactions(dice: random.Random, sent_at: datetime) -> dict[str, datetime]:
    if _chance(dice, BOUNCED):
        return {"bounced": sent_at + timedelta(seconds=2)}
    story: dict[str, datetime] = {}
    opened_at = sent_at + timedelta(minutes=dice.choice([3, 8, 20, 45, 120, 300]), seconds=dice.randrange(60))
    if _chance(dice, MACHINE_OPENED):
        story["machine opened"] = sent_at + timedelta(seconds=4)
    if _chance(dice, OPENED):
        story["opened"] = opened_at
        if _chance(dice, round(100 * CLICKED / OPENED)):
            story["clicked"] = opened_at + timedelta(seconds=40)
        elif _chance(dice, UNSUBSCRIBED):
            story["unsubscribed"] = opened_at + timedelta(seconds=90)
    return story


def _bounce(events: Iterable[TrackingEvent]) -> None:
    Delivery.objects.filter(pk__in=[event.delivery_id for event in events]).update(status=DeliveryStatus.BOUNCED)


def _chance(dice: random.Random, percent: int) -> bool:
    return dice.random() * 100 < percent
