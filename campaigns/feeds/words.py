"""What was seen and chosen of a cart's lines, in words for the decision: one line each."""

from campaigns.feeds.items import Feed, LineChoice


def stock_seen(feed: Feed | None) -> str:
    """Every line with the stock seen, its age and source, and what was chosen."""
    return "\n".join(map(_line, feed.choices)) if feed else ""


def gone(feed: Feed | None) -> tuple[str, ...]:
    """The products of the cart that cannot be bought."""
    return tuple(one.name for one in feed.choices if one.sold_out) if feed else ()


def rises(feed: Feed | None) -> tuple[str, ...]:
    """The products that cost more than in the cart, with both prices."""
    return tuple(f"{one.name}: {one.price}" for one in feed.choices if one.rose) if feed else ()


def _line(choice: LineChoice) -> str:
    return f"{choice.name}: {', '.join(part for part in (choice.saw, choice.price, _outcome(choice)) if part)}"


def _outcome(choice: LineChoice) -> str:
    why = f" ({choice.why})" if choice.why else ""
    if choice.choice == "hold":
        return "which holds the message back"
    if choice.choice == "drop":
        return f"left out{why}"
    if choice.choice == "replace":
        return f"replaced by {choice.alternative}{why}"
    beside = f", beside {choice.alternative}{why}" if choice.alternative else ""
    return f"shown as sold out{beside}" if choice.sold_out else ""
