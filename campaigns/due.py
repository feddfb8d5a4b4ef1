"""Due deliveries with their episode, cart and shopper as plain values, in one prepared query for the batch.

Model instances would cost as much as deciding: five a message, each with its descriptors and with times nobody reads.
The names are the models', so that whatever takes a `Shopper` or a `Cart` by its fields takes these too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
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
SELECT d.campaign_id, d.channel, c.store_id, s.id,
    d.id, d.code, d.content_id, d.step_id, d.channel, d.attempts, d.may_have_left, d.send_at, d.expires_at,
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


class _Row(NamedTuple):
    """A row of `_DUE`, taken apart: what leads to what rows share, then the values of each part in the order of its fields."""

    campaign_id: int
    channel: str
    store_id: int | None
    shopper_id: int | None
    delivery: Sequence[Any]
    episode: Sequence[Any]
    cart: Sequence[Any]
    shopper: Sequence[Any]


def load_due(ids: Sequence[int]) -> list[Due]:
    """The deliveries in the order of their ids, in four queries; five where there are notifications among them."""
    with prepared.cursor() as cursor:
        cursor.execute(_DUE, [list(ids)])
        rows = [_Row(*[*row[:4], row[4:13], row[13:18], row[18:27], row[27:]]) for row in cursor.fetchall()]
    campaigns = Campaign.objects.select_related("version", "merchant").in_bulk({row.campaign_id for row in rows})
    stores = Store.objects.in_bulk({row.store_id for row in rows if row.store_id})
    found = ChannelSettings.objects.filter(merchant__in={campaign.merchant_id for campaign in campaigns.values()})
    settings = {(one.merchant_id, one.channel): one for one in found}
    pushed = {row.shopper_id for row in rows if row.channel == "push" and row.shopper_id}
    living = browsers.living(pushed) if pushed else {}
    return [
        Due(*[*row.delivery, campaign, own, DueEpisode(*row.episode), _cart(row, stores, living)])
        for row in rows
        for campaign in (campaigns[row.campaign_id],)
        for own in (settings.get((campaign.merchant_id, row.channel)),)
    ]


def _cart(row: _Row, stores: Mapping[int, Store], living: Mapping[int, Sequence[Browser]]) -> DueCart:
    *before, lines, url, currency, total = row.cart
    shopper = _shopper(row.shopper, living.get(row.shopper_id, ())) if row.shopper_id else None
    store = stores[row.store_id] if row.store_id else None
    return DueCart(*[*before, msgspec.json.decode(lines), url, currency, total, shopper, store])


def _shopper(values: Sequence[Any], living: Sequence[Browser]) -> DueShopper:
    *known, attributes, tags = values
    return DueShopper(*[*known, msgspec.json.decode(attributes), tags, living])
