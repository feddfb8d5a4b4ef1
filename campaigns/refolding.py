"""Folds carts anew from everything known of them, and writes what changed: carts, episodes, recoveries.

Runs inside the caller's transaction. Carts are locked in key order; the facts are read after the lock, so whoever comes
second sees what the first wrote.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from accounts import owners
from accounts.models import OrderCloses
from aiq.lib import bulk
from campaigns.episodes import Activity, Known, Life, Purchase, Rules, Stretch, fold, matched
from campaigns.facts import CartStatus
from campaigns.models import Cart, CartActivity, Closed, Delivery, DeliveryStatus, Episode, Order
from campaigns.orders import concerns, names, product_keys

SYNTHETIC_AGAIN = timedelta(minutes=60)
CART_FIELDS = ["status", "trigger", "lines", "url", "currency", "total", "occurred_at", "shopper_id", "store_id"]
EPISODE_FIELDS = [
    "number", "trigger", "started_at", "last_activity_at", "abandoned_at", "closed_at", "closed_by", "order_id", "store_id",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _History:
    activities: dict[int, list[CartActivity]]
    orders: list[Order]
    episodes: dict[int, list[Episode]]


class Refolded(NamedTuple):
    """Carts, by id and with merchant and store, and the ids of their episodes that are still of interest: the last of each cart, and those
    that changed."""

    carts: dict[int, Cart]
    episodes: list[int]


def refold(cart_ids: set[int]) -> Refolded:
    """Bring carts and their episodes in line with all facts."""
    if not cart_ids:
        return Refolded({}, [])
    carts = _locked(cart_ids)
    history = _history(carts)
    lives = {cart.pk: _life(cart, history) for cart in carts}
    _write_carts(carts, lives)
    changed = _write_episodes(carts, lives, history.episodes)
    _mark_recovered(cart_ids)
    return Refolded({cart.pk: cart for cart in carts}, changed)


def _locked(ids: Iterable[int]) -> list[Cart]:
    """The carts with merchant and store."""
    carts = list(Cart.objects.select_for_update(no_key=True).filter(pk__any_of=ids).order_by("pk"))
    owners.attach(carts)
    return carts


def _history(carts: Iterable[Cart]) -> _History:
    ids = [cart.pk for cart in carts]
    activities: dict[int, list[CartActivity]] = defaultdict(list)
    for row in CartActivity.objects.filter(cart_id__any_of=ids):
        activities[row.cart_id].append(row)
    episodes: dict[int, list[Episode]] = defaultdict(list)
    for episode in Episode.objects.filter(cart_id__any_of=ids).order_by("number"):
        episodes[episode.cart_id].append(episode)
    for cart in carts:
        cart.shopper_id = _shopper_of(activities[cart.pk])
    return _History(activities, _orders_of(carts), episodes)


def _shopper_of(rows: list[CartActivity]) -> int | None:
    """Whoever the newest fact with a person named."""
    named = [row for row in rows if row.shopper_id]
    return max(named, key=lambda row: (row.occurred_at, row.event_id)).shopper_id if named else None


def _orders_of(carts: Iterable[Cart]) -> list[Order]:
    shoppers = {cart.shopper_id for cart in carts} - {None}
    named = Q(cart_keys__overlap=[cart.key for cart in carts], source__in={cart.source for cart in carts})
    concerned = Q(shopper_id__any_of=shoppers) | named
    return list(Order.objects.filter(concerned).only("source", "store", "shopper", "cart_keys", "lines", "placed_at"))


def _life(cart: Cart, history: _History) -> Life:
    again = (
        SYNTHETIC_AGAIN if cart.synthetic else timedelta(hours=cart.store.abandoned_again_hours if cart.store else 24)
    )
    rules = Rules(abandoned_again=again, older_carts=cart.merchant.order_closes == OrderCloses.OLDER)
    purchases = [_purchase(cart, order) for order in history.orders if concerns(cart, order)]
    return fold([_fact(row) for row in history.activities[cart.pk]], purchases, rules)


def _purchase(cart: Cart, order: Order) -> Purchase:
    return Purchase(order.pk, order.placed_at, cart.synthetic or names(cart, order), product_keys(order.lines))


def _fact(row: CartActivity) -> Activity:
    quiet = timedelta(minutes=row.quiet_period_minutes) if row.quiet_period_minutes else None
    total = None if row.total is None else str(row.total)
    elsewhere = row.status == Closed.ELSEWHERE
    status = CartStatus.COMPLETE if elsewhere else CartStatus(row.status)
    facts = row.occurred_at, status, row.event_id, row.lines, row.url, row.currency, total, quiet
    return Activity(*facts, elsewhere=elsewhere)


def _write_carts(carts: Iterable[Cart], lives: dict[int, Life]) -> None:
    rows = []
    for cart in carts:
        life = lives[cart.pk]
        for name in ("status", "trigger", "lines", "url", "currency", "total", "occurred_at"):
            setattr(cart, name, getattr(life, name))
        rows.append({"id": cart.pk} | {name: getattr(cart, name) for name in CART_FIELDS})
    bulk.update(Cart, rows, CART_FIELDS)


def _write_episodes(carts: Iterable[Cart], lives: dict[int, Life], known: dict[int, list[Episode]]) -> list[int]:
    changed: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    last: list[int] = []
    ids, left = _rows_of(lives, known)
    for cart in carts:
        stored = {row.pk: row for row in known[cart.pk]}
        told = [*zip(ids[cart.pk], lives[cart.pk].episodes, strict=True)]
        for number, (row_id, stretch) in enumerate(_in_order(told, left.get(cart.pk, ())), start=1):
            values = _values(cart, number, stretch)
            if row_id is None:
                new.append({"cart_id": cart.pk, "merchant_id": cart.merchant_id} | values)
            elif any(getattr(stored[row_id], name) != value for name, value in values.items()):
                changed.append({"id": row_id} | values)
        last += [row_id for row_id in ids[cart.pk][-1:] if row_id]
    bulk.update(Episode, changed, EPISODE_FIELDS)
    made = bulk.insert(Episode, new, ["cart_id", "merchant_id", *EPISODE_FIELDS])
    return sorted({row["id"] for row in changed} | set(made) | set(last))


def _rows_of(
    lives: dict[int, Life], known: dict[int, list[Episode]]
) -> tuple[dict[int, list[int | None]], dict[int, list[Episode]]]:
    """For each cart the stored row of each episode, and rows without one that stay, since a message of theirs has left.

    A late fact may join two episodes to one: the row that is left over goes, with what waited for it.
    """
    ids = {
        pk: matched([Known(r.pk, r.last_activity_at) for r in known[pk]], life.episodes) for pk, life in lives.items()
    }
    joined = [pk for pk, found in ids.items() if {row.pk for row in known[pk]} - set(found)]
    if not joined:
        return ids, {}
    left = _leaving([row.pk for pk in joined for row in known[pk]])
    for pk in joined:
        rows = [Known(row.pk, row.last_activity_at, row.pk in left) for row in known[pk]]
        ids[pk] = matched(rows, lives[pk].episodes)
    over = {pk: [row for row in known[pk] if row.pk not in ids[pk]] for pk in joined}
    Episode.objects.filter(pk__in=[r.pk for rows in over.values() for r in rows if r.pk not in left]).delete()
    return ids, {pk: [row for row in rows if row.pk in left] for pk, rows in over.items()}


def _leaving(episode_ids: list[int]) -> set[int]:
    """Episodes of which a message has left or may be leaving; locked, so that no sender begins meanwhile."""
    rows = Delivery.objects.select_for_update(no_key=True).filter(episode__in=episode_ids).order_by("pk")
    waiting = {DeliveryStatus.PENDING, DeliveryStatus.SKIPPED}
    told = rows.values_list("episode_id", "status", "may_have_left")
    return {episode for episode, status, may_have_left in told if may_have_left or status not in waiting}


def _in_order(told: list[tuple[int | None, Stretch]], left: Iterable[Episode]) -> list[tuple[int | None, Stretch]]:
    """Episodes in the order of their numbers; one that is left over comes before the one that took it up."""
    newest = max((stretch.started_at for _, stretch in told), default=None)
    keyed = [(stretch.started_at, 1, row_id, stretch) for row_id, stretch in told]
    keyed += [(min(row.started_at, newest or row.started_at), 0, row.pk, _superseded(row)) for row in left]
    return [(row_id, stretch) for *_, row_id, stretch in sorted(keyed, key=lambda one: one[:2])]


def _superseded(row: Episode) -> Stretch:
    ended = row.closed_at or row.last_activity_at
    return Stretch(
        row.started_at, row.last_activity_at, row.trigger, row.abandoned_at, closed_at=ended, closed_by="superseded"
    )


def _values(cart: Cart, number: int, stretch: Stretch) -> dict[str, Any]:
    return {
        "number": number,
        "trigger": stretch.trigger,
        "started_at": stretch.started_at,
        "last_activity_at": stretch.last_activity_at,
        "abandoned_at": stretch.abandoned_at,
        "closed_at": stretch.closed_at,
        "closed_by": stretch.closed_by,
        "order_id": stretch.order_id,
        "store_id": cart.store_id,
    }


RECOVERED = """
WITH ended AS (
    SELECT e.id AS closing, e.cart_id, e.number, e.closed_at FROM campaigns_episode e
    WHERE e.cart_id = ANY(%s) AND e.closed_by = %s
), reminded AS (
    SELECT DISTINCT ON (ended.closing) e.id, ended.closed_at FROM ended
    JOIN campaigns_episode e ON e.cart_id = ended.cart_id AND e.number <= ended.number
    JOIN campaigns_delivery d ON d.episode_id = e.id AND d.sent_at <= ended.closed_at
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_episode between
        WHERE between.cart_id = e.cart_id AND between.number >= e.number AND between.number < ended.number
          AND between.closed_by <> %s
    )
    ORDER BY ended.closing, e.number DESC
)
UPDATE campaigns_episode t SET recovered_at = reminded.closed_at
FROM campaigns_episode e LEFT JOIN reminded ON reminded.id = e.id
WHERE t.id = e.id AND e.cart_id = ANY(%s) AND t.recovered_at IS DISTINCT FROM reminded.closed_at
"""


def _mark_recovered(cart_ids: set[int]) -> None:
    """An order recovers the last episode reminded of before it, also where the shopper's return had begun another one
    (superseded) on the way to the order."""
    ids = sorted(cart_ids)
    with connection.cursor() as cursor:
        cursor.execute(RECOVERED, [ids, Closed.ORDERED, Closed.SUPERSEDED, ids])
