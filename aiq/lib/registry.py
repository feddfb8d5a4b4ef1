"""Adapters found by themselves: every module of a package that holds one class of a family.

Adding an adapter is adding a file. Model fields take `choices` as a callable, so a new adapter needs no migration.
"""

from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract, isclass
from pkgutil import iter_modules
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Adapter(Protocol):
    slug: str
    label: str


T = TypeVar("T", bound=Adapter)


class Registry(Generic[T]):
    """The adapters of one package, by slug, each as one instance. Imports the package's modules on first use."""

    def __init__(self, package: str, base: type[T]) -> None:
        self.package = package
        self.base = base
        self._adapters: dict[str, T] | None = None
        self._lock = Lock()

    def get(self, slug: str) -> T:
        """The adapter with that slug. Raises `LookupError` with the slugs there are."""
        try:
            return self._all()[slug]
        except KeyError:
            raise LookupError(f"no {self.base.__name__.lower()} {slug!r}, only {', '.join(self._all())}") from None

    def __contains__(self, slug: object) -> bool:
        return slug in self._all()

    def __iter__(self) -> Iterator[T]:
        """All adapters, sorted by slug."""
        return iter(self._all().values())

    def choices(self) -> list[tuple[str, str]]:
        """(slug, label) pairs for a field or form."""
        return [(adapter.slug, adapter.label) for adapter in self]

    def _all(self) -> dict[str, T]:
        if self._adapters is None:
            with self._lock:
                self._adapters = self._adapters or self._load()
        return self._adapters

    def _load(self) -> dict[str, T]:
        found: dict[str, T] = {}
        package = import_module(self.package)
        for info in sorted(iter_modules(package.__path__), key=lambda info: info.name):
            for adapter in self._classes_of(f"{self.package}.{info.name}"):
                if adapter.slug in found:
                    raise ValueError(f"two adapters in {self.package} call themselves {adapter.slug!r}")
                found[adapter.slug] = adapter()
        return dict(sorted(found.items()))

    def _classes_of(self, module_name: str) -> list[type[T]]:
        module = import_module(module_name)
        return [
            value
            for value in vars(module).values()
            if isclass(value)
            and issubclass(value, self.base)
            and value.__module__ == module_name
            and not isabstract(value)
            and getattr(value, "slug", "") != ""
        ]
