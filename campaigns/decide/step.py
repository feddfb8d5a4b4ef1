"""Whether a message leaves now: by facts as they are now. The order of the rules decides which failure is *the* reason."""

from collections.abc import Callable, Iterator
from datetime import date

from campaigns.decide.ended import BOUGHT, closing, is_current, was_not_bought_elsewhere, was_not_emptied
from campaigns.decide.entry import plan_covers
from campaigns.decide.facts import Limit, StepFacts, TextLaw
from campaigns.decide.verdicts import Check, time

ADULT_YEARS = 21


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
        return Check("not_bought", False, f"order {facts.bought.order}, {time(facts.bought.at)}")
    passed = facts.closed_by not in BOUGHT
    return Check("not_bought", passed, "no order" if passed else closing(facts))


def _is_in_time(facts: StepFacts) -> Check:
    return Check("not_expired", facts.now < facts.expires_at, f"to be sent before {time(facts.expires_at)}")


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
        return Check("consent", False, f"asked on {time(facts.asked_at)}, not confirmed yet", facts.expires_at)
    if facts.consent is None:
        # Who has no address yet could not have been asked; the answer comes with the address.
        return Check("consent", False, "never asked", None if facts.has_address else facts.expires_at)
    saw = "subscribed" if facts.consent.subscribed else "opted out"
    return Check("consent", facts.consent.subscribed, f"{saw} {time(facts.consent.at)}")


def _is_not_snoozed(facts: StepFacts) -> Check:
    """What would be too late after the pause is not sent at all."""
    until = facts.snoozed_until
    if until is None or until <= facts.now:
        return Check("not_snoozed", True, "no pause")
    return Check("not_snoozed", False, f"until {time(until)}", until if until < facts.expires_at else None)


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


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


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


def of_text(facts: StepFacts, law: TextLaw) -> Iterator[Check]:
    """Who was asked to confirm and has not answered yet may still do so in time."""
    may_confirm = facts.expires_at if facts.asked_at else None
    yield Check("double_opt_in", law.double_opt_in.free, law.double_opt_in.saw, may_confirm)
    yield Check("one_text_per_episode", law.one_text.free, law.one_text.saw)
    yield Check("within_48_hours", law.in_time.free, law.in_time.saw)


RULES: tuple[Callable[[StepFacts], Check], ...] = (
    _is_not_bought,
    was_not_emptied,
    was_not_bought_elsewhere,
    is_current,
    _is_in_time,
    _campaign_still_live,
    _step_is_kept,
    plan_covers,
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
