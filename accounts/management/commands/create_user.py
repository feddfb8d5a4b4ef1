"""`create_user EMAIL --merchant M --role R`: somebody who may sign in, with a role at a merchant."""

import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.invitations import AlreadyMember, add, needs_password, send_welcome
from accounts.models import Membership, Merchant, Role, User
from aiq.lib.commands import Refused, SupportCommand


class Command(SupportCommand):
    help = "Create a person with a role. Without --password-stdin they get a mail to set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--merchant", required=True, help="slug of the merchant")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password-stdin", action="store_true", help="read one line as the password")

    def run(self, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise Refused(f"There is no merchant {options['merchant']!r}.")
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        membership = self._make(merchant, options["email"], options["role"], password)
        if password is None:
            self._mail(membership)
        data = {"user": membership.user.email, "merchant": merchant.slug, "role": membership.role}
        self.done(data, data)

    @transaction.atomic
    def _make(self, merchant: Merchant, email: str, role: str, password: str | None) -> Membership:
        try:
            validate_email(email)
            membership = add(merchant, email=email, role=role)
        except ValidationError:
            raise Refused(f"{email!r} is not an email address.") from None
        except AlreadyMember:
            raise Refused(f"{email} has a role at {merchant.name} already.") from None
        if password is not None:
            self._set_password(membership, password)
        return membership

    def _set_password(self, membership: Membership, password: str) -> None:
        if not password:
            raise Refused("Standard input held no password.")
        if not needs_password(membership.user):
            raise Refused(f"{membership.user.email} has a password already. Leave --password-stdin out.")
        _must_be_strong(password, membership.user)
        membership.user.set_password(password)
        membership.user.save(update_fields=["password"])

    def _mail(self, membership: Membership) -> None:
        try:
            send_welcome(membership)
        except OSError as error:
            raise Refused(f"{membership.user.email} was created, but the mail could not be sent: {error}") from None


def _must_be_strong(password: str, user: User) -> None:
    """The rules of the pages. Raises `Refused`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(f"{' '.join(error.messages)} Nobody was created: give another password.") from None
