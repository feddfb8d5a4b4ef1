"""What follows from each button of the preference page. Every act may come twice and has one effect."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import CharField, F, Func, Value

from campaigns import matching, refolding, scheduling
from campaigns.channels.base import CHANNELS
from campaigns.consent import consents, moving, opt_ins
from campaigns.consent.consents import Choice, Stated
from campaigns.facts import ConsentFact, ConsentStatus, Topic
from campaigns.models import CartActivity, Closed, Consent, OptInRequest, Shopper, TrackingEvent, TrackingKind
from campaigns.models.shoppers import CART_TOPIC
from campaigns.preferences.standing import Person, Switch, standing

PAUSES = {"week": timedelta(days=7), "month": timedelta(days=30)}
SOURCE = "preference page"
LINK = "unsubscribe link"
MOST_REFUSED = 500


def unsubscribe(person: Person, now: datetime) -> None:
    """One click (RFC 8058): cart reminders end on the channel of the message. Committed when this returns."""
    _choose(person, [Choice(person.delivery.channel, subscribed=False)], now, source=LINK)


def subscribe(person: Person, now: datetime) -> None:
    """The opt-out of this message's channel is taken back."""
    _choose(person, [Choice(person.delivery.channel, subscribed=True)], now)


def save(person: Person, shown: Collection[str], on: Collection[str], now: datetime) -> None:
    """The switches as they were left; what was not shown stays as it is.

    A phone that did not bring the shopper here answers for itself: texts are turned on by a reply from it.
    """
    switches = [one for one in standing(person, now).switches if one.name in shown]
    asked = [
        one for one in switches if one.name in on and not one.on and one.channel == "sms" != person.delivery.channel
    ]
    made = [Choice(one.channel, one.name in on, one.topic, one.label) for one in switches if one not in asked]
    _choose(person, made, now)
    if asked and person.shopper:
        opt_ins.record_or_ask([_stated(person.shopper, one, now) for one in asked], now)


def _stated(shopper: Shopper, one: Switch, now: datetime) -> Stated:
    fact = ConsentFact(one.channel, ConsentStatus.SUBSCRIBED, now, SOURCE, one.label, topic=Topic(one.topic), ask=True)
    return Stated(shopper, fact, now)


def stop(person: Person, now: datetime) -> None:
    """Nothing more on any channel, for anything: also where nobody had asked yet."""
    if person.shopper is None:
        return
    held = Consent.objects.filter(shopper=person.shopper, closed_at__isnull=True).values_list("channel", "topic")
    every = {(channel.slug, topic) for channel in CHANNELS for topic in Topic}
    _choose(person, [Choice(channel, False, topic) for channel, topic in sorted(every | set(held))], now)


@transaction.atomic
def _choose(person: Person, choices: Iterable[Choice], now: datetime, *, source: str = SOURCE) -> None:
    if person.shopper is None:
        return
    made, channel = list(choices), person.delivery.channel
    carts = [one for one in made if one.topic == CART_TOPIC]
    stood = Consent.objects.filter(
        shopper=person.shopper, channel=channel, topic=CART_TOPIC, closed_at__isnull=True, status="subscribed"
    ).exists()
    consents.choose(person.shopper.pk, made, source=source, now=now)
    moving.refuse(person.delivery, [one.topic for one in made if one.channel == channel and not one.subscribed], now)
    OptInRequest.objects.filter(
        shopper=person.shopper, confirmed_at__isnull=True, channel__in=[one.channel for one in carts]
    ).delete()
    if stood and any(one.channel == channel and not one.subscribed for one in carts):
        TrackingEvent.objects.create(delivery=person.delivery, kind=TrackingKind.UNSUBSCRIBED, at=now)


def snooze(person: Person, length: str, now: datetime) -> None:
    """No cart reminders for a week or a month; what is due meanwhile waits, or is too late."""
    if person.shopper and length in PAUSES:
        Shopper.objects.filter(pk=person.shopper.pk).update(snoozed_until=now + PAUSES[length])


@transaction.atomic
def resume(person: Person) -> None:
    if person.shopper and Shopper.objects.filter(pk=person.shopper.pk, snoozed_until__isnull=False).update(
        snoozed_until=None
    ):
        scheduling.wake({person.shopper.pk})


@transaction.atomic
def bought_elsewhere(person: Person, now: datetime) -> None:
    """The cart's open episode ends by the shopper's own word, kept as a fact of the cart, so that it outlasts any fold."""
    delivery = person.delivery
    if delivery.episode.closed_at is not None:
        return
    fact = CartActivity(
        cart_id=delivery.episode.cart_id,
        occurred_at=now,
        status=Closed.ELSEWHERE,
        event_id=f"elsewhere-{delivery.code}",
    )
    CartActivity.objects.bulk_create([fact], ignore_conflicts=True)
    matching.enter(*refolding.refold({delivery.episode.cart_id}), now)


def refuse(person: Person, key: str, now: datetime) -> None:
    """A product of the message is never shown to this shopper again."""
    if person.shopper is None or key not in {one.key for one in standing(person, now).products}:
        return
    mine = Shopper.objects.filter(pk=person.shopper.pk, not_interested__len__lt=MOST_REFUSED)
    mine.exclude(not_interested__contains=[key]).update(not_interested=_changed("array_append", key))


def want(person: Person, key: str) -> None:
    if person.shopper:
        mine = Shopper.objects.filter(pk=person.shopper.pk, not_interested__contains=[key])
        mine.update(not_interested=_changed("array_remove", key))


def _changed(function: str, key: str) -> Func:
    array: ArrayField[list[str], list[str]] = ArrayField(CharField(max_length=128))
    return Func(F("not_interested"), Value(key, CharField(max_length=128)), function=function, output_field=array)
