"""Saved audiences: rules over a shopper, all of which must hold. One meaning, as a pure check and as a database filter.

A rule is {"field", "is", "value"}: `field` is one of FIELDS or "attributes.<name>", `is` one of OPERATORS, `value` text.
Text compares without regard to case, tags compare exactly; "known" fields take "yes" or "no".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import IContains, IExact

Rules = Sequence[Mapping[str, Any]]

FIELDS = {
    "email_domain": "Email domain",
    "first_name": "First name",
    "last_name": "Last name",
    "timezone": "Time zone",
    "locale": "Language",
    "favorite_store": "Favorite store",
    "tags": "Tag",
    "email_known": "Email is known",
    "phone_known": "Phone is known",
}
OPERATORS = {"is": "is", "is_not": "is not", "contains": "contains"}
ATTRIBUTE = "attributes."
_KNOWN = {"email_known": "email", "phone_known": "phone"}
_MAX_RULES = 20
_MAX_TEXT = 128


class ShopperLike(Protocol):
    """What a rule may look at: a `Shopper` row, or any plain value with the same names."""

    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def favorite_store(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """What is wrong with a rule. `index` counts from 0; -1: the list itself."""

    index: int
    text: str


def matches(rules: Rules, shopper: ShopperLike) -> tuple[bool, str]:
    """Whether all rules hold, and what was seen: the first rule that fails, else how many held. Pure."""
    for rule in rules:
        seen = _seen(rule["field"], shopper)
        if not _holds(rule, seen):
            return False, f"{label_of(rule['field'])}: {_shown(seen)}"
    return True, f"{len(rules)} of {len(rules)} conditions hold" if rules else "all subscribed users"


def where(rules: Rules, prefix: str = "") -> Q:
    """The same rules as a filter on shoppers; `prefix` leads to them from another table ("cart__shopper__")."""
    condition = Q()
    for rule in rules:
        condition &= _where_one(rule, prefix)
    return condition


def problems_of(rules: object) -> list[RuleProblem]:
    """Everything that keeps `rules` from being saved. Empty: they can be."""
    if not isinstance(rules, list):
        return [RuleProblem(-1, "Conditions must be a list.")]
    if len(rules) > _MAX_RULES:
        return [RuleProblem(-1, f"At most {_MAX_RULES} conditions.")]
    found = ((index, _problem(rule)) for index, rule in enumerate(rules))
    return [RuleProblem(index, text) for index, text in found if text]


def in_words(rules: Rules) -> str:
    """The rules as a person would say them: "Tag is vip and Email domain is not example.com"."""
    return " and ".join(
        f"{label_of(rule['field'])} {OPERATORS[rule['is']]} {rule['value']}"
        if rule["field"] not in _KNOWN
        else f"{label_of(rule['field'])}: {rule['value']}"
        for rule in rules
    )


def label_of(field: str) -> str:
    return FIELDS.get(field) or field.removeprefix(ATTRIBUTE)


def _problem(rule: object) -> str:
    if not isinstance(rule, dict) or set(rule) != {"field", "is", "value"}:
        return "A condition needs a field, a comparison and a value."
    field, operator, value = rule["field"], rule["is"], rule["value"]
    if not all(isinstance(part, str) for part in (field, operator, value)):
        return "Field, comparison and value are text."
    if field not in FIELDS and not field.removeprefix(ATTRIBUTE).strip():
        return "Give the name of the attribute."
    if field not in FIELDS and not field.startswith(ATTRIBUTE):
        return f"“{field}” is not something known of shoppers."
    if operator not in OPERATORS:
        return f"“{operator}” is not a comparison. Use one of: {', '.join(OPERATORS.values())}."
    return _problem_of_value(field, operator, value)


def _problem_of_value(field: str, operator: str, value: str) -> str:
    if field in _KNOWN and (operator == "contains" or value not in {"yes", "no"}):
        return f"“{label_of(field)}” is either yes or no."
    if not value.strip():
        return "Say which value to compare with."
    if len(value) > _MAX_TEXT or len(field) > _MAX_TEXT or "\x00" in field + value:
        return f"At most {_MAX_TEXT} characters."
    return ""


def _seen(field: str, shopper: ShopperLike) -> str | Sequence[str]:
    if field.startswith(ATTRIBUTE):
        value = shopper.attributes.get(field.removeprefix(ATTRIBUTE))
        return "" if value is None else str(value)
    if field == "email_domain":
        return (shopper.email or "").rpartition("@")[2]
    if field in _KNOWN:
        return "yes" if getattr(shopper, _KNOWN[field]) else "no"
    seen: str | Sequence[str] = getattr(shopper, field)
    return seen


def _holds(rule: Mapping[str, Any], seen: str | Sequence[str]) -> bool:
    operator, value = rule["is"], rule["value"]
    if not isinstance(seen, str):
        found = any(value in tag for tag in seen) if operator == "contains" else value in seen
        return found is not (operator == "is_not")
    if operator == "contains":
        return value.lower() in seen.lower()
    return (seen.lower() == value.lower()) is not (operator == "is_not")


def _shown(seen: str | Sequence[str]) -> str:
    return (seen if isinstance(seen, str) else ", ".join(seen)) or "nothing known"


def _where_one(rule: Mapping[str, Any], prefix: str) -> Q:
    field, operator, value = rule["field"], rule["is"], rule["value"]
    if field in _KNOWN:
        known = Q(**{f"{prefix}{_KNOWN[field]}__isnull": False}) & ~Q(**{f"{prefix}{_KNOWN[field]}": ""})
        return known if (value == "yes") is not (operator == "is_not") else ~known
    if field == "tags" and operator != "contains":
        held = Q(**{f"{prefix}tags__contains": [value]})
    elif operator == "contains":
        held = Q(IContains(_text(field, prefix), value))
    else:
        held = Q(IExact(_text(field, prefix), value))
    return ~held if operator == "is_not" else held


def _text(field: str, prefix: str) -> Any:
    """The text a rule compares, as an SQL expression that is never NULL."""
    if field.startswith(ATTRIBUTE):
        found: Any = KeyTextTransform(field.removeprefix(ATTRIBUTE), f"{prefix}attributes")
    elif field == "email_domain":
        found = Func(F(f"{prefix}email"), Value("@"), Value(2), function="split_part", output_field=TextField())
    elif field == "tags":
        found = Func(F(f"{prefix}tags"), Value("\n"), function="array_to_string", output_field=TextField())
    else:
        found = F(f"{prefix}{field}")
    return Coalesce(found, Value(""), output_field=TextField())
