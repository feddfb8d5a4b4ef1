"""Product feeds: which kinds there are, what each shows, and what becomes of a line of the cart that has sold out."""

from campaigns.feeds.items import Feed, FeedCart, Item, LineChoice, Policy
from campaigns.feeds.kinds import Kind, kinds
from campaigns.feeds.loading import load_feeds

__all__ = ["Feed", "FeedCart", "Item", "Kind", "LineChoice", "Policy", "kinds", "load_feeds"]
