"""Who may do what at which merchant: the only module that asks guardian.

guardian holds permissions on `Merchant` only, through one group per merchant and role. Groups and their permissions
follow from memberships by `set_role`, `remove_from` and `sync_merchant`; nothing else writes them. What a user may do
is read once per user object, in one query, so that a page may ask as often as it likes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import cast

from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from guardian.models import GroupObjectPermission

from accounts.models import Membership, Merchant, Role, User

BUILD_CAMPAIGNS = "build_campaigns"
SET_LIVE = "set_live"
SEE_REPORTS = "see_reports"
LOOK_AT_SHOPPERS = "look_at_shoppers"
EDIT_SHOPPERS = "edit_shoppers"
MANAGE_SETTINGS = "manage_settings"
MANAGE_TEAM = "manage_team"
PERMISSIONS = (
    BUILD_CAMPAIGNS,
    SET_LIVE,
    SEE_REPORTS,
    LOOK_AT_SHOPPERS,
    EDIT_SHOPPERS,
    MANAGE_SETTINGS,
    MANAGE_TEAM,
)

_MARKETING = frozenset({BUILD_CAMPAIGNS, SEE_REPORTS})
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.OWNER: frozenset(PERMISSIONS),
    Role.OPERATOR: frozenset(PERMISSIONS) - {MANAGE_TEAM},
    Role.MARKETING: _MARKETING,
    Role.MARKETING_ANALYST: _MARKETING,
    Role.ANALYST: frozenset({SEE_REPORTS}),
    Role.MANAGER: frozenset({LOOK_AT_SHOPPERS, EDIT_SHOPPERS}),
    Role.STAFF: frozenset({LOOK_AT_SHOPPERS}),
}
MARKETING_ROLES = frozenset({Role.MARKETING, Role.MARKETING_ANALYST})
SESSION_KEY = "merchant"

AnyUser = User | AnonymousUser


def permissions_of(role: str, merchant: Merchant) -> frozenset[str]:
    """What a role may do at a merchant (contract, section 7), with the merchant's own setting for marketing."""
    granted = ROLE_PERMISSIONS[role]
    return granted | {SET_LIVE} if merchant.marketing_sets_live and role in MARKETING_ROLES else granted


@transaction.atomic
def set_role(user: User, merchant: Merchant, role: str) -> Membership:
    """Give a person a role at a merchant, in place of the one they had there."""
    membership, _ = Membership.objects.update_or_create(user=user, merchant=merchant, defaults={"role": role})
    sync_membership(membership)
    return membership


@transaction.atomic
def remove_from(user: User, merchant: Merchant) -> None:
    """Take a person's role at a merchant away, and with it everything they could do there."""
    Membership.objects.filter(user=user, merchant=merchant).delete()
    _leave_groups(user, merchant, keep=None)


@transaction.atomic
def sync_membership(membership: Membership) -> None:
    """Make a user's groups at that merchant follow from the membership: the role's group and no other."""
    group = _group(membership.merchant, membership.role)
    _leave_groups(membership.user, membership.merchant, keep=group)
    membership.user.groups.add(group)
    _forget(membership.user)


@transaction.atomic
def sync_merchant(merchant: Merchant) -> None:
    """Make groups, their permissions and their members true for a merchant, after its settings changed or as a repair."""
    members: dict[str, set[int]] = defaultdict(set)
    for user_id, role in merchant.memberships.values_list("user_id", "role"):
        members[role].add(user_id)
    for role in Role.values:
        _group(merchant, role).user_set.set(members[role])


def can(user: AnyUser, perm: str, merchant: Merchant) -> bool:
    """Whether the user holds that permission (a constant of this module) at the merchant. Superusers hold all."""
    if not user.is_active:
        return False
    return user.is_superuser or perm in _held(user).get(merchant.pk, frozenset())


def merchants(user: AnyUser, perm: str | None = None) -> QuerySet[Merchant]:
    """The merchants a user works for; with `perm`, those where they hold it."""
    if not user.is_active:
        return Merchant.objects.none()
    if user.is_superuser:
        return Merchant.objects.all()
    held = _held(user)
    return Merchant.objects.filter(pk__in=[pk for pk, perms in held.items() if perm is None or perm in perms])


def merchant_or_404(user: AnyUser, perm: str, slug: str) -> Merchant:
    """That merchant, where the user holds `perm`. Raises Http404 alike for unknown and forbidden."""
    merchant = merchants(user, perm).filter(slug=slug).first()
    if merchant is None:
        raise Http404("No such merchant.")
    return merchant


def holders(merchant: Merchant, perm: str) -> QuerySet[User]:
    """The active people whose role at the merchant gives them `perm`: whom to write to. Superusers are not among them."""
    roles = [role for role in Role.values if perm in permissions_of(role, merchant)]
    return User.objects.filter(is_active=True, memberships__merchant=merchant, memberships__role__in=roles)


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the merchant: such a person can neither leave nor get another role."""
    others = Membership.objects.filter(merchant=membership.merchant, role=Role.OWNER).exclude(pk=membership.pk)
    return membership.role == Role.OWNER and not others.exists()


def current_merchant(request: HttpRequest) -> Merchant | None:
    """The merchant this person is looking at: the one of the switch, else where they began; None: they work for nobody."""
    if not hasattr(request, "_current_merchant"):
        mine = list(my_merchants(request))
        chosen = request.session.get(SESSION_KEY)
        found = next((merchant for merchant in mine if merchant.slug == chosen), None) or _began_at(request, mine)
        request._current_merchant = found  # type: ignore[attr-defined]
    return cast(Merchant | None, request._current_merchant)  # type: ignore[attr-defined]


def _began_at(request: HttpRequest, mine: list[Merchant]) -> Merchant | None:
    """Of several merchants the one whose team they joined first, so that an invitation elsewhere turns nobody's pages."""
    if len(mine) < 2:
        return mine[0] if mine else None
    joined = Membership.objects.filter(user=cast(User, request.user)).order_by("created_at", "pk")
    first = joined.values_list("merchant_id", flat=True).first()
    return next((merchant for merchant in mine if merchant.pk == first), mine[0])


def current_merchant_or_404(request: HttpRequest, perm: str) -> Merchant:
    """The current merchant, where the user holds `perm` there. Raises Http404."""
    merchant = current_merchant(request)
    if merchant is None or not can(request.user, perm, merchant):
        raise Http404("Nothing here for this person.")
    return merchant


def my_merchants(request: HttpRequest) -> Iterable[Merchant]:
    """All merchants of this person, by name, read once per request."""
    if not hasattr(request, "_my_merchants"):
        request._my_merchants = list(merchants(request.user))  # type: ignore[attr-defined]
    return cast(list[Merchant], request._my_merchants)  # type: ignore[attr-defined]


def enter(request: HttpRequest, merchant: Merchant) -> None:
    """Turn the switch to a merchant, so that frame, page and clock speak of the same one. The caller has checked access."""
    if request.session.get(SESSION_KEY) != merchant.slug:
        request.session[SESSION_KEY] = merchant.slug
    request._current_merchant = merchant  # type: ignore[attr-defined]
    timezone.activate(merchant.timezone)  # until `middleware` takes back the zone it gave the request


def _held(user: User) -> dict[int, frozenset[str]]:
    """Merchant id to permissions, read once per user object."""
    if not hasattr(user, "_held_permissions"):
        held: dict[int, set[str]] = defaultdict(set)
        rows = GroupObjectPermission.objects.filter(group__user=user, content_type=_content_type())
        for object_pk, codename in rows.values_list("object_pk", "permission__codename"):
            held[int(object_pk)].add(codename)
        user._held_permissions = {pk: frozenset(perms) for pk, perms in held.items()}  # type: ignore[attr-defined]
    return cast(dict[int, frozenset[str]], user._held_permissions)  # type: ignore[attr-defined]


def _forget(user: User) -> None:
    vars(user).pop("_held_permissions", None)


def _content_type() -> ContentType:
    return ContentType.objects.get_for_model(Merchant)


def _group(merchant: Merchant, role: str) -> Group:
    """The group of that merchant and role, holding exactly the role's permissions."""
    group, _ = Group.objects.get_or_create(name=f"{_prefix(merchant)}{role}")
    wanted = permissions_of(role, merchant)
    rows = GroupObjectPermission.objects.filter(group=group, content_type=_content_type(), object_pk=str(merchant.pk))
    held = set(rows.values_list("permission__codename", flat=True))
    rows.filter(permission__codename__in=held - wanted).delete()
    missing = Permission.objects.filter(content_type=_content_type(), codename__in=wanted - held)
    GroupObjectPermission.objects.bulk_create(
        [
            GroupObjectPermission(
                group=group, permission=permission, content_type=_content_type(), object_pk=str(merchant.pk)
            )
            for permission in missing
        ],
        ignore_conflicts=True,
    )
    return group


def _leave_groups(user: User, merchant: Merchant, *, keep: Group | None) -> None:
    groups = user.groups.filter(name__startswith=_prefix(merchant))
    user.groups.remove(*(groups.exclude(pk=keep.pk) if keep else groups))
    _forget(user)


def _prefix(merchant: Merchant) -> str:
    return f"merchant:{merchant.code}:"
