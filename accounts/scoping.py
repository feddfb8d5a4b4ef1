"""Admin classes that show a person only what their role may see at the merchant they are looking at.

Lists, filters, autocompletes, actions, inlines and choices speak of the current merchant; a direct address turns the
switch to the row's merchant where the person may look there, and is 404 where they may not (unknown and forbidden look
alike). A subclass declares which permission on the merchant each act needs; None: nobody, superusers included.
"""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet, URLField
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from unfold.admin import TabularInline

from accounts import access
from accounts.addresses import CodedAdmin
from accounts.models import Merchant

M = TypeVar("M", bound=Model)


def merchant_of(row: Model, path: str) -> Merchant:
    """The merchant at the end of a lookup path like "shopper__merchant"; an empty path is the row itself."""
    value: Any = row
    for name in filter(None, path.split("__")):
        value = getattr(value, name)
    merchant: Merchant = value
    return merchant


def only_of(queryset: "QuerySet[M]", merchant: Merchant | None, path: str = "merchant") -> "QuerySet[M]":
    """The rows of one merchant; none where there is no merchant."""
    return queryset.filter(**{path or "pk": merchant.pk}) if merchant else queryset.none()


class BoundedPaginator(Paginator):
    """Counts no further than `bounded`, so that no list counts a big table."""

    bounded = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[: self.bounded + 1].count()


class RelatedFilter(admin.RelatedFieldListFilter):
    """A filter by the code of a related row that offers only the current merchant's."""

    by_code = "__code__exact"

    def __init__(self, field: Any, request: HttpRequest, params: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, params, *args, **kwargs)
        self.used_parameters.pop(self.lookup_kwarg, None)
        self.lookup_kwarg = f"{self.field_path}{self.by_code}"
        self.lookup_val = params.pop(self.lookup_kwarg, None)
        if self.lookup_val is not None:
            self.used_parameters[self.lookup_kwarg] = self.lookup_val

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return [(row.code, str(row)) for row in choices_for(field.related_model, request)]


def choices_for(model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """What a field that points to `model` may offer: rows of the current merchant, by their field `merchant`."""
    if model is Merchant:
        return access.merchants(request.user)
    return only_of(model._default_manager.all(), access.current_merchant(request))


class ScopedForm(ModelForm):
    """A form whose row belongs to `scope` before it is validated, so that "once per merchant" is a form error."""

    scope: ClassVar[Merchant | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.scope and hasattr(self.instance, "merchant_id") and self.instance.merchant_id is None:
            self.instance.merchant = self.scope

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"merchant"}


class Scoped:
    """Permissions and choices by merchant, for pages and inlines alike."""

    merchant_path: ClassVar[str] = "merchant"
    view_permission: ClassVar[str | None] = None
    change_permission: ClassVar[str | None] = None
    add_permission: ClassVar[str | None] = None
    delete_permission: ClassVar[str | None] = None

    def merchant_for(self, request: HttpRequest, obj: Any = None) -> Merchant | None:
        """The merchant that decides about `obj`; without one, the current merchant."""
        return merchant_of(obj, self.merchant_path) if obj is not None else access.current_merchant(request)

    def allows(self, request: HttpRequest, perm: str | None, obj: Any = None) -> bool:
        merchant = self.merchant_for(request, obj)
        return perm is not None and merchant is not None and access.can(request.user, perm, merchant)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_permission, obj) or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_permission, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.add_permission, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.delete_permission, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs.setdefault("assume_scheme", "https")
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any]", request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", choices_for(db_field.related_model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", choices_for(db_field.related_model, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class ScopedInline(Scoped, TabularInline):
    """Rows of the page's object; `merchant_path` leads from that object to its merchant."""

    extra = 0
    hide_title = True


class MerchantScopedAdmin(Scoped, CodedAdmin):
    """The base of every page in the admin that shows a merchant's rows.

    `heading` is the title of the list, `one` a row of it, `purpose` the sentence under it, `add_label` its main action; an empty list says
    `when_empty` and offers `first_step` (label, address).
    """

    heading: ClassVar[str] = ""
    one: ClassVar[str] = ""
    add_label: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    when_empty: ClassVar[str] = ""
    first_step: ClassVar[tuple[str, str] | None] = None
    list_before_template = "admin/purpose.html"
    form: Any = ScopedForm
    exclude: Any = ("merchant",)
    list_filter_submit = False
    compressed_fields = True
    warn_unsaved_form = True
    show_full_result_count = False
    list_per_page = 50
    paginator = BoundedPaginator

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = only_of(super().get_queryset(request), access.current_merchant(request), self.merchant_path)
        return rows if self.has_view_permission(request) else rows.none()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        self._enter_merchant_of(request, object_id)
        return super().get_object(request, object_id, from_field)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """The declared filters, with every filter by a relation limited to the current merchant."""
        return [self._scoped_filter(entry) for entry in super().get_list_filter(request)]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        entry = (lookup.removesuffix(RelatedFilter.by_code), RelatedFilter)
        return entry in self.get_list_filter(request) or super().lookup_allowed(lookup, value, request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.scope = self.merchant_for(request, obj)
        return form

    def title_of(self, obj: Any) -> str:
        """What the page of one row is called."""
        return str(obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if original := context.get("original"):
            context["original_title"] = self.title_of(original)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._must(self.has_view_permission(request))
        self._must(not any("\0" in value for value in request.GET.values()))
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            self._must(self.has_add_permission(request))
        else:
            self._must_see(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._must_see(request, object_id)
        return super().delete_view(request, object_id, {"heading": self.heading} | (extra_context or {}))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._must_see(request, object_id)
        return super().history_view(request, object_id, {"heading": self.heading} | (extra_context or {}))

    def _must(self, allowed: bool) -> None:
        """404 before Django says 403: who may not look here shall not learn that there is something."""
        if not allowed:
            raise Http404("Nothing here for this person.")

    def _must_see(self, request: HttpRequest, object_id: str) -> None:
        self._must(self.get_object(request, unquote(object_id)) is not None)

    def _enter_merchant_of(self, request: HttpRequest, object_id: str) -> None:
        rows: QuerySet[Any] = DjangoModelAdmin.get_queryset(self, request)
        field = self.model._meta.pk
        try:
            row = rows.filter(pk=field.to_python(object_id)).first() if field else None
        except (ValueError, TypeError, ValidationError):
            row = None
        if row is not None and self.has_view_permission(request, row):
            access.enter(request, merchant_of(row, self.merchant_path))

    def _scoped_filter(self, entry: Any) -> Any:
        if not isinstance(entry, str):
            return entry
        field = self.model._meta.get_field(entry) if "__" not in entry else None
        return (entry, RelatedFilter) if field is not None and field.is_relation else entry


class ReadOnlyAdmin(MerchantScopedAdmin):
    """Pages for looking only: nobody adds, changes or deletes here."""

    list_disable_select_all = True

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["show_history"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
