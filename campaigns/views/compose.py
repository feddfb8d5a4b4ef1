"""What the page of the block composer shows: the blocks there are, the form of each, and what cannot be used, with the reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accounts.models import Merchant
from campaigns import feeds
from campaigns.composer.blocks import BLOCKS, MAX_BLOCKS, Block, Spec, specs_of, stored
from campaigns.editing import needs as content_needs
from campaigns.editing import preview_data
from campaigns.editing.form import ContentForm
from campaigns.templating.picker import picks

LINKS = {
    "{{ cart.url }}": "Back to the cart",
    "{{ store.url }}": "The store",
    "{{ incentive.url }}": "The cart, with the discount",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a field's choices; greyed where there is a reason."""

    value: str
    label: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a block's form."""

    name: str
    spec: Spec
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of block as it is offered, its form, and a new one as it begins."""

    type: type[Block]
    fields: tuple[Field, ...]

    @property
    def fresh(self) -> dict[str, Any]:
        return stored(self.type())


def editor(merchant: Merchant) -> dict[str, Any]:
    """What every page has on which a message is written: past carts to look at it with, and personal values to pick."""
    return {
        "macros": picks(),
        "lacking": content_needs.lacking(merchant, content_needs.CANDIDATES),
        "carts": preview_data.past_carts(merchant),
    }


def page(form: ContentForm, *, dynamic: bool, locked: bool = False) -> dict[str, Any]:
    """The context of the composer. `dynamic`: a store sends the products of a cart; `locked`: nothing can be changed."""
    reasons = {kind.slug: kind.why_not(form.merchant.plan, dynamic=dynamic) for kind in feeds.kinds()}
    kinds = [_kind(block, reasons) for block in BLOCKS.values()]
    return {
        "kinds": kinds,
        "links": LINKS,
        "composer": {
            "blocks": form["blocks"].value(),
            "fresh": {kind.type.type: kind.fresh for kind in kinds},
            "labels": {kind.type.type: [kind.type.name, kind.type.icon] for kind in kinds},
            "titles": {kind.slug: kind.title for kind in feeds.kinds()},
            "problems": [asdict(place) for place in form.unfinished],
            "most": MAX_BLOCKS,
            "locked": locked,
        },
    }


def _kind(block: type[Block], reasons: Mapping[str, str]) -> Kind:
    fields = specs_of(block).items()
    return Kind(block, tuple(Field(name, spec, _choices(spec, reasons)) for name, spec in fields))


def _choices(spec: Spec, reasons: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, reasons.get(value, "")) for value, label in spec.choices.items())
