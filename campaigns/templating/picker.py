"""The personal values that a marketer picks from, each as it is inserted: with something to fall back on, or without."""

from dataclasses import dataclass

from campaigns.templating.macros import MACROS

# What stands there where the shopper has no value, as it is suggested; the marketer may write something else.
_SUGGESTED = {
    "shopper.first_name": "there",
    "shopper.last_name": "",
    "cart.total": "",
    "incentive.code": "",
    "incentive.label": "",
    "incentive.expires": "",
    "incentive.minimum": "",
}
# Another value that always stands in.
_STANDS_IN = {
    "cart.url": "store.url",
    "store.url": "cart.url",
    "store.name": "merchant.name",
    "incentive.url": "cart.url",
}
_GROUPS = {
    "shopper": "Shopper",
    "cart": "Cart",
    "incentive": "Discount",
    "store": "Store",
    "merchant": "You",
    "": "Links",
}
_NOT_PICKED = {"items", "merchant.on_color", "merchant.color", "merchant.logo"}


@dataclass(frozen=True, slots=True)
class Pick:
    """`tag` is inserted as it is, unless `asks`: then the marketer chooses between a default, `suggested` first, and skipping the shopper."""

    name: str
    label: str
    tag: str
    asks: bool
    suggested: str = ""


def picks() -> dict[str, list[Pick]]:
    """All that can be picked, by the heading it stands under."""
    groups: dict[str, list[Pick]] = {heading: [] for heading in _GROUPS.values()}
    for name, label in MACROS.items():
        if name not in _NOT_PICKED:
            groups[_GROUPS[name.rpartition(".")[0]]].append(_pick(name, label))
    return groups


def _pick(name: str, label: str) -> Pick:
    stands_in = _STANDS_IN.get(name)
    tag = f"{{{{ {name} | default: {stands_in} }}}}" if stands_in else f"{{{{ {name} }}}}"
    return Pick(name, label, tag, name in _SUGGESTED, _SUGGESTED.get(name, ""))
