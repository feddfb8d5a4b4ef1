"""The merchant's settings and its stores."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextInputWidget

from accounts import access
from accounts.forms import MerchantForm
from accounts.models import CartTrigger, Merchant, Store
from accounts.scoping import MerchantScopedAdmin


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
