"""Addresses of the admin carry a row's public code; its primary key never leaves the house.

A path converter per model translates at the edge: views get the primary key they expect, and every address that is made
of one, by Django, unfold or us, comes out with the code. An address with a primary key is nobody's: 404.
"""

from typing import Any

from django.db.models import Model
from django.urls import URLPattern, path, reverse
from django.urls.converters import UUIDConverter, get_converters, register_converter
from unfold.views import ChangeList

BY_KEY = "<path:object_id>"


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
    """A list whose rows lead to their codes without asking the database for each."""

    def url_for_result(self, result: Any) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(f"{self.model_admin.admin_site.name}:{name}", args=(result.code,))
