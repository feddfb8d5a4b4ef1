"""The catalogue, to look at. Stores own it; what changes here is what may be offered, and what stands in for what."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts import access
from accounts.scoping import MerchantScopedAdmin
from aiq.lib.money import money
from products.admin.own_list import ProductForm, set_own_list
from products.models import Product
from products.product_page import page_of
from products.stock_figures import IN_STOCK, SOLD_OUT, UNKNOWN, state_of, with_pieces, with_state

FOUND = 8
YES, NEVER, CALLED_BACK = "Yes", "Never", "Called back"


def with_group(products: QuerySet[Any]) -> QuerySet[Any]:
    """The products with `in_group`, how many there are of their group; None where they have none."""
    group = Product.objects.filter(merchant=OuterRef("merchant"), group=OuterRef("group")).exclude(group="")
    sizes = group.order_by().values("group").annotate(size=Count("pk")).values("size")
    return products.annotate(in_group=Subquery(sizes))


class StockFilter(admin.SimpleListFilter):
    title, parameter_name = "stock", "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in", IN_STOCK), ("out", SOLD_OUT), ("unknown", UNKNOWN)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        where = {
            "in": Q(available=True),
            "out": Q(sold_out=True),
            "unknown": Q(available=False, sold_out=False),
        }
        return queryset.filter(where.get(self.value() or "", Q()))


@admin.register(Product)
class ProductAdmin(MerchantScopedAdmin):
    heading, one = "Products", "product"
    purpose = "What your stores sell, as they last told us. Sold-out products in a cart are replaced from here."
    when_empty = "Products come in when a connected store sends its catalogue, or from an import."
    first_step = ("Connect a store", "/admin/integrations/")
    view_permission = change_permission = access.BUILD_CAMPAIGNS
    form = ProductForm
    fields = ("hidden", "recalled", "own_list")
    list_display = ("product", "category", "variants", "price_shown", "stock_state", "pieces", "offered")
    list_display_links = ("product",)
    list_filter = (StockFilter, "category", "hidden", "recalled")
    search_fields = ("name", "sku", "=key")
    actions = ("never_offer", "offer_again", "call_back", "end_call_back")
    change_form_outer_before_template = "admin/products/product.html"

    class Media:
        css = {"all": ("products/product.css",)}

    def get_urls(self) -> list[Any]:
        return [path("find/", self.admin_site.admin_view(self.find), name="products_product_find"), *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "group__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        now = timezone.now()
        return with_group(with_pieces(with_state(super().get_queryset(request), now), now))

    def find(self, request: HttpRequest) -> HttpResponse:
        """What the box of the own list asks: products of the current merchant by name or SKU, as codes and words."""
        self._must(self.has_view_permission(request))
        term = request.GET.get("q", "").strip().replace("\0", "")
        found, _ = self.get_search_results(request, self.get_queryset(request).filter(recalled=False), term)
        rows = found.order_by("name", "key")[:FOUND] if len(term) > 1 else ()
        return JsonResponse(
            {"found": [{"code": str(row.code), "name": str(row), "detail": _detail(row)} for row in rows]}
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if product := context.get("original"):
            context |= page_of(product, timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Only what was changed here: the store may be writing the rest at this moment."""
        changed = {name: form.cleaned_data[name] for name in ("hidden", "recalled") if name in form.changed_data}
        if changed:
            Product.objects.filter(pk=obj.pk).update(**changed)
        if "own_list" in form.changed_data:
            set_own_list(obj, form.cleaned_data["own_list"])

    @display(description="Product", ordering="name", header=True)
    def product(self, product: Product) -> list[Any]:
        second = " · ".join(filter(None, [product.brand, product.sku]))
        return (
            [str(product), second, "", {"path": product.image, "squared": True}]
            if product.image
            else [str(product), second]
        )

    @display(description="Price", ordering="price")
    def price_shown(self, product: Product) -> str:
        return money(product.price, product.currency)

    @display(description="Stock", label={IN_STOCK: "success", SOLD_OUT: "danger", UNKNOWN: "default"})
    def stock_state(self, product: Product) -> str:
        return state_of(product)

    @display(description="Pieces")
    def pieces(self, product: Any) -> str:
        if not product.pieces:
            return ""
        return f"{product.pieces:,} at {product.places} {'store' if product.places == 1 else 'stores'}"

    @display(description="Variants")
    def variants(self, product: Any) -> SafeString | str:
        if (product.in_group or 1) < 2:
            return ""
        address = urlencode({"group__exact": product.group})
        return format_html('<a class="aiq-link" href="?{}">{} variants</a>', address, product.in_group)

    @display(description="May replace others", label={YES: "success", NEVER: "default", CALLED_BACK: "danger"})
    def offered(self, product: Product) -> str:
        return CALLED_BACK if product.recalled else NEVER if product.hidden else YES

    @admin.action(description="Never offer as an alternative", permissions=["change"])
    def never_offer(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set(request, queryset, "never offered as an alternative or recommended from now on", hidden=True)

    @admin.action(description="Offer as an alternative again", permissions=["change"])
    def offer_again(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set(request, queryset, "offered as an alternative again", hidden=False)

    @admin.action(description="Call back: show in no message, not even where left behind", permissions=["change"])
    def call_back(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        what = "called back: no message shows it any more, not even where it was left behind"
        self._set(request, queryset, what, recalled=True)

    @admin.action(description="End the call-back", permissions=["change"])
    def end_call_back(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set(request, queryset, "shown in messages again", recalled=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[Product], what: str, **values: bool) -> None:
        changed = Product.objects.filter(pk__in=queryset.values("pk")).update(**values)
        self.message_user(
            request, f"{changed} {'product is' if changed == 1 else 'products are'} {what}.", messages.SUCCESS
        )


def _detail(product: Product) -> str:
    return " · ".join(filter(None, [product.sku, money(product.price, product.currency)]))
