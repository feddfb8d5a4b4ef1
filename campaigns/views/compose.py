"""What the page of the block composer shows: the blocks there are, the form of each, and what cannot be used, with the reason."""

from dataclasses import asdict, dataclass
from typing import Any

from campaigns.composer.blocks import BLOCKS, MAX_BLOCKS, Block, Feed, Spec, specs_of, stored
from campaigns.content_form import ContentForm
from campaigns.models import Campaign

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


def page(campaign: Campaign, form: ContentForm, feed_reason: str) -> dict[str, Any]:
    """The context of the composer."""
    kinds = [_kind(block, feed_reason) for block in BLOCKS.values()]
    return {
        "kinds": kinds,
        "links": LINKS,
        "composer": {
            "blocks": form["blocks"].value(),
            "fresh": {kind.type.type: kind.fresh for kind in kinds},
            "labels": {kind.type.type: [kind.type.name, kind.type.icon] for kind in kinds},
            "problems": [asdict(place) for place in form.unfinished],
            "most": MAX_BLOCKS,
            "locked": not campaign.editable,
        },
    }


def _kind(block: type[Block], feed_reason: str) -> Kind:
    return Kind(
        block, tuple(Field(name, spec, _choices(block, name, feed_reason)) for name, spec in specs_of(block).items())
    )


def _choices(block: type[Block], name: str, feed_reason: str) -> tuple[Choice, ...]:
    reason = feed_reason if (block, name) == (Feed, "kind") else ""
    return tuple(Choice(value, label, reason) for value, label in specs_of(block)[name].choices.items())
