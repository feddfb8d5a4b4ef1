"""Invitations in the admin: whom a team has asked, and what they said. Shown above the list of people."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import display

from accounts import access
from accounts.forms import ROLE_CHOICES, InvitedForm, InviteForm
from accounts.invitations import send_invitation
from accounts.joining import OPEN_FOR
from accounts.models import Invitation, User
from accounts.scoping import MerchantScopedAdmin, only_of
from aiq.lib.moments import moment

MOST = 20
HOW = "They get a mail, and are on the team once they accept."
WAITING, EXPIRED, DECLINED = "Waiting for an answer", "Expired", "Declined"


@admin.register(Invitation)
class InvitationAdmin(MerchantScopedAdmin):
    """Asking a person sends them a mail, with or without an account; deleting takes the invitation back."""

    heading, one = "Invitations", "invitation"
    purpose = "Whom you asked to join. They see nothing of your shop before they accept."
    add_label = "Add person"
    when_empty = "Everybody has answered."
    view_permission = change_permission = add_permission = delete_permission = access.MANAGE_TEAM
    list_display = ("person", "role", "sent", "answer")
    search_fields = ("name", "email")
    ordering = ("-sent_at",)
    actions = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=InvitedForm if change else InviteForm, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return ((None, {"fields": ("who", "role", "sent", "answer", "send_again")}),)
        return ((None, {"fields": (("email", "name"), "role"), "description": HOW}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("who", "sent", "answer") if obj else ()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_choice_field(db_field, request, **kwargs | {"choices": ROLE_CHOICES})

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        if sending := not change or form.cleaned_data["send_again"]:
            obj.invited_by, obj.sent_at, obj.declined_at = cast(User, request.user), timezone.now(), None
        super().save_model(request, obj, form, change)
        if sending:
            transaction.on_commit(lambda: send_invitation(obj), robust=True)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        said = f"We wrote to {obj.email}. They are on the team once they accept."
        self.message_user(request, said, messages.SUCCESS)
        return redirect("admin:accounts_membership_changelist")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        super().response_change(request, obj)
        return redirect("admin:accounts_membership_changelist")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self.message_user(request, "The invitation is taken back: its link no longer works.", messages.SUCCESS)
        return redirect("admin:accounts_membership_changelist")

    @display(description="Person", ordering="name", header=True)
    def person(self, invitation: Invitation) -> list[str]:
        return [invitation.name or invitation.email, invitation.email if invitation.name else ""]

    @display(description="Person")
    def who(self, invitation: Invitation) -> str:
        return f"{invitation.name} <{invitation.email}>" if invitation.name else invitation.email

    @display(description="Sent", ordering="sent_at")
    def sent(self, invitation: Invitation) -> Any:
        return moment(invitation.sent_at, timezone.now())

    @display(description="Answer")
    def answer(self, invitation: Invitation) -> str:
        return answer_of(invitation, timezone.now())


def answer_of(invitation: Invitation, now: datetime) -> str:
    if invitation.declined_at:
        return DECLINED
    return EXPIRED if invitation.sent_at <= now - OPEN_FOR else WAITING


def waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest invitations of the current merchant, with their answers, for the list of people."""
    now = timezone.now()
    rows = only_of(Invitation.objects.order_by("-sent_at"), access.current_merchant(request))
    return [{"row": row, "answer": answer_of(row, now), "sent": moment(row.sent_at, now)} for row in rows[:MOST]]
