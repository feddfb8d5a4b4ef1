"""Addresses of the admin carry a row's public code; its primary key never leaves the house.

A path converter per model translates at the edge: views get the primary key they expect, and every address that is made
of one, by Django, unfold or us, comes out with the code. An address with a primary key is nobody's: 404.
"""

from typing import Any
from uuid import UUID

from django.contrib.admin import display
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.urls.converters import UUIDConverter, get_converters, register_converter
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, checkbox
from unfold.views import ChangeList

BY_KEY = "<path:object_id>"
TICK_ALL: SafeString = ModelAdmin.action_checkbox.short_description


def by_code(urls: list[Any], model: type[Model]) -> list[Any]:
    """The same addresses with the code of a row of `model` where its primary key stood."""
    return [_by_code(url, _converter(model)) if isinstance(url, URLPattern) else url for url in urls]


def _by_code(url: URLPattern, converter: str) -> URLPattern:
    route = str(url.pattern)
    if BY_KEY not in route:
        return url
    return path(route.replace(BY_KEY, f"<{converter}:object_id>"), url.callback, name=url.name)


def _converter(model: type[Model]) -> str:
    name = f"code_of_{model._meta.label_lower.replace('.', '_')}"
    if name not in get_converters():
        register_converter(type(name, (CodeConverter,), {"model": model}), name)
    return name


class CodeConverter(UUIDConverter):
    model: type[Model]

    def to_python(self, value: str) -> str:  # type: ignore[override]
        """The primary key behind a code. Raises ValueError, which resolves to 404."""
        return str(self._one(code=value)["pk"])

    def to_url(self, value: Any) -> str:
        """The code of a primary key; what is a code already stays."""
        text = str(value)
        return str(self._one(pk=text)["code"]) if text.isdigit() else text

    def _one(self, **lookup: Any) -> dict[str, Any]:
        found = self.model._default_manager.filter(**lookup).values("pk", "code").first()
        if found is None:
            raise ValueError("no such row")
        return found


class CodeChangeList(ChangeList):
    """A list whose rows lead to their codes without asking the database for each.

    Their links remember what the list was narrowed to. Left to Django, each would be resolved first, with a query.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remembered: str = self.model_admin.get_preserved_filters(args[0])
        self.preserved_filters = ""

    def url_for_result(self, result: Any) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        address = reverse(f"{self.model_admin.admin_site.name}:{name}", args=(result.code,))
        return f"{address}?{self.remembered}" if self.remembered else address


class CodedAdmin(ModelAdmin):
    """Pages at addresses with codes, and lists whose checkboxes hold codes too."""

    def get_urls(self) -> list[Any]:
        return by_code(super().get_urls(), self.model)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return CodeChangeList

    @display(description=TICK_ALL)
    def action_checkbox(self, obj: Any) -> str:
        return checkbox.render(ACTION_CHECKBOX_NAME, str(obj.code))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Django selects by primary key: it gets those of the ticked codes, and its confirmation asks for the codes again."""
        ticked = queryset.filter(code__in=_codes(request.POST.getlist(ACTION_CHECKBOX_NAME)))
        request.POST = post = request.POST.copy()  # type: ignore[assignment]
        post.setlist(ACTION_CHECKBOX_NAME, [str(key) for key in ticked.values_list("pk", flat=True)])
        answer: HttpResponse | None = super().response_action(request, queryset)
        if isinstance(answer, TemplateResponse) and answer.context_data and "queryset" in answer.context_data:
            answer.context_data["queryset"] = [{"pk": row.code} for row in answer.context_data["queryset"]]
        return answer


def _codes(values: list[str]) -> list[UUID]:
    return [code for value in values if (code := _code(value))]


def _code(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
