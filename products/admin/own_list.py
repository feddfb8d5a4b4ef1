"""The merchant's own list of alternatives on a product's page: searched, ordered and taken off right there."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.scoping import ScopedForm
from products.models import OwnAlternative, Product

LONGEST = 12
CODE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class OwnListWidget(forms.Widget):
    """Rows that stand in the page as they are, so that nothing is lost without scripts; a script moves, adds and removes."""

    template_name = "admin/products/own_list.html"
    products: Any = ()

    class Media:
        js = ("products/own_list.js",)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        codes = [code for code in _codes(value) if CODE.fullmatch(code)]
        known = {str(product.code): product for product in self.products.filter(code__in=codes)}
        context["widget"] |= {"rows": [known[code] for code in codes if code in known], "longest": LONGEST}
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """With the site's templates: the renderer of forms looks for widgets elsewhere."""
        return mark_safe(render_to_string(self.template_name, self.get_context(name, value, attrs)))  # noqa: S308

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str] | None:
        """None where the list was not on the page that was sent."""
        return data.getlist(name) if f"{name}-shown" in data else None


def _codes(value: Any) -> list[str]:
    return [str(code) for code in value or ()]


class OwnListField(forms.ModelMultipleChoiceField):
    """Products by code, in the order given."""

    widget = OwnListWidget

    def clean(self, value: Any) -> Any:
        """A list of products. Raises `ValidationError` for what is no product of the merchant and for too many."""
        chosen = {str(product.code): product for product in super().clean(value)}
        if len(chosen) > LONGEST:
            raise ValidationError(f"At most {LONGEST} products. Take some off the list.")
        return [chosen[code] for code in dict.fromkeys(_codes(value))]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None and self.prepare_value(initial or []) != [*data]

    def prepare_value(self, value: Any) -> Any:
        return [str(getattr(one, "code", one)) for one in value] if isinstance(value, (list, tuple)) else value


class ProductForm(ScopedForm):
    own_list = OwnListField(
        Product.objects.none(),
        required=False,
        to_field_name="code",
        label="Your own alternatives",
        help_text="Offered in this order where no variant, nothing of its category and nothing bought together is in stock, "
        "at whatever price.",
    )

    class Meta:
        model = Product
        fields = ("hidden", "recalled")
        labels = {"hidden": "Never offer", "recalled": "Called back"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["own_list"]
        field.queryset = Product.objects.filter(merchant=self.instance.merchant_id).exclude(pk=self.instance.pk)
        field.widget.products = field.queryset
        own = OwnAlternative.objects.filter(product=self.instance.pk).select_related("alternative")
        self.initial["own_list"] = [one.alternative for one in own]


def set_own_list(product: Product, alternatives: Sequence[Product]) -> None:
    """Make these the product's own alternatives, in this order. Call within a transaction."""
    OwnAlternative.objects.filter(product=product).exclude(alternative__in=alternatives).delete()
    OwnAlternative.objects.bulk_create(
        [
            OwnAlternative(product=product, alternative=one, position=position)
            for position, one in enumerate(alternatives, 1)
        ],
        update_conflicts=True,
        unique_fields=["product", "alternative"],
        update_fields=["position"],
    )
