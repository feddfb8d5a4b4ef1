"""The blocks a message is composed of, as frozen dataclasses. Each field says how it is read and what the page calls it.

A document is stored as `{"blocks": [{"id": "b1", "type": "heading", "text": …}, …]}`; `campaigns.composer.reading` makes it of what a
page or a file holds, `campaigns.composer.to_mjml` makes MJML of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from campaigns.feeds.kinds import MAX_COUNT, kinds
from campaigns.templating.parts import LANGUAGES

MAX_BLOCKS = 60
_OF_CART = frozenset(kind.slug for kind in kinds() if kind.of_cart)
_ALIGN = {"left": "Left", "center": "Centre", "right": "Right"}


@dataclass(frozen=True, slots=True)
class Spec:
    """How one field is read: `kind` is line, plain (a line without macros), rich, link, picture, choice, flag or number."""

    kind: str
    label: str
    choices: Mapping[str, str] = field(default_factory=dict)
    required: str = ""  # what is said where it is empty
    most: int = 300
    help: str = ""


def _field(kind: str, label: str, default: object = "", **more: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(kind, label, **more)})


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `type` names it in documents, `name`, `icon` and `about` on the page."""

    type: ClassVar[str]
    name: ClassVar[str]
    icon: ClassVar[str]
    about: ClassVar[str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Header(Block):
    type, name, icon = "header", "Logo", "storefront"
    about = "Your logo, or your name where you have none."
    align: str = _field("choice", "Place", "left", choices={"left": "Left", "center": "Centre"})


@dataclass(frozen=True, slots=True)
class Heading(Block):
    type, name, icon = "heading", "Heading", "title"
    about = "One line that says what the message is about."
    text: str = _field("line", "Text", "You left something behind", required="Write the heading, or remove the block.")
    size: str = _field("choice", "Size", "l", choices={"l": "Large", "m": "Medium", "s": "Small"})
    align: str = _field("choice", "Place", "left", choices=_ALIGN)


@dataclass(frozen=True, slots=True)
class Text(Block):
    type, name, icon = "text", "Text", "notes"
    about = "Paragraphs with bold, links and lists."
    html: str = _field(
        "rich",
        "Text",
        "<p>We have kept your cart for you.</p>",
        required="Write something, or remove the block.",
        most=20_000,
    )


@dataclass(frozen=True, slots=True)
class Picture(Block):
    type, name, icon = "picture", "Picture", "image"
    about = "A picture that stands on the web."
    src: str = _field("picture", "Address of the picture", required="Give the address of the picture.", most=2_000)
    alt: str = _field("line", "In words", help="What it shows, for whoever sees no pictures.")
    href: str = _field("link", "Leads to", most=2_000)
    width: str = _field("choice", "Width", "full", choices={"full": "Whole width", "half": "Half"})


@dataclass(frozen=True, slots=True)
class Button(Block):
    type, name, icon = "button", "Button", "smart_button"
    about = "The one thing the shopper should do."
    label: str = _field("line", "Words", "Return to your cart", required="Write what the button says.", most=120)
    href: str = _field("link", "Leads to", "{{ cart.url }}", required="Say where the button leads.", most=2_000)
    align: str = _field("choice", "Place", "full", choices={"full": "Whole width", "left": "Left", "center": "Centre"})


@dataclass(frozen=True, slots=True)
class Feed(Block):
    type, name, icon = "feed", "Product feed", "shopping_bag"
    about = "Products, read at the moment of sending: current prices, current stock."
    kind: str = _field("choice", "Products", "abandoned_items", choices={kind.slug: kind.label for kind in kinds()})
    count: int = _field("number", "How many at most", 6, most=MAX_COUNT)
    layout: str = _field(
        "choice", "Layout", "list", choices={"list": "List", "grid": "Grid", "hero": "One big product"}
    )
    picture: bool = _field("flag", "Picture", True)
    price: bool = _field("flag", "Price", True)
    was_price: bool = _field("flag", "Former price, where it fell", True)
    title: str = _field("plain", "Heading", help="Empty: none.", most=120)
    button: str = _field("plain", "Button under each product", help="Empty: none.", most=60)


@dataclass(frozen=True, slots=True)
class Incentive(Block):
    type, name, icon = "incentive", "Discount", "sell"
    about = "The code of the discount chosen under “When it is sent”. Left out for a shopper who gets none."
    text: str = _field("plain", "Text", "A little something to come back", most=200)
    label: str = _field("plain", "Button", "Use the code", required="Write what the button says.", most=40)


@dataclass(frozen=True, slots=True)
class Divider(Block):
    type, name, icon = "divider", "Line", "horizontal_rule"
    about = "A thin line between two parts."


@dataclass(frozen=True, slots=True)
class Social(Block):
    type, name, icon = "social", "Social links", "share"
    about = "Your pages elsewhere, from the merchant's settings."


@dataclass(frozen=True, slots=True)
class Footer(Block):
    type, name, icon = "footer", "Footer", "bottom_panel_open"
    about = "Your postal address and the link to unsubscribe. Every message needs one."
    language: str = _field(
        "choice", "Language", "en", choices=LANGUAGES, help="Of the footer, and of the words around products."
    )
    note: str = _field("line", "A last line", help="Empty: none.", most=400)


BLOCKS: dict[str, type[Block]] = {
    block.type: block
    for block in (Header, Heading, Text, Picture, Button, Feed, Incentive, Divider, Social, Footer)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """A message as blocks, in their order."""

    blocks: tuple[Block, ...]

    @property
    def uses_feed(self) -> bool:
        """Whether it shows products of the cart."""
        return any(isinstance(block, Feed) and block.kind in _OF_CART for block in self.blocks)

    @property
    def language(self) -> str:
        return next((block.language for block in self.blocks if isinstance(block, Footer)), "en")

    def as_json(self) -> dict[str, Any]:
        return {"blocks": [stored(block) for block in self.blocks]}


def stored(block: Block) -> dict[str, Any]:
    """A block as it stands in a document."""
    return {"id": block.id, "type": block.type} | asdict(block)


def specs_of(block: type[Block]) -> dict[str, Spec]:
    """The fields of a type of block by their names, in the order the page shows them."""
    return {each.name: each.metadata["spec"] for each in fields(block) if "spec" in each.metadata}
