"""Loads what a batch of due deliveries needs to be decided and rendered, in a number of queries that never grows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts import plans
from accounts.models import CartTrigger, OrderCloses
from campaigns import audiences, limits, orders, quiet_hours, standing, usable
from campaigns.channels.base import CHANNELS
from campaigns.consent import suppressions
from campaigns.contents import Ready, ready_contents
from campaigns.context import locale_of
from campaigns.decide import Bought, ConsentSeen, StepFacts, TextLaw
from campaigns.due import Due, DueCart, DueShopper, load_due
from campaigns.feeds import Feed, FeedCart, load_feeds, words
from campaigns.models import Campaign, CampaignVersion, Content, QuietHours
from campaigns.standing import OrderSeen
from campaigns.texts import law as text_law


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery with everything its decision and its message are made of. `digest`: of its address (`campaigns.consent.suppressions`)."""

    delivery: Due
    facts: StepFacts
    content: Ready
    address: str
    digest: bytes
    feed: Feed | None

    @property
    def shopper(self) -> DueShopper | None:
        return self.delivery.cart.shopper

    @property
    def not_after(self) -> datetime | None:
        """From when on quiet hours, or the rules for texts, forbid it; None: never."""
        ends = [self.facts.quiet.not_after if self.facts.quiet else None, self.facts.text and self.facts.text.not_after]
        return min((end for end in ends if end), default=None)

    @property
    def cart(self) -> DueCart:
        return self.delivery.cart


def gather(delivery_ids: Sequence[int], now: datetime) -> list[Case]:
    """The cases in the order of their ids."""
    rows = load_due(delivery_ids)
    contents = ready_contents({row.content_id for row in rows})
    addresses = {row.pk: _address(row) for row in rows}
    digests = {row.pk: suppressions.digest(addresses[row.pk]) for row in rows}
    consents, asked = standing.consents(rows, now)
    known = _Known(
        now=now,
        digests=digests,
        consents=consents,
        asked=asked,
        orders=standing.orders(rows),
        suppressed=standing.suppressions(rows, digests),
        feeds=_feeds(rows, contents, now),
        removed=_removed(rows, contents),
        limits=limits.limits(rows, now),
        texts=text_law.law(rows, now),
    )
    return [
        Case(
            row,
            _facts(row, addresses[row.pk], contents[row.content_id], known),
            contents[row.content_id],
            addresses[row.pk],
            digests[row.pk],
            known.feeds.get(row.pk),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    now: datetime
    digests: dict[int, bytes]
    consents: dict[tuple[int, str], ConsentSeen]
    asked: dict[tuple[int, str], datetime]
    orders: dict[int, list[OrderSeen]]
    suppressed: dict[standing.Suppressed, str]
    feeds: dict[int, Feed]
    removed: frozenset[int]
    limits: dict[int, limits.Limits]
    texts: dict[int, TextLaw]


def _facts(row: Due, address: str, content: Ready, known: _Known) -> StepFacts:
    episode, merchant, shopper = row.episode, row.merchant, row.cart.shopper
    feed = known.feeds.get(row.pk)
    in_audience, audience_saw = _audience(row.campaign, shopper)
    suppressed = known.suppressed.get((merchant.pk, row.channel, known.digests[row.pk]), "") if address else ""
    return StepFacts(
        now=known.now,
        expires_at=row.expires_at,
        campaign_status=row.campaign.status,
        plan_covers=feed is None or plans.includes(merchant.plan, plans.DYNAMIC_CONTENT),
        plan=merchant.get_plan_display(),
        closed_by=episode.closed_by,
        closed_at=episode.closed_at,
        bought=_bought(row, known.orders[row.pk]),
        shopper_known=shopper is not None,
        has_address=bool(address),
        in_audience=in_audience,
        audience_saw=audience_saw,
        consent=known.consents.get((shopper.pk, row.channel)) if shopper else None,
        asked_at=known.asked.get((shopper.pk, row.channel)) if shopper else None,
        snoozed_until=shopper.snoozed_until if shopper else None,
        unwanted=_unwanted(row.cart),
        products=len(row.cart.lines),
        suppressed=suppressed,
        regulated_goods=merchant.regulated_goods,
        age_verified=_is_verified(shopper),
        birthdate=shopper.birthdate if shopper else None,
        dynamic=feed is not None and feed.buyable is not None,
        buyable=feed.buyable if feed else None,
        stock_saw=words.stock_seen(feed),
        gone=words.gone(feed),
        rises=words.rises(feed),
        policy=content.policy,
        channel_on=row.settings.enabled if row.settings else usable.is_on_by_itself(merchant, row.channel),
        step_kept=row.pk not in known.removed,
        quiet=_quiet(row, known.now),
        cap=known.limits[row.pk].cap,
        rest=known.limits[row.pk].rest,
        turn=known.limits[row.pk].turn,
        text=known.texts.get(row.pk),
        holds_in_quiet_hours=content.quiet_hours == QuietHours.HOLD or _is_last(content),
    )


def _removed(rows: Sequence[Due], contents: Mapping[int, Ready]) -> frozenset[int]:
    """Those whose step is not in the version of their campaign that is live, or was live last."""
    older = [row for row in rows if contents[row.content_id].version_id != row.campaign.version_id]
    if not older:
        return frozenset()
    found = Content.objects.filter(version__in={row.campaign.version_id for row in older})
    places = set(found.values_list("version", "step", "channel"))
    return frozenset(row.pk for row in older if (row.campaign.version_id, row.step_id, row.channel) not in places)


def _unwanted(cart: DueCart) -> int:
    """How many lines of the cart its shopper wants to see no more."""
    refused = cart.shopper.not_interested if cart.shopper else []
    return sum(str(line["key"]) in refused for line in cart.lines) if refused else 0


def _address(row: Due) -> str:
    shopper = row.cart.shopper
    return CHANNELS.get(row.channel).address_of(shopper) if shopper else ""


def _audience(campaign: Campaign, shopper: DueShopper | None) -> tuple[bool | None, str]:
    version = campaign.version
    assert isinstance(version, CampaignVersion)
    if shopper is None:
        return None, ""
    return audiences.matches(version.audience_rules, shopper)


def _bought(row: Due, found: Iterable[OrderSeen]) -> Bought | None:
    """Read from the orders themselves, not only from the episode: the order may have been recorded a moment ago."""
    older = row.merchant.order_closes == OrderCloses.OLDER
    closing = next((order for order in found if orders.closes(row.cart, order, older_carts=older)), None)
    return Bought(closing.placed_at, closing.key) if closing else None


def _is_last(content: Ready) -> bool:
    """Whether a next channel is asked for in quiet hours and there is none: then it waits."""
    return content.quiet_hours == QuietHours.NEXT and not content.has_next


def _quiet(row: Due, now: datetime) -> quiet_hours.Looked | None:
    """What quiet hours say; None: nobody is known yet, or it is a channel that need not keep them."""
    shopper, store = row.cart.shopper, row.cart.store
    kept = CHANNELS.get(row.channel).quiet_hours or (row.settings is not None and row.settings.quiet_hours)
    if shopper is None or not kept:
        return None
    place = quiet_hours.place_of(shopper, store.timezone if store else "", row.merchant.timezone)
    return quiet_hours.look(place, now)


def _feeds(rows: Sequence[Due], contents: Mapping[int, Ready], now: datetime) -> dict[int, Feed]:
    """The feeds of those that show any. What is made of the cart's lines is left out where the event told none."""
    wanted = {}
    for row in rows:
        cart, content = row.cart, contents[row.content_id]
        if shows := content.shows if row.episode.trigger == CartTrigger.DYNAMIC else content.shows_anyway:
            locale = locale_of(row.merchant, cart.shopper)
            facts = cart.merchant_id, cart.store_id, cart.currency, cart.lines, locale
            refused = frozenset(cart.shopper.not_interested) if cart.shopper else frozenset()
            wanted[row.pk] = FeedCart(*facts, shows, content.policy, refused)
    return dict(zip(wanted, load_feeds(list(wanted.values()), now) if wanted else [], strict=True))


def _is_verified(shopper: DueShopper | None) -> bool:
    return shopper is not None and str(shopper.attributes.get("age_verified", "")).lower() in {"true", "yes", "1"}
