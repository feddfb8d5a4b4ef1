"""Due deliveries with their episode, cart and shopper as plain values, in one prepared query for the batch.

Model instances would cost as much as deciding: five a message, each with its descriptors and with times nobody reads.
The names are the models', so that whatever takes a `Shopper` or a `Cart` by its fields takes these too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from accounts.models import Merchant, Store
from aiq.lib import prepared
from campaigns.channels.push_address import Browser
from campaigns.models import Campaign, ChannelSettings
from campaigns.notifications import browsers


@dataclass(frozen=True, slots=True)
class DueShopper:
    pk: int
    email: str | None
    phone: str | None
    first_name: str
    last_name: str
    timezone: str
    country: str
    region: str
    locale: str
    birthdate: date | None
    favorite_store: str
    snoozed_until: datetime | None
    not_interested: list[str]
    attributes: dict[str, Any]
    tags: list[str]
    browsers: Sequence[Browser] = ()


@dataclass(frozen=True, slots=True)
class DueCart:
    merchant_id: int
    store_id: int | None
    source: UUID
    key: str
    synthetic: bool
    lines: list[dict[str, Any]]
    url: str
    currency: str
    total: Decimal | None
    shopper: DueShopper | None
    store: Store | None

    @property
    def shopper_id(self) -> int | None:
        return self.shopper.pk if self.shopper else None


@dataclass(frozen=True, slots=True)
class DueEpisode:
    pk: int
    trigger: str
    last_activity_at: datetime
    closed_at: datetime | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class Due:
    """One claimed delivery. Campaign, settings of the channel, and store are shared by all that have the same."""

    pk: int
    code: UUID
    content_id: int
    step_id: int
    channel: str
    attempts: int
    may_have_left: bool
    send_at: datetime
    expires_at: datetime
    campaign: Campaign
    settings: ChannelSettings | None
    episode: DueEpisode
    cart: DueCart

    @property
    def merchant(self) -> Merchant:
        return self.campaign.merchant

    @property
    def merchant_id(self) -> int:
        return self.campaign.merchant_id

    @property
    def campaign_id(self) -> int:
        return self.campaign.pk

    @property
    def episode_id(self) -> int:
        return self.episode.pk


_DUE = """
SELECT d.id, d.code, d.content_id, d.step_id, d.channel, d.attempts, d.may_have_left, d.send_at, d.expires_at, d.campaign_id, c.store_id,
    e.id, e.trigger, e.last_activity_at, e.closed_at, e.closed_by,
    c.merchant_id, c.store_id, c.source, c.key, c.synthetic, c.lines, c.url, c.currency, c.total,
    s.id, s.email, s.phone, s.first_name, s.last_name, s.timezone, s.country, s.region, s.locale, s.birthdate, s.favorite_store,
    s.snoozed_until, s.not_interested, s.attributes, s.tags
FROM campaigns_delivery d
JOIN campaigns_episode e ON e.id = d.episode_id
JOIN campaigns_cart c ON c.id = e.cart_id
LEFT JOIN campaigns_shopper s ON s.id = c.shopper_id
WHERE d.id = ANY(%s) ORDER BY d.id
"""


def load_due(ids: Sequence[int]) -> list[Due]:
    """The deliveries in the order of their ids, in four queries; five where there are notifications among them."""
    with prepared.cursor() as cursor:
        cursor.execute(_DUE, [list(ids)])
        rows = cursor.fetchall()
    campaigns = Campaign.objects.select_related("version", "merchant").in_bulk({row[9] for row in rows})
    stores = Store.objects.in_bulk({row[10] for row in rows if row[10]})
    found = ChannelSettings.objects.filter(merchant__in={campaign.merchant_id for campaign in campaigns.values()})
    settings = {(one.merchant_id, one.channel): one for one in found}
    pushed = {row[25] for row in rows if row[4] == "push" and row[25]}
    living = browsers.living(pushed) if pushed else {}
    return [
        _due(row, campaign, settings.get((campaign.merchant_id, row[4])), stores.get(row[10]), living.get(row[25], ()))
        for row in rows
        for campaign in (campaigns[row[9]],)
    ]


def _due(
    row: Sequence[Any],
    campaign: Campaign,
    settings: ChannelSettings | None,
    store: Store | None,
    living: Sequence[Browser],
) -> Due:
    cart = list(row[16:25])
    cart[5] = msgspec.json.decode(cart[5])
    shopper = _shopper(row[25:], living) if row[25] else None
    return Due(*[*row[:9], campaign, settings, DueEpisode(*row[11:16]), DueCart(*[*cart, shopper, store])])


def _shopper(values: Sequence[Any], living: Sequence[Browser]) -> DueShopper:
    *known, attributes, tags = values
    return DueShopper(*[*known, msgspec.json.decode(attributes), tags, living])
