"""The names merchants may use in their templates, and the check that a template uses no others.

This list is the picker in the wizard and the contract with whoever builds the data of a message: plain strings, numbers,
lists and dicts. Prices come already written as money ("€ 12.50").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from liquid.ast import Node
from liquid.builtin.expressions import Path
from liquid.builtin.tags.for_tag import ForNode
from liquid.context import RenderContext
from liquid.exceptions import LiquidError

from campaigns.feeds.kinds import ABANDONED, kinds
from campaigns.templating.liquid import ALLOWED_TAGS, HTML, Template, parse

MACROS: dict[str, str] = {
    "shopper.first_name": "First name",
    "shopper.last_name": "Last name",
    "shopper.email": "Email address",
    "cart.url": "Link back to the cart, or to the store",
    "cart.total": "Total of the cart",
    "cart.currency": "Currency of the cart",
    "cart.item_count": "Number of items in the cart",
    "store.name": "Name of the store",
    "store.url": "Address of the store",
    "merchant.name": "Name of the merchant",
    "merchant.logo": "Picture of the logo",
    "merchant.color": "Brand colour",
    "merchant.on_color": "Black or white, whichever reads on the brand colour",
    "merchant.postal_address": "Postal address",
    "incentive.code": "Code of the discount",
    "incentive.label": "What the discount gives, such as “15% off”",
    "incentive.expires": "Last day of the discount",
    "incentive.minimum": "Smallest cart that the discount is for",
    "incentive.url": "Link that carries the code to the cart",
    "unsubscribe_url": "Link to unsubscribe",
    "preferences_url": "Link to the preferences",
    "items": "Products left in the cart",
}
ITEM_FIELDS: dict[str, str] = {
    "name": "Product",
    "brand": "Brand",
    "price": "Price",
    "was_price": "Former price",
    "quantity": "Quantity",
    "image": "Picture",
    "url": "Link to the product",
    "note": "Remark, such as “Instead of Sencha (sold out)”",
    "replaced_name": "Name of the product it stands in for",
    "sold_out": "Whether it has sold out",
}
LISTS: dict[str, str] = {"items" if kind.slug == ABANDONED else f"feeds.{kind.slug}": kind.label for kind in kinds()}
_LISTS = {tuple(name.split(".")) for name in LISTS}
_KNOWN = MACROS | LISTS
_GROUPS = {name.split(".")[0] for name in _KNOWN if "." in name}
_SEQUENCE_ENDS = {"size", "first", "last"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a template is refused: `line` counts from 1 within `field`; `code` is stable, `message` is for people."""

    line: int
    code: str
    message: str
    field: str = "body"


@dataclass(frozen=True, slots=True)
class Analysis:
    """A parsed template's use of names: dotted, sorted, without duplicates."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def analyze(source: str, *, field: str) -> Analysis:
    """Parse Liquid and check names, filters and tags. Never raises: a syntax error is a problem with its line."""
    try:
        template = parse(source, html=False)
        return _analyze(template, source, field)
    except LiquidError as error:
        start = error.token.start_index if error.token else 0
        return Analysis((), (Problem(line_at(source, start), "liquid_syntax", _words(error), field),))
    except RecursionError:
        return Analysis((), (Problem(1, "liquid_syntax", "There is a condition too long to understand.", field),))


def in_words(name: str) -> str:
    """What a dotted name stands for, as the picker calls it."""
    if name in MACROS:
        return MACROS[name]
    group, _, field = name.rpartition(".")
    return f"{ITEM_FIELDS[field]} of a product" if group and field in ITEM_FIELDS else name


def line_at(source: str, offset: int) -> int:
    return source.count("\n", 0, max(offset, 0)) + 1


def _analyze(template: Template, source: str, field: str) -> Analysis:
    found = template.analyze(include_partials=False)
    lists, own_names = _loop_names(template)
    own_names |= set(found.locals)
    names: set[str] = set()
    problems: list[Problem] = []
    for variable in (variable for uses in found.variables.values() for variable in uses):
        segments = tuple(variable.segments)
        if segments[0] in lists:
            segments = (*lists[str(segments[0])], 0, *segments[1:])
        elif segments[0] in own_names:
            continue
        if message := _refusal(segments):
            problems.append(Problem(line_at(source, variable.span.index), "unknown_name", message, field))
        else:
            names.add(_dotted(segments))
    for name, spans in found.filters.items():
        if name not in HTML.filters or name == "track":
            message = f"There is no filter “{name}”." + _suggestion(name, HTML.filters)
            problems += [Problem(line_at(source, span.index), "unknown_filter", message, field) for span in spans]
    return Analysis(tuple(sorted(names)), tuple(problems))


def _loop_names(template: Template) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Loop variables over lists of products, each with its list, and all other names that tags bring with them."""
    over_products: dict[str, tuple[str, ...]] = {}
    others = {"forloop"}
    for node in nodes_of(template.nodes, RenderContext(template)):
        if isinstance(node, ForNode):
            iterable, name = node.expression.iterable, str(node.expression.identifier)
            path = tuple(iterable.path) if isinstance(iterable, Path) else ()
            if path in _LISTS:
                over_products.setdefault(name, tuple(map(str, path)))
            else:
                others.add(name)
    return over_products, others - set(over_products)


def nodes_of(nodes: list[Node], context: RenderContext) -> Iterator[Node]:
    """These and all that stand within them."""
    for node in nodes:
        yield node
        yield from nodes_of(list(node.children(context, include_partials=False)), context)


def _refusal(segments: tuple[object, ...]) -> str:
    """Why these segments are no name of ours; empty when they are."""
    if found := _list_of(segments):
        return _item_refusal(".".join(found), segments[len(found) :])
    name = ".".join(str(segment) for segment in segments)
    if name in MACROS:
        return ""
    if name in _GROUPS:
        return f"“{name}” is a group: say which part, such as “{get_close_matches(name + '.', _KNOWN, 1, 0)[0]}”."
    return f"There is no “{name}”." + _suggestion(name, _KNOWN)


def _list_of(segments: tuple[object, ...]) -> tuple[str, ...]:
    """The list of products that a name begins with; empty: none."""
    return next((one for one in _LISTS if segments[: len(one)] == one), ())


def _item_refusal(name: str, rest: tuple[object, ...]) -> str:
    if not rest or rest[0] == "size":
        return ""
    if not (isinstance(rest[0], int | list | tuple) or rest[0] in _SEQUENCE_ENDS):
        return f"“{name}” is a list: go through it with {{% for item in {name} %}}, or take {name}[0] or {name}.first."
    if len(rest) == 1 or (len(rest) == 2 and rest[1] in ITEM_FIELDS):
        return ""
    field = ".".join(str(segment) for segment in rest[1:])
    return f"A product has no “{field}”." + _suggestion(field, ITEM_FIELDS)


def _dotted(segments: tuple[object, ...]) -> str:
    found = _list_of(segments)
    if not found:
        return ".".join(str(segment) for segment in segments)
    name = ".".join(found)
    return name if len(segments) < len(found) + 2 else f"{name}.{segments[len(found) + 1]}"


def _suggestion(name: str, known: object) -> str:
    assert isinstance(known, dict)
    close = get_close_matches(name, known, 1, 0.5) or get_close_matches(name.split(".")[-1], known, 1, 0.5)
    return f" Did you mean “{close[0]}”?" if close else ""


def _words(error: LiquidError) -> str:
    text = str(error.message)
    if text.startswith("unexpected tag"):
        return f"{text[0].upper()}{text[1:]}. The tags that can be used: {', '.join(sorted(ALLOWED_TAGS - {'#'}))}."
    return f"{text[0].upper()}{text[1:]}." if text else "This is not valid Liquid."
