"""Discounts: what they give, their codes and limits, and what came of them. What was given is never changed."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminRadioSelectWidget

from accounts import access
from accounts.scoping import MerchantScopedAdmin, ScopedForm
from campaigns.incentives import lasting, patterns, pool, uptake, words
from campaigns.models import Discount, DiscountKind

SHARED, OWN = "shared", "own"
HAS, LOW, DRY, ARCHIVED = "Has codes", "Runs low", "No codes left", "Archived"
MAX_FILE = 20 * 1024 * 1024
MOST_MADE = 100_000
GIVEN_ALREADY = "What it gives stays as it is, since some were given already. For another one, add a discount."


class DiscountForm(ScopedForm):
    codes = forms.ChoiceField(
        label="Who gets which code",
        choices=[(OWN, "Each cart gets a code of its own"), (SHARED, "Everybody gets the same code")],
        initial=OWN,
        widget=UnfoldAdminRadioSelectWidget,
    )
    file = forms.FileField(
        required=False,
        label="Bring in codes",
        help_text="A CSV or text file with one code a line, as made in your shop. Codes that you have already are passed over.",
        widget=UnfoldAdminFileFieldWidget,
    )
    make = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_MADE,
        label="Make so many new codes",
        help_text="By the pattern. Your shop must know them too: it is the shop that takes the money off.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Discount
        fields = (
            "name", "kind", "value", "currency", "minimum_cart", "code_shared", "pattern", "expires_after_hours",
            "per_campaign", "per_day", "rest_days", "stacks",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "kind": "Gives",
            "value": "How much",
            "minimum_cart": "For carts of at least",
            "code_shared": "The code",
            "expires_after_hours": "Good for, in hours",
            "per_campaign": "At most in a campaign",
            "per_day": "At most a day in a campaign",
            "rest_days": "Not for who was given one in so many days",
            "stacks": "May stand beside another discount that is still good",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "Only your team sees it.",
            "currency": "Of the amount and of the smallest cart. Empty: your own.",
            "pattern": "Such as TEA-########: each # becomes a letter or a digit.",
            "expires_after_hours": "Counted from the mail. Empty: as long as your shop takes it.",
            "rest_days": "So that nobody leaves carts to be given discounts. Empty: no rest.",
            "per_day": "A day of your time zone.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["codes"] = SHARED if self.instance.code_shared else OWN

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"].strip().upper()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE:
            raise ValidationError("At most 20 MB at once.")
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for field, problem in (*self._gives(data), *self._codes(data)):
            self.add_error(field, problem)
        return data

    def _gives(self, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """A value that goes with the kind; an amount without a currency is in the merchant's own."""
        if "kind" not in data or "value" not in data:
            return
        kind, value = data["kind"], data["value"]
        if kind == DiscountKind.FREE_SHIPPING:
            data["value"] = self.instance.value = None
        elif value is None or value <= 0:
            yield "value", "Say how much it takes off."
        elif kind == DiscountKind.PERCENT and value > 100:
            yield "value", "At most 100 percent."
        if kind == DiscountKind.AMOUNT and not data.get("currency") and self.instance.merchant_id:
            data["currency"] = self.instance.currency = self.instance.merchant.currency

    def _codes(self, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if data.get("codes") == SHARED:
            if not data.get("code_shared"):
                yield "code_shared", "Give the code, as your shop knows it."
            return
        data["code_shared"] = self.instance.code_shared = ""
        pattern, number = data.get("pattern") or "", data.get("make") or 0
        if number and not pattern:
            yield "pattern", "Give the pattern by which to make them."
        elif pattern and (refusal := patterns.refusal(pattern, number + self._known())):
            yield "pattern", refusal

    def _known(self) -> int:
        return pool.free(self.instance) if self.instance.pk else 0


@admin.register(Discount)
class DiscountAdmin(MerchantScopedAdmin):
    heading, one = "Discounts", "discount"
    add_label = "Add discount"
    purpose = "What a reminder may give a shopper for coming back. Choose one in a campaign's message."
    when_empty = "A discount gives a percentage, an amount or free shipping, with a code that your shop takes."
    view_permission = change_permission = add_permission = access.BUILD_CAMPAIGNS
    form = DiscountForm
    fieldsets = (
        ("What it gives", {"fields": ("name", ("kind", "value"), ("minimum_cart", "currency"))}),
        ("Codes", {"fields": ("codes", "code_shared", ("pattern", "make"), "file")}),
        ("Limits", {"fields": (("per_campaign", "per_day"), ("rest_days", "expires_after_hours"), "stacks")}),
    )
    conditional_fields: ClassVar[dict[str, str]] = {
        "value": "kind != 'free_shipping'",
        "code_shared": f"codes == '{SHARED}'",
        "pattern": f"codes == '{OWN}'",
        "make": f"codes == '{OWN}'",
        "file": f"codes == '{OWN}'",
    }
    list_display = ("name", "gives", "codes_left", "state")
    search_fields = ("name", "code_shared")
    actions = ("archive", "offer_again")
    change_form_outer_before_template = "admin/campaigns/discount_figures.html"
    change_form_outer_after_template = "admin/campaigns/discount_given.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was given is never changed."""
        if obj is None or not obj.given.exists():
            return self.fieldsets
        return ((None, {"fields": ("name", "minimum_cart"), "description": GIVEN_ALREADY}), *self.fieldsets[1:])

    def save_model(self, request: HttpRequest, obj: Discount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        now = timezone.now()
        if number := form.cleaned_data.get("make") if not obj.code_shared else None:
            pool.make(obj, number, now)
            self.message_user(request, f"{number:,} new codes were made.", messages.SUCCESS)
        if file := form.cleaned_data.get("file") if not obj.code_shared else None:
            added = pool.add(obj, (line.decode("utf-8", "replace") for line in file), now)
            bad = "".join(f" Line {line}: {why}." for line, why in added.bad)
            level = messages.WARNING if added.refused else messages.SUCCESS
            self.message_user(request, f"{added.in_words()}{bad}", level)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        discount = self.get_object(request, object_id)
        may_look = self.allows(request, access.LOOK_AT_SHOPPERS, discount)
        extra = _came_of(discount) | {"may_look": may_look} if discount else {}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with the pools of its rows, counted together."""
        found = super().get_changelist_instance(request)
        pools = lasting.pools(found.result_list, timezone.now())
        for discount in found.result_list:
            discount.pool = pools.get(discount.pk)
        return found

    @display(description="Gives")
    def gives(self, discount: Discount) -> str:
        return words.in_words(discount, discount.merchant.currency)

    @display(description="Codes")
    def codes_left(self, discount: Any) -> str:
        return f"{discount.pool.left:,} left" if discount.pool else discount.code_shared

    @display(description="State", label={HAS: "success", LOW: "warning", DRY: "danger", ARCHIVED: "default"})
    def state(self, discount: Any) -> str:
        return _state(discount, discount.pool)

    @admin.action(description="Archive: give it no more", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Discount]) -> None:
        count = Discount.objects.filter(pk__in=queryset.values("pk")).update(archived_at=timezone.now())
        self.message_user(request, f"Archived {count}. Messages go without them from now on.", messages.SUCCESS)

    @admin.action(description="Offer again", permissions=["change"])
    def offer_again(self, request: HttpRequest, queryset: QuerySet[Discount]) -> None:
        count = Discount.objects.filter(pk__in=queryset.values("pk")).update(archived_at=None)
        self.message_user(request, f"Offered again: {count}.", messages.SUCCESS)


def _came_of(discount: Discount) -> dict[str, Any]:
    """What stands above and below the form of a discount."""
    pool = lasting.pools([discount], timezone.now()).get(discount.pk)
    return {
        "came_of": uptake.uptake(discount),
        "pool": pool,
        "said": words.in_words(discount, discount.merchant.currency),
        "state": _state(discount, pool),
        "last_given": list(uptake.last_given(discount)),
        "now": timezone.now(),
    }


def _state(discount: Discount, pool: lasting.Pool | None) -> str:
    if discount.archived_at:
        return ARCHIVED
    if pool and pool.low:
        return DRY if pool.dry else LOW
    return HAS
