"""How people come in: the first owner, whom support adds, and the mails by which somebody answers or sets a password."""

from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import slugify

from accounts import access
from accounts.joining import address_of
from accounts.models import Invitation, Membership, Merchant, Role, User

WELCOME_LOCK = 7_301_001


class AlreadyFounded(Exception):  # noqa: N818 - reads as what happened
    """Somebody has an account already: the first owner was created before."""


class AlreadyMember(Exception):  # noqa: N818 - reads as what happened
    """The person has a role at this merchant already."""


@transaction.atomic
def found(*, merchant_name: str, name: str, email: str, password: str) -> tuple[Merchant, User]:
    """Create the first merchant and its owner. Raises `AlreadyFounded` where anybody has an account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WELCOME_LOCK])
    if User.objects.exists():
        raise AlreadyFounded
    merchant = Merchant.objects.create(name=merchant_name, slug=free_slug(merchant_name))
    owner = User.objects.create_user(email, password, name=name)
    access.set_role(owner, merchant, Role.OWNER)
    return merchant, owner


@transaction.atomic
def add(merchant: Merchant, *, email: str, role: str) -> Membership:
    """Give a person a role at a merchant at once, creating their account where they have none: for support, whom they asked.

    Raises `AlreadyMember`. Sends nothing: the caller does, after the commit, with `send_welcome`.
    """
    user = User.objects.filter(email=email.lower()).first() or User.objects.create_user(email)
    if Membership.objects.filter(user=user, merchant=merchant).exists():
        raise AlreadyMember
    Invitation.objects.filter(merchant=merchant, email=user.email).delete()
    return access.set_role(user, merchant, role)


def needs_password(user: User) -> bool:
    """Whether the person has yet to set a password."""
    return not user.has_usable_password()


def send_set_password(user: User, merchant: Merchant | None = None) -> None:
    """Mail a link by which the person sets a password; it works once and for three days. Raises on a failing mail server."""
    link = reverse("password_reset_confirm", args=[user.code, default_token_generator.make_token(user)])
    context = {"user": user, "merchant": merchant, "link": urljoin(settings.PUBLIC_URL, link)}
    subject = f"Your account at {merchant.name}" if merchant else "Set your password"
    send_mail(subject, render_to_string("accounts/mail/set_password.txt", context), None, [user.email])


def send_new_role(membership: Membership) -> None:
    """Tell somebody who has an account already that they now work for one more merchant."""
    context = {"membership": membership, "link": urljoin(settings.PUBLIC_URL, reverse("admin:index"))}
    body = render_to_string("accounts/mail/new_role.txt", context)
    send_mail(f"You now work with {membership.merchant.name}", body, None, [membership.user.email])


def send_welcome(membership: Membership) -> None:
    """The mail that fits: set a password, or news of one more merchant."""
    if needs_password(membership.user):
        send_set_password(membership.user, membership.merchant)
    else:
        send_new_role(membership)


def send_invitation(invitation: Invitation) -> None:
    """Mail the link by which somebody answers; the same mail whether or not they have an account."""
    context = {"invitation": invitation, "link": urljoin(settings.PUBLIC_URL, address_of(invitation))}
    body = render_to_string("accounts/mail/invitation.txt", context)
    send_mail(f"{invitation.merchant.name} invites you", body, None, [invitation.email])


def free_slug(name: str) -> str:
    """A slug made from a merchant's name that no other merchant has."""
    base = slugify(name)[:40] or "merchant"
    taken = set(Merchant.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if slug not in taken
    )
