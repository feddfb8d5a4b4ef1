"""The life of a cart from its facts alone: which episodes it had, and what it is now. Pure.

`fold` reads every fact of a cart and every order that concerns it, sorted by `occurred_at`, so any order of arrival and
any repetition ends in the same result. The rules are those of docs/decisions/0003-episodes-follow-from-facts.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from campaigns.facts import CartStatus

Lines = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Activity:
    """One fact about the cart. `lines` None: a simple trigger, nothing known of the content. `elsewhere`: not the store's but
    the shopper's own word, that the cart is settled by a purchase elsewhere."""

    occurred_at: datetime
    status: CartStatus
    event_id: str
    lines: Lines | None = None
    url: str = ""
    currency: str = ""
    total: str | None = None
    quiet_period: timedelta | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order that concerns the cart: it names it, or it is the shopper's at the same store."""

    order_id: int
    placed_at: datetime
    names_cart: bool
    product_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """`abandoned_again`: a repeated *abandoned* is a new episode after that long.
    `older_carts`: an order closes every older cart of its shopper, not only those that share a product."""

    abandoned_again: timedelta = timedelta(hours=24)
    older_carts: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """One episode as the facts give it. `abandoned_at` may lie ahead: the moment when silence becomes abandonment."""

    started_at: datetime
    last_activity_at: datetime
    trigger: str
    abandoned_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """The cart now, and its episodes in order. `ended`: how a cart ended of which nothing else was ever told."""

    status: str = "open"
    ended: str = ""
    trigger: str = "simple"
    lines: Lines = field(default_factory=list)
    url: str = ""
    currency: str = ""
    total: str | None = None
    occurred_at: datetime | None = None
    episodes: tuple[Stretch, ...] = ()


def fold(activities: Iterable[Activity], purchases: Iterable[Purchase], rules: Rules) -> Life:
    """The cart's life. At equal times an activity comes before an order: it belongs to what the order closes."""
    life = Life()
    for item in _timeline(activities, purchases):
        life = _bought(life, item, rules) if isinstance(item, Purchase) else _acted(life, item, rules)
    return replace(life, status=_status(life))


def _timeline(activities: Iterable[Activity], purchases: Iterable[Purchase]) -> list[Activity | Purchase]:
    keyed: list[tuple[tuple[Any, ...], Activity | Purchase]] = [
        *(((a.occurred_at, 0, a.status.rank, a.event_id), a) for a in activities),
        *(((p.placed_at, 1, 0, str(p.order_id)), p) for p in purchases),
    ]
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0])]


def _acted(life: Life, act: Activity, rules: Rules) -> Life:
    changed = act.lines is not None and act.lines != life.lines
    episodes, current = life.episodes, _open(life.episodes)
    life = _described(life, act)
    if act.status is CartStatus.COMPLETE or act.lines == []:
        cause = _closing(act)
        return replace(life, ended=cause, episodes=_closed(episodes, act.occurred_at, cause) if current else episodes)
    if current is None:
        again = changed or not _is_known(episodes, act, rules)
        return replace(life, episodes=(*episodes, _started(act))) if again else life
    if _begins_again(current, act, rules, changed=changed):
        return replace(life, episodes=(*_closed(episodes, act.occurred_at, "superseded"), _started(act)))
    return replace(life, episodes=(*episodes[:-1], _continued(current, act)))


def _is_known(episodes: Sequence[Stretch], act: Activity, rules: Rules) -> bool:
    """Another notice of the abandonment that the shopper has settled elsewhere: nothing to remind of."""
    if not episodes or act.status is not CartStatus.ABANDONED:
        return False
    ended = episodes[-1].closed_at
    return (
        episodes[-1].closed_by == "elsewhere" and ended is not None and act.occurred_at < ended + rules.abandoned_again
    )


def _bought(life: Life, buy: Purchase, rules: Rules) -> Life:
    shares = any(line["key"] in buy.product_keys for line in life.lines)
    if _open(life.episodes) is None or not (buy.names_cart or rules.older_carts or shares):
        return life
    return replace(life, episodes=_closed(life.episodes, buy.placed_at, "ordered", order_id=buy.order_id))


def _begins_again(current: Stretch, act: Activity, rules: Rules, *, changed: bool) -> bool:
    """After an *abandoned*: the first activity or changed content begins anew; a mere repetition only much later."""
    if current.abandoned_at is None or act.occurred_at < current.abandoned_at:
        return False
    if act.status is not CartStatus.ABANDONED or changed:
        return True
    return act.occurred_at >= current.abandoned_at + rules.abandoned_again


def _described(life: Life, act: Activity) -> Life:
    """What is shown of the cart is the newest fact's; a fact without content leaves the content as it was."""
    if act.lines is None:
        return replace(life, occurred_at=act.occurred_at, url=act.url or life.url)
    return replace(
        life,
        occurred_at=act.occurred_at,
        trigger="dynamic",
        lines=act.lines,
        url=act.url or life.url,
        currency=act.currency or life.currency,
        total=act.total,
    )


def _started(act: Activity) -> Stretch:
    stretch = Stretch(started_at=act.occurred_at, last_activity_at=act.occurred_at, trigger="simple")
    return _continued(stretch, act)


def _continued(current: Stretch, act: Activity) -> Stretch:
    """A declared abandonment stands from its first notice; otherwise each activity moves the moment of silence."""
    trigger = "dynamic" if act.lines is not None else current.trigger
    if act.status is CartStatus.ABANDONED:
        at = min(current.abandoned_at or act.occurred_at, act.occurred_at)
        last = act.occurred_at if at == act.occurred_at else current.last_activity_at
        return replace(current, trigger=trigger, abandoned_at=at, last_activity_at=last)
    silence = act.occurred_at + act.quiet_period if act.quiet_period else None
    return replace(current, trigger=trigger, last_activity_at=act.occurred_at, abandoned_at=silence)


def _closing(act: Activity) -> str:
    if act.elsewhere:
        return "elsewhere"
    return "complete" if act.status is CartStatus.COMPLETE else "emptied"


def _open(episodes: Sequence[Stretch]) -> Stretch | None:
    return episodes[-1] if episodes and episodes[-1].closed_at is None else None


def _closed(
    episodes: tuple[Stretch, ...], at: datetime, cause: str, *, order_id: int | None = None
) -> tuple[Stretch, ...]:
    """The last episode ends; an abandonment that silence would have brought after that moment never happened."""
    last = episodes[-1]
    happened = last.abandoned_at if last.abandoned_at and last.abandoned_at <= at else None
    return (
        *episodes[:-1],
        replace(last, closed_at=at, closed_by=cause, order_id=order_id, abandoned_at=happened),
    )


def _status(life: Life) -> str:
    last = life.episodes[-1] if life.episodes else None
    if last and last.closed_at is None:
        return "abandoned" if last.abandoned_at else "open"
    ended = last.closed_by if last else life.ended
    return {"": "open", "emptied": "emptied", "elsewhere": "abandoned"}.get(ended, "ordered")


@dataclass(frozen=True, slots=True)
class Known:
    """An episode row that is stored already. `last_activity_at` is the fact that made it (or will make it) abandoned;
    `reminded`: a message of it has left, or is about to."""

    id: int
    last_activity_at: datetime
    reminded: bool = False


def matched(known: Sequence[Known], episodes: Sequence[Stretch]) -> list[int | None]:
    """Which stored row each episode is, so that deliveries follow their abandonment when a late fact renumbers it.

    A row is the episode within whose time its last activity lies; each row is used once. Of several, the one that was
    reminded of: what a late fact joins to one episode is not reminded of again.
    """
    free = sorted(known, key=lambda row: (row.reminded, row.last_activity_at), reverse=True)
    ids: list[int | None] = []
    for position, episode in enumerate(episodes):
        end = episodes[position + 1].started_at if position + 1 < len(episodes) else None
        row = next((row for row in free if _within(row.last_activity_at, episode, end)), None)
        if row:
            free.remove(row)
        ids.append(row.id if row else None)
    return ids


def _within(at: datetime, episode: Stretch, end: datetime | None) -> bool:
    return at >= episode.started_at and (end is None or at < end)
