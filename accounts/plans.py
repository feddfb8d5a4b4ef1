"""What each plan includes. What it lacks is shown greyed, with the sentence given here."""

from collections.abc import Mapping

from accounts.models import Plan

DYNAMIC_CONTENT = "dynamic_content"
WATERFALL = "waterfall"
AB = "ab"

_PRO = frozenset({DYNAMIC_CONTENT, WATERFALL, AB})
INCLUDED: Mapping[str, frozenset[str]] = {
    Plan.STARTER: frozenset(),
    Plan.PRO: _PRO,
    Plan.ENTERPRISE: _PRO,
}
LABELS: Mapping[str, str] = {
    DYNAMIC_CONTENT: "Product Feed",
    WATERFALL: "Waterfall",
    AB: "A/B testing",
}


def includes(plan: str, feature: str) -> bool:
    """Whether a plan includes a feature (a constant of this module)."""
    return feature in INCLUDED[plan]


def why_not(plan: str, feature: str) -> str:
    """The sentence beside a greyed feature; empty where the plan includes it."""
    if includes(plan, feature):
        return ""
    return f"{LABELS[feature]} comes with Marketing Pro. This merchant is on {Plan(plan).label}."
