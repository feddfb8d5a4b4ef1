"""The heart: whether an episode enters a campaign, and whether a due message leaves. Pure: facts and `now` in, verdict out.

Each rule looks at one thing and says what it saw. All rules are evaluated, not only up to the first failure, so that
the ledger answers every question at once. The order of the rules decides which failure is *the* reason. The sender, the
"why" answer, the forecast and the replay of a draft all call these two functions.
"""

from campaigns.decide import entry, step
from campaigns.decide.facts import Bought, ConsentSeen, EntryFacts, Limit, StepFacts, TextLaw
from campaigns.decide.verdicts import Check, Verdict, verdict

__all__ = [
    "Bought",
    "Check",
    "ConsentSeen",
    "EntryFacts",
    "Limit",
    "StepFacts",
    "TextLaw",
    "Verdict",
    "decide_entry",
    "decide_step",
]


def decide_entry(facts: EntryFacts) -> Verdict:
    """Whether this abandonment enters the campaign. Never waits."""
    return verdict([rule(facts) for rule in entry.RULES])


def decide_step(facts: StepFacts) -> Verdict:
    """Whether this message leaves now, waits, or never leaves."""
    checks = [rule(facts) for rule in step.RULES]
    return verdict([*checks, *step.of_text(facts, facts.text)] if facts.text else checks)
