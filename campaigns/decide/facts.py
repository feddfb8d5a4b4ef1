"""What is known, now, of an abandonment that meets a campaign and of a message that is due. Plain values; `campaigns.matching` and
`campaigns.gather` load them."""

from dataclasses import dataclass
from datetime import date, datetime

from campaigns.feeds.items import DEFAULT_POLICY, Policy
from campaigns.quiet_hours import Looked


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What is known when an abandonment meets a campaign."""

    campaign_status: str
    live_since: datetime | None
    abandoned_at: datetime
    store_included: bool
    store_name: str
    plan_covers: bool
    plan: str
    closed_by: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bought:
    at: datetime
    order: str


@dataclass(frozen=True, slots=True)
class ConsentSeen:
    subscribed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """What a limit on messages per shopper saw. Not `free`: it keeps the message back, until then or for good."""

    saw: str
    free: bool = True
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TextLaw:
    """What carriers' rules for texts about a cart say (`campaigns.texts.law`). `not_after`: when it is too late for one."""

    double_opt_in: Limit
    one_text: Limit
    in_time: Limit
    not_after: datetime


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known, now, about one message that is due. `in_audience` None: nobody is known who could be in it.

    `gone` and `rises`: the products of the cart that cannot be bought, and those that cost more now, each in words.
    `cap`, `rest`, `turn`: of the channel, of the campaign, and between campaigns (`campaigns.limits`).
    `quiet`: what quiet hours say, None where the message need not keep them; it waits for their end, or does not.
    `asked_at`: when the shopper was asked to confirm a consent that is still open. `unwanted`: how many of the cart's `products`
    the shopper wants to see no more. `text`: of a text only.
    """

    now: datetime
    expires_at: datetime
    campaign_status: str
    plan_covers: bool
    plan: str
    closed_by: str = ""
    closed_at: datetime | None = None
    bought: Bought | None = None
    shopper_known: bool = False
    has_address: bool = False
    in_audience: bool | None = None
    audience_saw: str = ""
    consent: ConsentSeen | None = None
    asked_at: datetime | None = None
    snoozed_until: datetime | None = None
    unwanted: int = 0
    products: int = 0
    suppressed: str = ""
    regulated_goods: bool = False
    age_verified: bool = False
    birthdate: date | None = None
    dynamic: bool = False
    buyable: int | None = None
    stock_saw: str = ""
    gone: tuple[str, ...] = ()
    rises: tuple[str, ...] = ()
    policy: Policy = DEFAULT_POLICY
    channel_on: bool = True
    step_kept: bool = True
    quiet: Looked | None = None
    holds_in_quiet_hours: bool = True
    cap: Limit = Limit("no limit")
    rest: Limit = Limit("no rest asked for")
    turn: Limit = Limit("no other campaign at once")
    text: TextLaw | None = None
