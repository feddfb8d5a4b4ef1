"""How much one shopper gets: caps of a channel, rest after a campaign, and which of two campaigns goes first.

Read with the batch for the decision, and again within the transaction that hands a group over: shoppers are locked there,
so that two senders at once cannot both pass a limit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aiq.lib import prepared
from campaigns.decide import Limit
from campaigns.due import Due
from campaigns.models import CampaignStatus, ChannelSettings

# Two campaigns want a shopper at once if one's message left, or is to leave, within this time of the other's.
AT_ONCE = timedelta(hours=1)
AFTER_ANOTHER = timedelta(minutes=1)
# To one person on one matter, by Fla. Stat. § 501.616(6)(b), 15 Okla. Stat. § 775C.4, Md. Code, Com. Law § 14-4502 and Oregon's HB 3865 of 2025;
# kept for texts everywhere.
TEXTS_A_DAY, A_DAY = 3, 24
# One number for all that is locked by shopper here (two-key advisory locks of PostgreSQL).
LOCKED_HERE = 7_301


@dataclass(frozen=True, slots=True)
class Lately:
    """A message that left, or may have (`at`), or is about to leave (`send_at`)."""

    delivery_id: int
    episode_id: int
    campaign_id: int
    campaign: str
    priority: int
    live: bool
    channel: str
    send_at: datetime
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the limits say of one message."""

    cap: Limit
    rest: Limit
    turn: Limit


def left(row: str) -> str:
    """SQL: whether the delivery under this alias has left, or may have."""
    on_its_way = f"{row}.may_have_left AND {row}.status IN ('pending', 'claimed')"
    return f"({row}.status IN ('sending', 'sent', 'delivered', 'bounced', 'unknown') OR ({on_its_way}))"


_LATELY = f"""
SELECT d.shopper_id, d.id, d.episode_id, d.campaign_id, k.name, k.priority, k.status = %s, d.channel, d.send_at,
    CASE WHEN d.may_have_left OR d.status NOT IN ('pending', 'claimed') THEN COALESCE(d.sent_at, m.at) END
FROM campaigns_delivery d
JOIN campaigns_campaign k ON k.id = d.campaign_id
LEFT JOIN campaigns_sentmessage m ON m.delivery_id = d.id
WHERE (d.shopper_id = ANY(%s) OR d.episode_id = ANY(%s)) AND (
    (d.status IN ('pending', 'claimed') AND d.send_at < %s)
    OR ({left("d")} AND COALESCE(d.sent_at, m.at) > %s)
)
ORDER BY d.id
"""  # noqa: S608


def limits(rows: Sequence[Due], now: datetime) -> dict[int, Limits]:
    """By delivery, in one query."""
    shoppers = list({shopper for row in rows if (shopper := row.cart.shopper_id)})
    since = now - max((_reach(row) for row in rows), default=AT_ONCE)
    with prepared.cursor() as cursor:
        values: list[Any] = [
            CampaignStatus.LIVE,
            shoppers,
            list({row.episode_id for row in rows}),
            now + AT_ONCE,
            since,
        ]
        cursor.execute(_LATELY, values)
        found = cursor.fetchall()
    by_shopper: dict[int | None, list[Lately]] = defaultdict(list)
    of_episode = {row.episode_id: row.cart.shopper_id for row in rows}
    for shopper, delivery, episode, *rest in found:
        by_shopper[shopper or of_episode.get(episode)].append(Lately(delivery, episode, *rest))
    return {row.pk: _of(row, by_shopper[row.cart.shopper_id] if row.cart.shopper else (), now) for row in rows}


def _reach(row: Due) -> timedelta:
    """How far back what left counts."""
    capped = row.settings.cap_hours if row.settings and row.settings.cap_hours else 0
    return max(
        AT_ONCE, timedelta(hours=max(capped, row.campaign.cooldown_hours or 0, A_DAY if row.channel == "sms" else 0))
    )


def _of(row: Due, lately: Iterable[Lately], now: datetime) -> Limits:
    others = [one for one in lately if (one.at and one.delivery_id != row.pk) or one.campaign_id != row.campaign_id]
    same_channel = [one.at for one in others if one.at and one.channel == row.channel]
    capped = cap(row.settings, same_channel, now)
    if row.channel == "sms" and capped.free and not (lawful := texts_a_day(same_channel, now)).free:
        capped = lawful
    return Limits(capped, rest(row, others, now), turn(row, others, now))


def cap(settings: ChannelSettings | None, left: Iterable[datetime], now: datetime) -> Limit:
    """Waits until one of those that left over this channel no longer counts."""
    if settings is None or not settings.cap_messages or not settings.cap_hours:
        return Limit("no limit")
    return _counted(left, now, settings.cap_messages, settings.cap_hours)


def texts_a_day(left: Iterable[datetime], now: datetime) -> Limit:
    """As many as several states allow, whatever the merchant says."""
    found = _counted(left, now, TEXTS_A_DAY, A_DAY)
    return replace(found, saw=f"{found.saw}, all that the law allows")


def _counted(left: Iterable[datetime], now: datetime, most: int, hours: int) -> Limit:
    span = timedelta(hours=hours)
    counted = sorted((at for at in left if at > now - span), reverse=True)
    saw = f"{len(counted)} of {most} in {hours} hours"
    return Limit(saw) if len(counted) < most else Limit(saw, free=False, until=counted[most - 1] + span)


def rest(row: Due, lately: Iterable[Lately], now: datetime) -> Limit:
    """Final: who was just written to about another cart is left alone, not written to a little later."""
    hours = row.campaign.cooldown_hours
    if not hours:
        return Limit("no rest asked for")
    since = now - timedelta(hours=hours)
    others = [one for one in lately if one.campaign_id == row.campaign_id and one.episode_id != row.episode_id]
    last = max((one.at for one in others if one.at and one.at > since), default=None)
    if last is None:
        return Limit(f"nothing of this campaign in {hours} hours")
    return Limit(f"another cart's message {last:%Y-%m-%d %H:%M} UTC, rest of {hours} hours", free=False)


def turn(row: Due, lately: Iterable[Lately], now: datetime) -> Limit:
    """Of campaigns that want the shopper at once the one of higher priority goes, of equal ones the older. The other waits until that
    one's message has left, which is then final, or was skipped."""
    mine = (row.campaign.priority, -row.campaign_id)
    better = [one for one in lately if one.campaign_id != row.campaign_id and (one.priority, -one.campaign_id) > mine]
    for one in better:
        if one.at and one.at > now - AT_ONCE:
            return Limit(f"“{one.campaign}” went first, {one.at:%Y-%m-%d %H:%M} UTC", free=False)
    wanting = [one for one in better if one.at is None and one.live]
    if not wanting:
        return Limit("no other campaign at once")
    first = max(wanting, key=lambda one: (one.priority, -one.campaign_id))
    return Limit(f"“{first.campaign}” goes first", free=False, until=max(first.send_at, now) + AFTER_ANOTHER)


# Of one row of a group: `c` its cart, `d` its delivery, `v` what was passed with it.
_LEFT = f"""
    SELECT count(*) FROM campaigns_delivery r LEFT JOIN campaigns_sentmessage g ON g.delivery_id = r.id
    WHERE r.shopper_id = c.shopper_id AND r.id <> d.id AND {left("r")}
"""  # noqa: S608
_WHEN = "COALESCE(r.sent_at, g.at) > statement_timestamp() - make_interval(hours =>"
STILL_WITHIN = f"""
    AND (v.cap IS NULL OR v.cap > ({_LEFT} AND r.channel = d.channel AND {_WHEN} v.cap_hours)))
    AND (v.once IS NULL OR {TEXTS_A_DAY} > ({_LEFT} AND r.channel = d.channel AND {_WHEN} {A_DAY})))
    AND (v.cooldown IS NULL OR 0 = (
        {_LEFT} AND r.campaign_id = d.campaign_id AND r.episode_id <> d.episode_id AND {_WHEN} v.cooldown)
    ))
"""
COLUMNS = "cap int, cap_hours int, cooldown int, once boolean"


def columns(row: Due) -> Mapping[str, Any]:
    """What `STILL_WITHIN` looks at of a delivery."""
    own = row.settings
    return {
        "cap": own.cap_messages if own else None,
        "cap_hours": own.cap_hours if own else None,
        "cooldown": row.campaign.cooldown_hours,
        "once": True if row.channel == "sms" else None,
    }


_LOCK = """
SELECT pg_advisory_xact_lock(%s, ordered.key)
FROM (SELECT DISTINCT (one %% 2147483647)::int AS key FROM unnest(%s::bigint[]) one ORDER BY 1) ordered
"""


def lock(rows: Iterable[Due]) -> frozenset[int]:
    """Lock the shoppers of those that a limit counts for, until the transaction ends, in an order that all senders keep. Which of the
    rows may be counted now: one per shopper, since one statement does not see what it starts itself."""
    first: dict[int, int] = {}
    free = set()
    for row in rows:
        counted = any(value is not None for value in columns(row).values())
        shopper = row.cart.shopper_id
        if not counted or shopper is None or first.setdefault(shopper, row.pk) == row.pk:
            free.add(row.pk)
    if first:
        with prepared.cursor() as cursor:
            cursor.execute(_LOCK, [LOCKED_HERE, list(first)])
    return frozenset(free)
