"""The kinds of product feed a message can show, in the order in which a product is given to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts import plans

MAX_COUNT = 12
ABANDONED, ALTERNATIVES = "abandoned_items", "alternatives"
ALSO_LIKE, BEST_SELLERS, NEW_ARRIVALS, ON_SALE = "also_like", "best_sellers", "new_arrivals", "on_sale"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of feed as marketers pick it. `title` is the heading suggested; `count` how many products it shows unless told.

    `of_cart`: made of the lines of the cart, so that it needs a store whose trigger is dynamic.
    """

    slug: str
    label: str
    description: str
    title: str
    count: int = 4
    of_cart: bool = False

    def why_not(self, plan: str, *, dynamic: bool) -> str:
        """Why it cannot be used, in a sentence; empty: it can. `dynamic`: a store of the campaign sends products."""
        lacking = plans.why_not(plan, plans.DYNAMIC_CONTENT)
        if lacking or dynamic or not self.of_cart:
            return lacking
        return "No connected store sends the products of a cart yet. It comes alive with the first such cart."


_ALL = (
    Kind(
        ABANDONED,
        "User Abandoned Items",
        "The very products the shopper left behind, with today's prices and stock.",
        "",
        count=6,
        of_cart=True,
    ),
    Kind(
        ALTERNATIVES,
        "Alternatives for what sold out",
        "Only what stands in for a sold-out product, each with “Instead of …”. The abandoned items then leave it out.",
        "In stock instead",
        of_cart=True,
    ),
    Kind(
        ALSO_LIKE,
        "You may also like",
        "What others bought together with the products in the cart, from your own orders.",
        "You may also like",
    ),
    Kind(BEST_SELLERS, "Best sellers", "What sells best these weeks, from your own orders.", "Best sellers"),
    Kind(NEW_ARRIVALS, "New arrivals", "What came into the catalogue in the last 60 days.", "New in store"),
    Kind(ON_SALE, "On sale", "What costs less than before, the biggest saving first.", "On sale now"),
)
_BY_SLUG: Mapping[str, Kind] = {kind.slug: kind for kind in _ALL}


def kinds() -> tuple[Kind, ...]:
    """Every kind, in the order in which they are offered."""
    return _ALL


def kind(slug: str) -> Kind | None:
    return _BY_SLUG.get(slug)
