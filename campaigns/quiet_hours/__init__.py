"""Quiet hours: which rules hold for a shopper, in which zones, and when the next message may leave. Pure."""

from campaigns.quiet_hours.looking import GRACE, Looked, look
from campaigns.quiet_hours.places import Place, place_of
from campaigns.quiet_hours.rules import RULES, VERSION, Rule, rules_of

__all__ = ["GRACE", "RULES", "VERSION", "Looked", "Place", "Rule", "look", "place_of", "rules_of"]
