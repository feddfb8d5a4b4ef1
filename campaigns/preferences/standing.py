"""How it stands for the person behind a message, as the preference page shows it: plain values, a handful of queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Merchant
from aiq.lib.locales import long_date
from campaigns.channels.base import CHANNELS
from campaigns.context import locale_of
from campaigns.models import Consent, Delivery, OptInRequest, SentMessage, Shopper, Topic
from campaigns.preferences.wording import words
from campaigns.templating.parts import language_of

MOST_PRODUCTS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Whose page it is, and the message that led there. `shopper` None: erased since."""

    delivery: Delivery
    merchant: Merchant
    shopper: Shopper | None

    @property
    def locale(self) -> str:
        return locale_of(self.merchant, self.shopper)


@dataclass(frozen=True, slots=True)
class Switch:
    """One channel and topic. `asked`: a confirmation is still waited for."""

    name: str
    channel: str
    topic: str
    label: str
    on: bool
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the message; `refused`: the shopper wants to see it no more."""

    key: str
    name: str
    image: str
    refused: bool
    act: str


@dataclass(frozen=True, slots=True)
class Standing:
    person: Person
    language: str
    say: Mapping[str, str]
    switches: tuple[Switch, ...]
    products: tuple[Product, ...]
    subscribed: bool
    paused: bool
    may_settle: bool

    @property
    def everything_off(self) -> bool:
        return not any(switch.on for switch in self.switches)


def person_of(code: UUID) -> Person | None:
    """Whom a message went to, or would; the cart may be somebody else's by now. None: no such delivery."""
    related = "merchant", "shopper", "episode__cart__shopper"
    delivery = Delivery.objects.filter(code=code).select_related(*related).first()
    if delivery is None:
        return None
    return Person(delivery, delivery.merchant, delivery.shopper or delivery.episode.cart.shopper)


def standing(person: Person, now: datetime) -> Standing:
    shopper, channel = person.shopper, person.delivery.channel
    until = shopper.snoozed_until if shopper and shopper.snoozed_until and shopper.snoozed_until > now else None
    say = words(
        person.locale,
        merchant=person.merchant.name,
        address=words(person.locale)["browser"] if channel == "push" else masked(shopper, channel),
        channel=channel_word(person.locale, channel),
        day=long_date(until.date(), person.locale) if until else "",
    )
    switches = tuple(_switches(shopper, person, now)) if shopper else ()
    return Standing(
        person,
        language_of(person.locale),
        say,
        switches,
        tuple(_products(person)) if shopper else (),
        subscribed=any(one.on for one in switches if (one.channel, one.topic) == (channel, Topic.CART)),
        paused=until is not None,
        may_settle=person.delivery.episode.closed_at is None,
    )


def channel_word(locale: str, channel: str) -> str:
    return words(locale).get(channel, channel)


def masked(shopper: Shopper | None, channel: str) -> str:
    """Enough of an address to know it by, since links are passed on: "a…@example.com", "…0123"."""
    if shopper is None:
        return ""
    if channel == "email" and shopper.email:
        name, _, domain = shopper.email.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{shopper.phone[-4:]}" if channel == "sms" and shopper.phone else "…"


def _switches(shopper: Shopper, person: Person, now: datetime) -> Iterator[Switch]:
    """Cart reminders on every channel that reaches the shopper, and whatever else was ever asked of them."""
    held = {(row.channel, row.topic): row.status == "subscribed" for row in _open(shopper)}
    pending = OptInRequest.objects.filter(shopper=shopper, confirmed_at__isnull=True, expires_at__gt=now)
    asked = set(pending.values_list("channel", "topic"))
    shown = {(channel.slug, Topic.CART.value) for channel in CHANNELS if channel.address_of(shopper)}
    for channel, topic in sorted(shown | held.keys() | asked, key=lambda one: (one[1], one[0])):
        label = words(person.locale, channel=channel_word(person.locale, channel))[topic]
        on = held.get((channel, topic), False)
        yield Switch(f"{channel}.{topic}", channel, topic, label, on, not on and (channel, topic) in asked)


def _open(shopper: Shopper) -> Any:
    return Consent.objects.filter(shopper=shopper, closed_at__isnull=True, topic__in=Topic.values)


def _products(person: Person) -> Iterator[Product]:
    """What the message showed; of one that has not left, what is in the cart."""
    assert person.shopper
    shown = {item["key"]: item for item in _shown(person.delivery) if item.get("key")}
    for key, item in list(shown.items())[:MOST_PRODUCTS]:
        refused = str(key) in person.shopper.not_interested
        name = str(item.get("name") or key)
        act = words(person.locale, product=name)["want_this" if refused else "refuse_this"]
        yield Product(str(key), name, str(item.get("image") or ""), refused, act)


def _shown(delivery: Delivery) -> list[Mapping[str, Any]]:
    message = SentMessage.objects.filter(delivery=delivery).first()
    if message is None:
        return list(delivery.episode.cart.lines)
    feeds = (message.context.get("feeds") or {}).values()
    return [*message.context.get("items", ()), *(item for items in feeds for item in items)]
