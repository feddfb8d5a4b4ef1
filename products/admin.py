"""The catalogue, to look at. Stores own it: the one thing to change here is what is never offered as an alternative."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedInline
from aiq.lib.moments import moment
from products.models import Product, Stock

IN_STOCK, SOLD_OUT, UNKNOWN = "In stock", "Sold out", "Not known"


class StockInline(ScopedInline):
    model = Stock
    view_permission = access.BUILD_CAMPAIGNS
    fields = readonly_fields = ("store_name", "in_stock", "quantity", "told")
    verbose_name_plural = "Stock by store"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("store", "product")

    @display(description="Store")
    def store_name(self, stock: Stock) -> str:
        return stock.store.name

    @display(description="As told")
    def told(self, stock: Stock) -> Any:
        return moment(stock.as_of, timezone.now())


@admin.register(Product)
class ProductAdmin(MerchantScopedAdmin):
    heading, one = "Products", "product"
    purpose = "What your stores sell, as they last told us. Sold-out products in a cart are replaced from here."
    when_empty = "Products come in when a connected store sends its catalogue."
    first_step = ("Connect a store", "/admin/integrations/")
    view_permission = change_permission = access.BUILD_CAMPAIGNS
    inlines = (StockInline,)
    list_display = ("product", "category", "price_shown", "stock_state", "offered")
    list_display_links = ("product",)
    list_filter = ("category", "hidden")
    search_fields = ("name", "sku", "=key")
    actions = ("never_offer", "offer_again")
    fields = ("picture", ("name", "brand"), ("category", "sku"), ("price_shown", "address"), "hidden")
    readonly_fields = ("picture", "name", "brand", "category", "sku", "price_shown", "address")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        stock = Stock.objects.filter(product=OuterRef("pk"))
        return (
            super().get_queryset(request).annotate(known=Exists(stock), available=Exists(stock.filter(in_stock=True)))
        )

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
        return f"{product.price:,.2f} {product.currency}".strip() if product.price is not None else ""

    @display(description="Stock", label={IN_STOCK: "success", SOLD_OUT: "danger", UNKNOWN: "default"})
    def stock_state(self, product: Any) -> str:
        return IN_STOCK if product.available else SOLD_OUT if product.known else UNKNOWN

    @display(description="May replace others", ordering="hidden", boolean=True)
    def offered(self, product: Product) -> bool:
        return not product.hidden

    @display(description="Picture")
    def picture(self, product: Product) -> SafeString | str:
        if not product.image:
            return "None"
        return format_html('<img class="aiq-picture" src="{}" alt="" width="120" height="120">', product.image)

    @display(description="Page in the shop")
    def address(self, product: Product) -> SafeString | str:
        if not product.url.startswith(("http://", "https://")):
            return ""
        return format_html('<a class="aiq-link" href="{0}" rel="noopener" target="_blank">{0}</a>', product.url)

    @admin.action(description="Never offer as an alternative", permissions=["change"])
    def never_offer(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_hidden(request, queryset, hidden=True)

    @admin.action(description="Offer as an alternative again", permissions=["change"])
    def offer_again(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_hidden(request, queryset, hidden=False)

    def _set_hidden(self, request: HttpRequest, queryset: QuerySet[Product], *, hidden: bool) -> None:
        changed = Product.objects.filter(pk__in=queryset.values("pk")).update(hidden=hidden)
        what = "are never offered as alternatives now" if hidden else "may be offered as alternatives"
        self.message_user(request, f"{changed} products {what}.", messages.SUCCESS)
