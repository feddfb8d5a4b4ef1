"""Roles, their permissions, and the one door to them."""

from typing import Any

import pytest
from django.http import Http404

from accounts import access, plans
from accounts.models import Membership, Plan, Role
from tests import factories as make

pytestmark = pytest.mark.django_db

BUILDERS = {Role.OWNER, Role.OPERATOR, Role.MARKETING, Role.MARKETING_ANALYST}
MATRIX = [
    (access.BUILD_CAMPAIGNS, BUILDERS),
    (access.SET_LIVE, {Role.OWNER, Role.OPERATOR}),
    (access.SEE_REPORTS, BUILDERS | {Role.ANALYST}),
    (access.EDIT_SHOPPERS, {Role.OWNER, Role.OPERATOR, Role.MANAGER}),
    (access.LOOK_AT_SHOPPERS, {Role.OWNER, Role.OPERATOR, Role.MANAGER, Role.STAFF}),
    (access.MANAGE_SETTINGS, {Role.OWNER, Role.OPERATOR}),
    (access.MANAGE_TEAM, {Role.OWNER}),
]


def fresh(user: Any) -> Any:
    """The user as the next request reads it."""
    return type(user).objects.get(pk=user.pk)


@pytest.mark.parametrize(("perm", "roles"), MATRIX)
def test_a_role_may_what_the_contract_says(perm: str, roles: set[str]) -> None:
    merchant = make.merchant()
    may = {role for role in Role.values if access.can(make.user(role, merchant), perm, merchant)}
    assert may == roles


def test_marketing_sets_live_where_the_merchant_says_so() -> None:
    merchant = make.merchant()
    marketer = make.user(Role.MARKETING, merchant)
    merchant.marketing_sets_live = True
    merchant.save()
    access.sync_merchant(merchant)
    assert access.can(fresh(marketer), access.SET_LIVE, merchant)
    merchant.marketing_sets_live = False
    merchant.save()
    access.sync_merchant(merchant)
    assert not access.can(fresh(marketer), access.SET_LIVE, merchant)


def test_a_role_at_one_merchant_is_nothing_at_another() -> None:
    mine, other = make.merchant(), make.merchant()
    owner = make.user(Role.OWNER, mine)
    assert not any(access.can(owner, perm, other) for perm in access.PERMISSIONS)
    assert list(access.merchants(owner)) == [mine]


def test_a_new_role_takes_the_place_of_the_old_one() -> None:
    merchant = make.merchant()
    user = make.user(Role.OWNER, merchant)
    access.set_role(user, merchant, Role.STAFF)
    assert [perm for perm in access.PERMISSIONS if access.can(user, perm, merchant)] == [access.LOOK_AT_SHOPPERS]
    assert user.groups.count() == 1


def test_who_is_removed_may_nothing_any_more() -> None:
    merchant, other = make.merchant(), make.merchant()
    user = make.user(Role.OWNER, merchant)
    access.set_role(user, other, Role.STAFF)
    access.remove_from(user, merchant)
    assert list(access.merchants(fresh(user))) == [other]
    assert not access.can(user, access.MANAGE_TEAM, merchant)


def test_an_inactive_person_may_nothing() -> None:
    merchant = make.merchant()
    user = make.user(Role.OWNER, merchant, is_active=False)
    root = make.superuser(is_active=False)
    assert not access.can(user, access.SEE_REPORTS, merchant)
    assert not access.can(root, access.SEE_REPORTS, merchant)
    assert not access.merchants(user).exists()


def test_a_superuser_may_everything_everywhere() -> None:
    merchant = make.merchant()
    assert all(access.can(make.superuser(), perm, merchant) for perm in access.PERMISSIONS)


def test_unknown_and_forbidden_look_alike() -> None:
    mine, other = make.merchant(), make.merchant()
    user = make.user(Role.STAFF, mine)
    for slug, perm in ((other.slug, access.LOOK_AT_SHOPPERS), ("nowhere", access.LOOK_AT_SHOPPERS), (mine.slug, "x")):
        with pytest.raises(Http404):
            access.merchant_or_404(user, perm, slug)
    assert access.merchant_or_404(user, access.LOOK_AT_SHOPPERS, mine.slug) == mine


def test_asking_often_costs_one_query(django_assert_num_queries: Any) -> None:
    merchant = make.merchant()
    user = fresh(make.user(Role.OPERATOR, merchant))
    access.can(make.superuser(), access.SET_LIVE, merchant)
    with django_assert_num_queries(1):
        answers = [access.can(user, perm, merchant) for perm in access.PERMISSIONS]
    assert answers.count(True) == 6


def test_a_repair_brings_groups_back_to_the_memberships() -> None:
    merchant = make.merchant()
    user = make.user(Role.MANAGER, merchant)
    user.groups.clear()
    Membership.objects.filter(user=user).update(role=Role.ANALYST)
    access.sync_merchant(merchant)
    assert access.can(fresh(user), access.SEE_REPORTS, merchant)
    assert not access.can(fresh(user), access.EDIT_SHOPPERS, merchant)


def test_approvers_are_those_whose_role_sets_live() -> None:
    merchant = make.merchant()
    owner, operator = make.user(Role.OWNER, merchant), make.user(Role.OPERATOR, merchant)
    make.user(Role.MARKETING, merchant)
    make.user(Role.OWNER, make.merchant())
    assert set(access.holders(merchant, access.SET_LIVE)) == {owner, operator}


def test_a_plan_lacks_a_feature_with_a_reason() -> None:
    assert plans.includes(Plan.PRO, plans.DYNAMIC_CONTENT)
    assert plans.why_not(Plan.ENTERPRISE, plans.AB) == ""
    assert "Marketing Pro" in plans.why_not(Plan.STARTER, plans.DYNAMIC_CONTENT)
