"""How somebody who was invited answers. A team may ask anybody; only who reads that address's mail can say yes."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts import access
from accounts.models import Invitation, Membership, User
from aiq.lib.signing import BadToken, sign, unsign

OPEN_FOR = timedelta(days=7)
KEPT = timedelta(days=90)
PURPOSE = "invitation"


class NoLongerOpen(Exception):  # noqa: N818 - reads as what happened
    """The invitation was answered or taken back meanwhile; nothing was changed."""


def address_of(invitation: Invitation) -> str:
    """The page on which it is answered. Signed: its code alone, which the team sees in addresses, opens nothing."""
    return reverse("invitation", args=[sign(PURPOSE, invitation.code.bytes)])


def find(token: str, now: datetime) -> Invitation | None:
    """The invitation that a link leads to, while it may be answered. Nobody who was switched off comes in again."""
    try:
        code = UUID(bytes=unsign(PURPOSE, token))
    except (BadToken, ValueError):
        return None
    still_open = Invitation.objects.filter(code=code, declined_at=None, sent_at__gt=now - OPEN_FOR)
    found = still_open.select_related("merchant", "invited_by").first()
    return None if found and User.objects.filter(email=found.email, is_active=False).exists() else found


def account_of(invitation: Invitation) -> User | None:
    """Who signs in with that address; None where nobody does yet."""
    user = User.objects.filter(email=invitation.email).first()
    return user if user and user.has_usable_password() else None


@transaction.atomic
def join(invitation: Invitation, user: User) -> None:
    """Give the person the role, unless they have one there by now. Raises `NoLongerOpen`."""
    _take(invitation)
    if not Membership.objects.filter(user=user, merchant=invitation.merchant).exists():
        access.set_role(user, invitation.merchant, invitation.role)


@transaction.atomic
def join_anew(invitation: Invitation, *, name: str, password: str) -> User:
    """Make the account, or give a password to one that has none, and join. Raises `NoLongerOpen`."""
    _take(invitation)
    user = User.objects.filter(email=invitation.email).first() or User(email=invitation.email)
    if user.pk and user.has_usable_password():
        raise NoLongerOpen
    user.name = name
    user.set_password(password)
    user.save()
    access.set_role(user, invitation.merchant, invitation.role)
    return user


def decline(invitation: Invitation, now: datetime) -> None:
    """Say no; the team sees that, and nothing else."""
    Invitation.objects.filter(pk=invitation.pk, declined_at=None).update(declined_at=now)


def forget(now: datetime) -> int:
    """Delete what nobody answered or somebody declined, once nobody will come back to it; how many."""
    forgotten, _ = Invitation.objects.filter(sent_at__lt=now - KEPT).delete()
    return forgotten


def _take(invitation: Invitation) -> None:
    taken, _ = Invitation.objects.filter(pk=invitation.pk, declined_at=None).delete()
    if not taken:
        raise NoLongerOpen
