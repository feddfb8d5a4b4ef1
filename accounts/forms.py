"""What people type on the pages of accounts."""

import re
import zoneinfo
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordResetForm as DjangoPasswordResetForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import access
from accounts.invitations import send_set_password
from accounts.models import Invitation, Membership, Merchant, Role, User
from accounts.scoping import ScopedForm
from accounts.social import social_links

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


class AccountForm(forms.Form):
    """Somebody's name and first password."""

    name = forms.CharField(label="Your name", max_length=120, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="At least eight characters, and nothing common.",
    )

    def address(self) -> str:
        """The email address of the account to be."""
        return str(self.cleaned_data.get("email", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            try:
                validate_password(data["password"], User(email=self.address(), name=data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class WelcomeForm(AccountForm):
    """The first owner and their merchant."""

    merchant_name = forms.CharField(
        label="Name of the shop or brand", max_length=120, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True})
    )
    email = forms.EmailField(label="Your email", max_length=254, widget=UnfoldAdminEmailInputWidget)
    field_order = ("merchant_name", "name", "email", "password")


class JoinForm(AccountForm):
    """Whoever was invited and has no account yet."""

    def __init__(self, invitation: Invitation, data: Any = None) -> None:
        self.invitation = invitation
        super().__init__(data, initial={"name": invitation.name})

    def address(self) -> str:
        return self.invitation.email


class PasswordResetForm(DjangoPasswordResetForm):
    """Sends our mail, also to people who were invited and have not set a password yet."""

    email = forms.EmailField(
        max_length=254, widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "email", "autofocus": True})
    )

    def get_users(self, email: str) -> Iterator[User]:
        return iter(User.objects.filter(email=email.lower(), is_active=True))

    def save(self, *args: Any, **kwargs: Any) -> None:
        for user in self.get_users(self.cleaned_data["email"]):
            send_set_password(user)


class SetPasswordForm(DjangoSetPasswordForm):
    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts()[1:])


ROLE_CHOICES = (
    ("", "Choose a role"),
    (Role.OWNER.value, "Owner: everything, the team included"),
    (Role.OPERATOR.value, "Operator: everything but the team"),
    (Role.MARKETING.value, "Marketing: builds campaigns and submits them for approval; sees reports"),
    (Role.MARKETING_ANALYST.value, "Marketing Analyst: as Marketing"),
    (Role.ANALYST.value, "Analyst: sees reports and decisions"),
    (Role.MANAGER.value, "Manager: edits shoppers"),
    (Role.STAFF.value, "Staff: looks at shoppers"),
)


class MerchantForm(forms.ModelForm):
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
        widget=UnfoldAdminSelectWidget,
    )
    social = forms.CharField(
        label="Social links",
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "https://www.instagram.com/yourshop"}),
        help_text="One address a line. The block Social links shows them.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "link_domains" in self.fields:
            domains = self.fields["link_domains"]
            domains.label = "Other domains of links"
            domains.help_text = "Where links in messages may lead besides your stores, separated by commas."
        if "social" in self.fields:
            self.fields["social"].initial = "\n".join(self.instance.social_links.values())

    def clean_social(self) -> dict[str, str]:
        return social_links(self.cleaned_data["social"])

    def clean_link_domains(self) -> list[str]:
        """Domains as people write them, with or without https:// and a path."""
        given = [domain.strip().lower() for domain in self.cleaned_data["link_domains"]]
        domains = [domain.split("://")[-1].split("/")[0].removeprefix("www.") for domain in given if domain]
        if wrong := next((domain for domain in domains if not _DOMAIN.fullmatch(domain)), None):
            raise forms.ValidationError(f"“{wrong}” is no domain. Write it like example.com.")
        return list(dict.fromkeys(domains))

    def save(self, commit: bool = True) -> Merchant:
        if "social" in self.cleaned_data:
            self.instance.social_links = self.cleaned_data["social"]
        saved: Merchant = super().save(commit)
        return saved


class InviteForm(ScopedForm):
    """Asks a person to join the team; whether they have an account shows nowhere."""

    class Meta:
        model = Invitation
        fields = ("email", "name", "role")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if Membership.objects.filter(user__email=email, merchant=self.scope).exists():
            raise forms.ValidationError("This person is on the team already. Change their role from the list.")
        return email


class InvitedForm(ScopedForm):
    """Another role for somebody who has not answered, or the mail once more."""

    send_again = forms.BooleanField(
        label="Send the mail again", required=False, help_text="Its link then works for a week from now."
    )

    class Meta:
        model = Invitation
        fields = ("role",)


class RoleForm(ScopedForm):
    """Changes a person's role; a merchant keeps at least one owner."""

    send_mail = forms.BooleanField(
        label="Send a set-password mail", required=False, help_text="For somebody who lost the first one."
    )

    class Meta:
        model = Membership
        fields = ("role",)

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Role.OWNER and access.is_last_owner(Membership.objects.get(pk=self.instance.pk)):
            raise forms.ValidationError("This is the only owner. Make somebody else an owner first.")
        return role
