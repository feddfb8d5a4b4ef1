"""Which values a content cannot do without, and how many shoppers lack them. Found by taking them away and rendering."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Q

from accounts.models import Merchant
from campaigns.editing.checks import Check, Needed, discount_needed
from campaigns.editing.previewing import Preview
from campaigns.links import PlainLinks
from campaigns.models import Cart, Shopper
from campaigns.rendering import MissingData, Prepared, RenderFailed
from campaigns.templating.macros import MACROS

LATEST = 1_000
_OF_SHOPPERS = {"shopper.first_name": Q(first_name=""), "shopper.last_name": Q(last_name="")}
_OF_CARTS = {"cart.total": Q(total__isnull=True)}
CANDIDATES = (*_OF_SHOPPERS, *_OF_CARTS)


def needed_names(prepared: Prepared, context: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Those of the candidates among `names` without which the message is not made."""
    absent = [name for name in CANDIDATES if name in set(names)]
    needed: list[str] = []
    while absent:
        try:
            prepared.render(_without(context, absent), PlainLinks())
        except MissingData as missing:
            if missing.name not in absent:
                break
            absent.remove(missing.name)
            needed.append(missing.name)
        except RenderFailed:
            break
        else:
            break
    return needed


def without_discount(shown: Preview, context: Mapping[str, Any], *, chosen: bool) -> tuple[Check, ...]:
    """What is to be said of a message that is not made for whoever gets no discount. `chosen`: the step has one to give."""
    if shown.prepared is None or not any(name.startswith("incentive.") for name in shown.names):
        return ()
    try:
        shown.prepared.render({**context, "incentive": {}}, PlainLinks())
    except MissingData as missing:
        return (discount_needed(chosen=chosen),) if missing.name.startswith("incentive.") else ()
    except RenderFailed:
        return ()
    return ()


def lacking(merchant: Merchant, names: Sequence[str]) -> tuple[Needed, ...]:
    """How many of the newest shoppers, or carts, have none. No names: no query; else one for each of the two."""
    shoppers = Shopper.objects.filter(merchant=merchant)
    carts = Cart.objects.filter(merchant=merchant, shopper__isnull=False)
    return (
        *_counted(shoppers, {name: _OF_SHOPPERS[name] for name in names if name in _OF_SHOPPERS}, "shoppers"),
        *_counted(carts, {name: _OF_CARTS[name] for name in names if name in _OF_CARTS}, "carts"),
    )


def _counted(rows: Any, conditions: Mapping[str, Q], of: str) -> list[Needed]:
    if not conditions:
        return []
    newest = rows.model.objects.filter(pk__in=rows.order_by("-pk").values("pk")[:LATEST])
    counts = {f"n{at}": Count("pk", filter=condition) for at, condition in enumerate(conditions.values())}
    found = newest.aggregate(known=Count("pk"), **counts)
    return [Needed(MACROS[name], found[f"n{at}"], found["known"], of, name) for at, name in enumerate(conditions)]


def _without(context: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    changed = {group: dict(context.get(group) or {}) for group in {name.split(".")[0] for name in names}}
    for name in names:
        group, _, key = name.partition(".")
        changed[group].pop(key, None)
    return {**context, **changed}
