"""Contents ready to be rendered, cached in this process by their key: a content never changes once it is live."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from campaigns.feeds import Policy
from campaigns.feeds.items import CART_KINDS
from campaigns.feeds.kinds import ABANDONED, MAX_COUNT
from campaigns.models import Content
from campaigns.rendering import Prepared, prepare
from campaigns.templating.compiling import Compiled

CACHED = 256


@dataclass(frozen=True, slots=True)
class Ready:
    """A content with its parsed templates. `sender_name` and `sender_email` are empty where the merchant's stand. `shows`: how
    many products of each kind of feed; `shows_anyway`: of those that need no products of the cart. `has_next`: a waterfall
    tries another channel after this one."""

    id: int
    version_id: int
    channel: str
    sender_name: str
    sender_email: str
    feed: bool
    shows: Mapping[str, int]
    shows_anyway: Mapping[str, int]
    policy: Policy
    discount_id: int | None
    no_code: str
    quiet_hours: str
    has_next: bool
    prepared: Prepared


_cache: OrderedDict[int, Ready] = OrderedDict()


def ready_contents(ids: Collection[int]) -> dict[int, Ready]:
    """The contents by id; one query for those that this process has not met yet."""
    missing = [one for one in ids if one not in _cache]
    following = Content.objects.filter(version=OuterRef("version"), step=OuterRef("step"), rank__gt=OuterRef("rank"))
    rows = Content.objects.filter(pk__in=missing).annotate(has_next=Exists(following)) if missing else ()
    found = {content.pk: _ready(content, has_next=content.has_next) for content in rows}
    found |= {one: _cache[one] for one in ids if one in _cache}
    _cache.update(found)
    while len(_cache) > CACHED:
        _cache.popitem(last=False)
    return found


def compiled_of(content: Content) -> Compiled:
    return Compiled(
        content.subject, content.preheader, content.html, content.text, (), content.feed, content.feeds, content.extras
    )


def _ready(content: Content, *, has_next: bool) -> Ready:
    return Ready(
        id=content.pk,
        version_id=content.version_id,
        channel=content.channel,
        sender_name=content.sender_name,
        sender_email=content.sender_email,
        feed=content.feed,
        shows=(shows := content.feeds or ({ABANDONED: MAX_COUNT} if content.feed else {})),
        shows_anyway={kind: count for kind, count in shows.items() if kind not in CART_KINDS},
        policy=Policy(content.sold_out, content.price_rose),
        discount_id=content.discount_id,
        no_code=content.no_code,
        quiet_hours=content.quiet_hours,
        has_next=has_next,
        prepared=prepare(content.pk, compiled_of(content)),
    )
