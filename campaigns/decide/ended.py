"""How an episode ended: what no campaign is met for any more, and no message sent."""

from campaigns.decide.facts import EntryFacts, StepFacts
from campaigns.decide.verdicts import Check, time

BOUGHT = frozenset({"ordered", "complete"})


def was_not_emptied(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "emptied"
    return Check("not_emptied", passed, closing(facts) if not passed else "not emptied")


def was_not_bought_elsewhere(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "elsewhere"
    return Check("not_elsewhere", passed, closing(facts) if not passed else "not that the shopper said")


def is_current(facts: EntryFacts | StepFacts) -> Check:
    passed = facts.closed_by != "superseded"
    return Check("current_episode", passed, closing(facts) if not passed else "no activity since")


def closing(facts: EntryFacts | StepFacts) -> str:
    words = {
        "ordered": "bought",
        "complete": "completed at the store",
        "emptied": "emptied",
        "superseded": "came back",
        "elsewhere": "said so",
    }
    at = f" {time(facts.closed_at)}" if facts.closed_at else ""
    return words.get(facts.closed_by, facts.closed_by) + at
