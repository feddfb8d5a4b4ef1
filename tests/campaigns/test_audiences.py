"""Audiences mean the same in Python, where a delivery is decided, and in SQL, where carts are counted."""

from typing import Any

import pytest

from campaigns import audiences
from campaigns.models import Shopper
from tests import factories

AVERY: dict[str, Any] = {
    "email": "avery@tea.example",
    "first_name": "Avery",
    "locale": "en-US",
    "favorite_store": "North Loop",
    "tags": ["vip", "tea club"],
    "attributes": {"tier": "Gold", "odd__name": "x"},
}
NOBODY: dict[str, Any] = {"email": None, "phone": "+16125550142", "first_name": "", "last_name": "", "tags": []}

TABLE = [
    ("email_domain", "is", "TEA.example", True, False),
    ("email_domain", "is_not", "tea.example", False, True),
    ("first_name", "is", "avery", True, False),
    ("first_name", "contains", "ver", True, False),
    ("first_name", "contains", "%", False, False),
    ("locale", "is_not", "de-DE", True, True),
    ("favorite_store", "is", "north loop", True, False),
    ("tags", "is", "vip", True, False),
    ("tags", "is", "VIP", False, False),
    ("tags", "is_not", "vip", False, True),
    ("tags", "contains", "club", True, False),
    ("attributes.tier", "is", "gold", True, False),
    ("attributes.tier", "is_not", "gold", False, True),
    ("attributes.odd__name", "is", "x", True, False),
    ("attributes.missing", "is", "x", False, False),
    ("email_known", "is", "yes", True, False),
    ("email_known", "is_not", "yes", False, True),
    ("phone_known", "is", "no", True, False),
]


def rule(field: str, operator: str, value: str) -> dict[str, str]:
    return {"field": field, "is": operator, "value": value}


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "operator", "value", "avery", "nobody"), TABLE)
def test_a_rule_means_the_same_in_python_and_in_the_database(
    field: str, operator: str, value: str, avery: bool, nobody: bool
) -> None:
    merchant = factories.merchant()
    shoppers = [factories.shopper(merchant, **fields) for fields in (AVERY, NOBODY)]
    rules = [rule(field, operator, value)]
    assert [audiences.matches(rules, shopper)[0] for shopper in shoppers] == [avery, nobody]
    found = set(Shopper.objects.filter(audiences.where(rules)))
    assert [shopper in found for shopper in shoppers] == [avery, nobody]


def test_all_rules_must_hold_and_the_first_that_fails_says_what_it_saw() -> None:
    shopper = Shopper(**AVERY)
    rules = [rule("tags", "is", "vip"), rule("attributes.tier", "is", "silver")]
    assert audiences.matches(rules, shopper) == (False, "tier: Gold")
    assert audiences.matches([], shopper) == (True, "all subscribed users")


@pytest.mark.parametrize(
    "rules",
    [
        "tags",
        [{"field": "tags"}],
        [rule("password", "is", "x")],
        [rule("attributes.", "is", "x")],
        [rule("tags", "matches", "x")],
        [rule("tags", "is", " ")],
        [rule("email_known", "is", "maybe")],
        [rule("first_name", "is", "x" * 200)],
        [rule("first_name", "is", "\x00")],
        [{"field": ["tags"], "is": "is", "value": "x"}],
        [rule("tags", "is", "x")] * 21,
    ],
)
def test_what_is_no_rule_is_refused(rules: object) -> None:
    assert audiences.problems_of(rules)


def test_good_rules_have_no_problems_and_read_as_a_sentence() -> None:
    rules = [rule("tags", "is_not", "staff"), rule("phone_known", "is", "yes")]
    assert audiences.problems_of(rules) == []
    assert audiences.in_words(rules) == "Tag is not staff and Phone is known: yes"
