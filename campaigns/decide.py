"""The heart: whether an episode enters a campaign, and whether a due message leaves. Pure: facts and `now` in, verdict out.

Each rule looks at one thing and says what it saw. All rules are evaluated, not only up to the first failure, so that
the ledger answers every question at once. The order of the rules decides which failure is *the* reason. The sender, the
"why" answer, the forecast and the replay of a draft all call these two functions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from campaigns import reasons
from campaigns.feeds.items import DEFAULT_POLICY, Policy
from campaigns.quiet_hours import Looked

ADULT_YEARS = 21
BOUGHT = frozenset({"ordered", "complete"})


@dataclass(frozen=True, slots=True)
class Check:
    """What one rule saw. A failed check with `until` is not final: the answer may be another one by then."""

    code: str
    passed: bool
    saw: str
    until: datetime | None = None

    def plain(self) -> dict[str, Any]:
        return {"code": self.code, "passed": self.passed, "saw": self.saw}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action` is go, stop or wait. `reason` is a code of `campaigns.reasons`, empty for go."""

    action: str
    checks: tuple[Check, ...]
    reason: str = ""
    until: datetime | None = None


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


def decide_entry(facts: EntryFacts) -> Verdict:
    """Whether this abandonment enters the campaign. Never waits."""
    return _verdict([rule(facts) for rule in ENTRY_RULES])


def decide_step(facts: StepFacts) -> Verdict:
    """Whether this message leaves now, waits, or never leaves."""
    checks = [rule(facts) for rule in STEP_RULES]
    return _verdict([*checks, *_of_text(facts, facts.text)] if facts.text else checks)


def _verdict(checks: Sequence[Check]) -> Verdict:
    failed = [check for check in checks if not check.passed]
    if not failed:
        return Verdict("go", tuple(checks))
    final = next((check for check in failed if check.until is None), None)
    if final:
        return Verdict("stop", tuple(checks), reasons.reason_of(final.code))
    until = min(check.until for check in failed if check.until)
    return Verdict("wait", tuple(checks), reasons.reason_of(failed[0].code), until)


def _campaign_is_live(facts: EntryFacts) -> Check:
    return Check("campaign_live", facts.campaign_status == "live", facts.campaign_status.replace("_", " "))


def _abandoned_after_live(facts: EntryFacts) -> Check:
    passed = facts.live_since is not None and facts.live_since <= facts.abandoned_at
    since = _time(facts.live_since) if facts.live_since else "never"
    return Check("abandoned_after_live", passed, f"abandoned {_time(facts.abandoned_at)}, live since {since}")


def _store_is_included(facts: EntryFacts) -> Check:
    return Check("store", facts.store_included, facts.store_name or "no store named")


def _plan_covers(facts: EntryFacts | StepFacts) -> Check:
    return Check("trigger", facts.plan_covers, facts.plan)


def _was_not_bought(facts: EntryFacts) -> Check:
    passed = facts.closed_by not in BOUGHT
    return Check("not_bought", passed, _closing(facts) if not passed else "no order")


def _was_not_emptied(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "emptied"
    return Check("not_emptied", passed, _closing(facts) if not passed else "not emptied")


def _is_current(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "superseded"
    return Check("current_episode", passed, _closing(facts) if not passed else "no activity since")


def _was_not_bought_elsewhere(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "elsewhere"
    return Check("not_elsewhere", passed, _closing(facts) if not passed else "not that the shopper said")


def _campaign_still_live(facts: StepFacts) -> Check:
    """A pause is not final: what is scheduled waits, and expires."""
    until = facts.expires_at if facts.campaign_status == "paused" else None
    return Check("campaign_live", facts.campaign_status == "live", facts.campaign_status.replace("_", " "), until)


def _step_is_kept(facts: StepFacts) -> Check:
    return Check("step_kept", facts.step_kept, "still there" if facts.step_kept else "taken out of the campaign")


def _channel_is_on(facts: StepFacts) -> Check:
    return Check("channel_on", facts.channel_on, "on" if facts.channel_on else "switched off")


def _is_not_bought(facts: StepFacts) -> Check:
    if facts.bought:
        return Check("not_bought", False, f"order {facts.bought.order}, {_time(facts.bought.at)}")
    passed = facts.closed_by not in BOUGHT
    return Check("not_bought", passed, "no order" if passed else _closing(facts))


def _is_in_time(facts: StepFacts) -> Check:
    return Check("not_expired", facts.now < facts.expires_at, f"to be sent before {_time(facts.expires_at)}")


def _is_known(facts: StepFacts) -> Check:
    return Check(
        "identity", facts.shopper_known, "known" if facts.shopper_known else "nobody named yet", facts.expires_at
    )


def _has_address(facts: StepFacts) -> Check:
    return Check("address", facts.has_address, "given" if facts.has_address else "none yet", facts.expires_at)


def _is_in_audience(facts: StepFacts) -> Check:
    if facts.in_audience is None:
        return Check("audience", False, "nobody named yet", facts.expires_at)
    return Check("audience", facts.in_audience, facts.audience_saw)


def _has_consent(facts: StepFacts) -> Check:
    if not facts.shopper_known:
        return Check("consent", False, "nobody named yet", facts.expires_at)
    if facts.asked_at and not (facts.consent and facts.consent.subscribed):
        return Check("consent", False, f"asked on {_time(facts.asked_at)}, not confirmed yet", facts.expires_at)
    if facts.consent is None:
        # Who has no address yet could not have been asked; the answer comes with the address.
        return Check("consent", False, "never asked", None if facts.has_address else facts.expires_at)
    saw = "subscribed" if facts.consent.subscribed else "opted out"
    return Check("consent", facts.consent.subscribed, f"{saw} {_time(facts.consent.at)}")


def _is_not_snoozed(facts: StepFacts) -> Check:
    """What would be too late after the pause is not sent at all."""
    until = facts.snoozed_until
    if until is None or until <= facts.now:
        return Check("not_snoozed", True, "no pause")
    return Check("not_snoozed", False, f"until {_time(until)}", until if until < facts.expires_at else None)


def _is_not_suppressed(facts: StepFacts) -> Check:
    return Check("not_suppressed", not facts.suppressed, facts.suppressed or "not suppressed")


def _is_of_age(facts: StepFacts) -> Check:
    if not facts.regulated_goods:
        return Check("age_verified", True, "not required")
    if facts.age_verified:
        return Check("age_verified", True, "verified by the store")
    if facts.birthdate is None:
        return Check("age_verified", False, "not verified")
    years = _years(facts.birthdate, facts.now.date())
    return Check("age_verified", years >= ADULT_YEARS, f"{years} years old")


def _wants_something(facts: StepFacts) -> Check:
    if not facts.unwanted:
        return Check("interest", True, "nothing said against a product")
    passed = facts.unwanted < facts.products
    return Check("interest", passed, f"no interest in {facts.unwanted} of {facts.products} products")


def _has_something_to_buy(facts: StepFacts) -> Check:
    if not facts.dynamic or facts.buyable is None:
        return Check("stock", True, "no products in this message")
    return Check("stock", facts.buyable > 0, facts.stock_saw)


def _sold_out_does_not_hold(facts: StepFacts) -> Check:
    if not facts.policy.sold_out_holds:
        return Check("lines", True, "not asked for")
    return Check("lines", not facts.gone, f"sold out: {', '.join(facts.gone)}" if facts.gone else "nothing sold out")


def _price_does_not_hold(facts: StepFacts) -> Check:
    if not facts.policy.rise_holds:
        return Check("price", True, "not asked for")
    return Check("price", not facts.rises, "; ".join(facts.rises) or "nothing costs more")


def _is_within_hours(facts: StepFacts) -> Check:
    """Waits until hours begin, where the step wants that and the message is not too late by then."""
    if facts.quiet is None:
        return Check("quiet_hours", True, "at any time")
    opens = facts.quiet.opens if facts.holds_in_quiet_hours else None
    until = opens if opens and opens < facts.expires_at else None
    return Check("quiet_hours", facts.quiet.not_after is not None, facts.quiet.saw, until)


def _is_under_cap(facts: StepFacts) -> Check:
    return _limited("cap", facts.cap, facts)


def _has_rested(facts: StepFacts) -> Check:
    return _limited("rest", facts.rest, facts)


def _has_its_turn(facts: StepFacts) -> Check:
    return _limited("turn", facts.turn, facts)


def _limited(code: str, limit: Limit, facts: StepFacts) -> Check:
    """Not waited for where the message would be too late by then."""
    until = limit.until if limit.until and limit.until < facts.expires_at else None
    return Check(code, limit.free, limit.saw, until)


def _of_text(facts: StepFacts, law: TextLaw) -> Iterator[Check]:
    """Who was asked to confirm and has not answered yet may still do so in time."""
    may_confirm = facts.expires_at if facts.asked_at else None
    yield Check("double_opt_in", law.double_opt_in.free, law.double_opt_in.saw, may_confirm)
    yield Check("one_text_per_episode", law.one_text.free, law.one_text.saw)
    yield Check("within_48_hours", law.in_time.free, law.in_time.saw)


ENTRY_RULES: tuple[Callable[[EntryFacts], Check], ...] = (
    _campaign_is_live,
    _abandoned_after_live,
    _store_is_included,
    _plan_covers,
    _was_not_bought,
    _was_not_emptied,
    _was_not_bought_elsewhere,
    _is_current,
)
STEP_RULES: tuple[Callable[[StepFacts], Check], ...] = (
    _is_not_bought,
    _was_not_emptied,
    _was_not_bought_elsewhere,
    _is_current,
    _is_in_time,
    _campaign_still_live,
    _step_is_kept,
    _plan_covers,
    _is_known,
    _channel_is_on,
    _has_address,
    _has_consent,
    _is_not_snoozed,
    _is_not_suppressed,
    _is_in_audience,
    _is_of_age,
    _wants_something,
    _has_something_to_buy,
    _sold_out_does_not_hold,
    _price_does_not_hold,
    _has_rested,
    _has_its_turn,
    _is_under_cap,
    _is_within_hours,
)


def _closing(facts: EntryFacts | StepFacts) -> str:
    words = {
        "ordered": "bought",
        "complete": "completed at the store",
        "emptied": "emptied",
        "superseded": "came back",
        "elsewhere": "said so",
    }
    at = f" {_time(facts.closed_at)}" if facts.closed_at else ""
    return words.get(facts.closed_by, facts.closed_by) + at


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
