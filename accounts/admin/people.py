"""The people of a merchant; and everybody who signs in, for superusers."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import display

from accounts import access
from accounts.addresses import CodedAdmin
from accounts.admin.invitations import waiting
from accounts.forms import ROLE_CHOICES, RoleForm
from accounts.invitations import needs_password, send_set_password
from accounts.models import Membership, User
from accounts.scoping import MerchantScopedAdmin
from aiq.lib.moments import moment


@admin.register(Membership)
class TeamAdmin(MerchantScopedAdmin):
    """The people of a merchant. One more is invited; every change goes through `access`."""

    heading, one = "People", "person"
    purpose = "Who works on this merchant, and what each may do."
    add_label = "Add person"
    view_permission = change_permission = add_permission = delete_permission = access.MANAGE_TEAM
    list_display = ("person", "role", "joined", "last_seen")
    list_filter = ("role",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "user__email")
    list_select_related = ("user",)
    list_before_template = "admin/accounts/team.html"
    actions = None
    form = RoleForm
    fields = ("who", "role", "last_seen", "send_mail")
    readonly_fields = ("who", "last_seen")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, (extra_context or {}) | {"invited": waiting(request)})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self._must(self.has_add_permission(request))
        return redirect("admin:accounts_invitation_add")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_choice_field(db_field, request, **kwargs | {"choices": ROLE_CHOICES})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        last = obj is not None and access.is_last_owner(obj)
        return super().has_delete_permission(request, obj) and not last

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        access.set_role(obj.user, obj.merchant, obj.role)
        if form.cleaned_data["send_mail"]:
            transaction.on_commit(lambda: send_set_password(obj.user, obj.merchant), robust=True)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        access.remove_from(obj.user, obj.merchant)

    @display(description="Person", ordering="user__name", header=True)
    def person(self, membership: Membership) -> list[str]:
        return [str(membership.user), membership.user.email]

    @display(description="Person")
    def who(self, membership: Membership) -> str:
        user = membership.user
        return f"{user.name} <{user.email}>" if user.name else user.email

    @display(description="Joined", ordering="created_at")
    def joined(self, membership: Membership) -> Any:
        return moment(membership.created_at, timezone.now())

    @display(description="Last signed in", ordering="user__last_login")
    def last_seen(self, membership: Membership) -> Any:
        if needs_password(membership.user):
            return "Has not set a password yet"
        return moment(membership.user.last_login, timezone.now()) or "Never"


@admin.register(User)
class UserAdmin(CodedAdmin):
    """Everybody who may sign in. Superusers only; what people may do is set in each merchant's team."""

    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_superuser", "last_login")
    readonly_fields = ("last_login",)
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._superuser(request) and obj != request.user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
            transaction.on_commit(lambda: send_set_password(obj), robust=True)
        super().save_model(request, obj, form, change)

    def _superuser(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser
