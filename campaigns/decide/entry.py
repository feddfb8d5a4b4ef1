"""Whether an abandonment enters a campaign: by facts of campaign and cart only."""

from collections.abc import Callable

from campaigns.decide.ended import BOUGHT, closing, is_current, was_not_bought_elsewhere, was_not_emptied
from campaigns.decide.facts import EntryFacts, StepFacts
from campaigns.decide.verdicts import Check, time


def _campaign_is_live(facts: EntryFacts) -> Check:
    return Check("campaign_live", facts.campaign_status == "live", facts.campaign_status.replace("_", " "))


def _abandoned_after_live(facts: EntryFacts) -> Check:
    passed = facts.live_since is not None and facts.live_since <= facts.abandoned_at
    since = time(facts.live_since) if facts.live_since else "never"
    return Check("abandoned_after_live", passed, f"abandoned {time(facts.abandoned_at)}, live since {since}")


def _store_is_included(facts: EntryFacts) -> Check:
    return Check("store", facts.store_included, facts.store_name or "no store named")


def plan_covers(facts: EntryFacts | StepFacts) -> Check:
    return Check("trigger", facts.plan_covers, facts.plan)


def _was_not_bought(facts: EntryFacts) -> Check:
    passed = facts.closed_by not in BOUGHT
    return Check("not_bought", passed, closing(facts) if not passed else "no order")


RULES: tuple[Callable[[EntryFacts], Check], ...] = (
    _campaign_is_live,
    _abandoned_after_live,
    _store_is_included,
    plan_covers,
    _was_not_bought,
    was_not_emptied,
    was_not_bought_elsewhere,
    is_current,
)
