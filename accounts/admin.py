"""Settings: the merchant, its stores, its team; and people, for superusers."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextInputWidget

from accounts import access
from accounts.addresses import CodedAdmin
from accounts.forms import ROLE_CHOICES, InviteForm, MerchantForm, RoleForm
from accounts.invitations import invite, needs_password, send_invitation, send_set_password
from accounts.models import CartTrigger, Membership, Merchant, Store, User
from accounts.scoping import MerchantScopedAdmin
from aiq.lib.moments import moment


@admin.register(Merchant)
class MerchantAdmin(MerchantScopedAdmin):
    """One page of settings; only superusers see a list, and only they change plan and slug."""

    heading = "Merchant"
    purpose = "Who you are to your shoppers, and the rules that hold for every campaign."
    merchant_path = ""
    view_permission = change_permission = access.MANAGE_SETTINGS
    form = MerchantForm
    exclude = ()
    list_display = ("name", "plan", "sender_email", "timezone", "currency")
    search_fields = ("name", "slug")
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("plan", "currency"), "timezone")}),
        (
            "Sender",
            {
                "fields": (("sender_name", "sender_email"), "postal_address"),
                "description": "What shoppers see in their inbox. A campaign needs a sender and a postal address to go live.",
            },
        ),
        ("Look of the mails", {"fields": (("brand_color", "logo"), ("font", "locale"), "social", "link_domains")}),
        ("Rules", {"fields": ("marketing_sets_live", "order_closes", "double_opt_in", "regulated_goods")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        merchant = access.current_merchant(request)
        if request.user.is_superuser or merchant is None or not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        return redirect("admin:accounts_merchant_change", merchant.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merchant]:
        return Merchant.objects.all() if request.user.is_superuser else super().get_queryset(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if request.user.is_superuser else ("slug", "plan")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "brand_color":
            kwargs["widget"] = UnfoldAdminColorInputWidget
        if db_field.name == "link_domains":
            kwargs["widget"] = UnfoldAdminTextInputWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Merchant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        access.sync_merchant(obj)

    def response_change(self, request: HttpRequest, obj: Merchant) -> HttpResponse:
        self.message_user(request, "Settings saved.", messages.SUCCESS)
        return redirect(request.path)


STORE_LABELS = {
    "url": "Address of the shop",
    "timezone": "Time zone",
    "abandoned_again_hours": "Hours until left again",
    "discount_link": "How a link carries a discount",
}


@admin.register(Store)
class StoreAdmin(MerchantScopedAdmin):
    """Stores appear by themselves when a connection speaks of them; here they get a name and their rules."""

    heading, one = "Stores", "store"
    purpose = "Your shops. They appear by themselves when a connection speaks of them."
    when_empty = "Connect a shop, and it appears here."
    first_step = ("Go to integrations", "/admin/integrations/")
    view_permission = change_permission = add_permission = access.MANAGE_SETTINGS
    list_display = ("name", "trigger", "timer", "address")
    list_filter = ("cart_trigger",)
    search_fields = ("name", "slug")
    fields = (("name", "slug"), ("url", "timezone"), "abandoned_again_hours", "discount_link", "cart_trigger", "timer")
    readonly_fields = ("cart_trigger", "timer")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in STORE_LABELS:
            kwargs["label"] = STORE_LABELS[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Address of the shop", ordering="url")
    def address(self, store: Store) -> str:
        return store.url

    @display(
        description="Carts",
        ordering="cart_trigger",
        label={
            CartTrigger.NONE.label: "default",
            CartTrigger.SIMPLE.label: "info",
            CartTrigger.DYNAMIC.label: "success",
        },
    )
    def trigger(self, store: Store) -> str:
        return store.get_cart_trigger_display()


@admin.register(Membership)
class TeamAdmin(MerchantScopedAdmin):
    """The people of a merchant. Adding one sends them a mail; every change goes through `access`."""

    heading, one = "People", "person"
    purpose = "Who works on this merchant, and what each may do."
    add_label = "Add person"
    view_permission = change_permission = add_permission = delete_permission = access.MANAGE_TEAM
    list_display = ("person", "role", "joined", "last_seen")
    list_filter = ("role",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name", "user__email")
    list_select_related = ("user",)
    actions = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=RoleForm if change else InviteForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("who", "role", "last_seen", "send_mail") if obj else (("email", "name"), "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("who", "last_seen") if obj else ()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_choice_field(db_field, request, **kwargs | {"choices": ROLE_CHOICES})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        last = obj is not None and access.is_last_owner(obj)
        return super().has_delete_permission(request, obj) and not last

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            access.set_role(obj.user, obj.merchant, obj.role)
            if form.cleaned_data["send_mail"]:
                transaction.on_commit(partial(send_set_password, obj.user, obj.merchant), robust=True)
            return
        data = form.cleaned_data
        made = invite(form.scope, email=data["email"], name=data["name"], role=data["role"])
        obj.pk, obj.user, obj.merchant, obj.created_at = made.pk, made.user, made.merchant, made.created_at
        transaction.on_commit(partial(send_invitation, made), robust=True)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        access.remove_from(obj.user, obj.merchant)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, f"{obj.user} is on the team. We wrote to {obj.user.email}.", messages.SUCCESS)
        return redirect("admin:accounts_membership_changelist")

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
            transaction.on_commit(partial(send_set_password, obj), robust=True)
        super().save_model(request, obj, form, change)

    def _superuser(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser
