"""A discount in a sentence, as staff read it. Pure."""

from collections.abc import Iterator

from aiq.lib.money import money
from campaigns.incentives import labels
from campaigns.models import Discount


def in_words(discount: Discount, currency: str) -> str:
    """ "15% off carts of $40.00 or more. A code for each cart, good for 3 days." `currency`: the merchant's."""
    what = labels.gives(discount.kind, discount.value, discount.currency)
    if discount.minimum_cart:
        what += f" carts of {money(discount.minimum_cart, discount.currency or currency)} or more"
    codes = f"{discount.code_shared} for everybody" if discount.code_shared else "A code for each cart"
    good = f", good for {hours_in_words(discount.expires_after_hours)}" if discount.expires_after_hours else ""
    return " ".join([f"{what}.", f"{codes}{good}.", *_limits(discount)])


def _limits(discount: Discount) -> Iterator[str]:
    most = []
    if discount.per_campaign is not None:
        most.append(f"{discount.per_campaign:,} in a campaign")
    if discount.per_day is not None:
        most.append(f"{discount.per_day:,} a day")
    if most:
        yield f"At most {' and '.join(most)}."
    if discount.rest_days:
        days = "the last day" if discount.rest_days == 1 else f"the last {discount.rest_days} days"
        yield f"Not for who was given one in {days}."
    if discount.stacks:
        yield "May stand beside another."


def hours_in_words(hours: int) -> str:
    size, unit = (24, "day") if hours % 24 == 0 else (1, "hour")
    count = hours // size
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
